"""Calls that come to a language: what is said in which, to the caller and to buyers, and what the record tells."""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from engine.core.behaviour import SPEAKS_LANGUAGES
from engine.core.events import CallArrived
from engine.core.facts import Answer, Recording
from engine.core.journal import Entry, fact_from_json
from engine.core.json_values import JsonObject
from engine.core.records import changed
from engine.core.replay import replay
from engine.language.mistakes import Mistakes
from engine.language.revisions import Published, publish
from engine.language.revisions import load as load_network
from engine.language.stories.story import StoryWorld, read_stories
from engine.language.yaml.documents import load
from engine.rehearsal.comparison.comparing import settings_moved, side_of
from engine.rehearsal.stories import StoryResult, run_story
from engine.runtime.publishing import fixed_prompts, voiced
from tests.language.bilingual import published

Kind = TypeVar("Kind")
CLEAN = published()


def played(caller: str, call: str = "{}", made: Published = CLEAN) -> StoryResult:
    assert made.revision is not None
    text = f"stories: {{it: {{call: {call}, caller: {caller}, expect: {{answers: {{}}}}}}}}"
    document, _ = load(text, "some.stories.yaml")
    assert document is not None
    flow = made.revision.flows["main"]
    found = Mistakes()
    world = StoryWorld(
        nodes=frozenset(flow.nodes),
        answers=flow.answers,
        declared=frozenset(flow.answers),
        buyers=frozenset(("one", "uno")),
        numbers=("+15550100", "+15550101", "+15550102"),
    )
    stories = read_stories(document, world, found)
    assert [str(each) for each in found] == []
    result = run_story(stories[0], made)
    assert result.differences == ()  # a replay of its journal among them
    return result


def commands(result: StoryResult, kind: str) -> list[dict[str, Any]]:
    found = [each for entry in result.journal for each in entry.commands if each["type"] == kind]
    return cast("list[dict[str, Any]]", found)


def said(result: StoryResult, leg: str = "caller") -> list[tuple[str, str]]:
    """What a leg heard, and in which language: "" is the one that the flow begins in."""
    return [
        (item["text"], item.get("language", ""))
        for play in commands(result, "Play")
        if play["leg"] == leg
        for item in play["items"]
        if "text" in item
    ]


def facts(result: StoryResult, kind: type[Kind]) -> list[Kind]:
    found = [fact_from_json(cast(JsonObject, each["fact"])) for each in commands(result, "Record")]
    return [fact for fact in found if isinstance(fact, kind)]


SPANISH = "[{keys: '2'}, {keys: '78701'}, {keys: '1'}, {keys: '2'}]"


def test_from_the_answer_on_everything_is_in_its_language() -> None:
    result = played(SPANISH)
    assert said(result) == [
        ("For English, press 1.", ""),
        ("Para español, marque 2.", "es-US"),
        ("¿Su código postal?", "es-US"),
        ("Usted marcó", "es-US"),
        ("7 8 7 0 1.", "es-US"),
        ("Si es correcto, diga sí o marque 1. Para cambiarlo, diga no o marque 2.", "es-US"),
        ("¿Qué necesita?", "es-US"),
        ("Adiós.", "es-US"),
    ]
    listens = [(each["kind"], each["language"]) for each in commands(result, "Listen")]
    assert listens == [("language", ""), ("zip", "es-US"), ("confirm", "es-US"), ("choice", "es-US")]
    assert result.language == "es-US"


def test_an_english_call_says_nothing_of_languages() -> None:
    result = played("[{keys: '1'}, {keys: '78701'}, {keys: '1'}, {keys: '2'}]")
    assert {language for text, language in said(result) if "español" not in text} == {""}
    assert {each["language"] for each in commands(result, "Listen")} == {""}


def test_a_whisper_is_in_the_language_of_the_buyer_and_so_are_its_answers() -> None:
    assert said(played(SPANISH), "buyer-1") == [("Llamada por", "es-US"), ("un techo nuevo.", "es-US")]
    other = published(
        network=((', accepts: language == "es", language: es', ', accepts: zip.state == "FL"'),)
    )
    assert said(played(SPANISH, made=other), "buyer-1") == [
        ("Call from", ""),
        ("seven eight seven oh one", ""),
        ("about", ""),
        ("a new roof.", ""),
    ]


@pytest.mark.parametrize(
    ("call", "mode"),
    [
        ("{to: '+15550101'}", "flow"),  # its publisher's callers speak Spanish
        ("{to: '+15550102'}", "flow"),  # its own do
        ("{parameters: {lang: es-MX}}", "publisher"),
        ("{parameters: {lang: Spanish}}", "publisher"),
    ],
)
def test_who_comes_with_a_language_is_not_asked_for_it(call: str, mode: str) -> None:
    result = played("[{keys: '78701'}, {keys: '1'}, {keys: '2'}]", call)
    assert said(result)[0] == ("¿Su código postal?", "es-US")
    (language,) = [each for each in facts(result, Answer) if each.name == "language"]
    assert (language.value, language.mode) == ("es", mode)


def test_a_caller_changes_it_at_any_question() -> None:
    result = played("[{keys: '1'}, {says: in Spanish please}, {keys: '78701'}, {keys: '1'}, {keys: '2'}]")
    assert said(result)[2:4] == [("Your ZIP?", ""), ("¿Su código postal?", "es-US")]
    given = [(each.value, each.mode, each.raw) for each in facts(result, Answer) if each.name == "language"]
    assert given == [("en", "keys", "1"), ("es", "voice", "in Spanish")]


def test_what_the_record_has_of_a_question_is_as_it_was_asked() -> None:
    (zip_,) = [each for each in facts(played(SPANISH), Answer) if each.name == "zip"]
    assert zip_.question is not None
    assert (zip_.question.text, zip_.question.language) == ("¿Su código postal?", "es-US")


def test_silence_is_answered_with_the_keypad_in_each_language() -> None:
    result = played("[silence, silence, {keys: '2'}, silence, silence, {keys: '78701'}]")
    assert said(result)[4:6] == [("For English, press 1.", ""), ("Para español, marque 2.", "es-US")]
    assert any(text.startswith("Por favor, use el teclado: marque los ") for text, _ in said(result))


LONE = """
flow: main
language: es-US
start: ask
answers: {zip: {type: zip}}
nodes:
  ask: {type: collect, answer: zip, prompt: ¿Su código postal?, confirm: always, next: bye, exits: {noinput: bye, nomatch: bye}}
  bye: {type: hangup, say: Adiós.}
"""
ONE = 'network: small\nnumbers: {"+15550100": {campaign: c}}\ncampaigns: {c: {flow: main}}\n'


def test_a_flow_in_spanish_alone_reads_back_in_spanish_and_names_no_language() -> None:
    result = played("[{keys: '78701'}, {keys: '1'}]", made=publish({"network.yaml": ONE, "main.yaml": LONE}))
    assert ("Usted marcó", "") in said(result)
    assert {language for _, language in said(result)} == {""}


def test_a_call_of_an_older_engine_was_read_back_in_english() -> None:
    made = publish({"network.yaml": ONE, "main.yaml": LONE})
    assert made.revision is not None
    result = played("[{keys: '78701'}, {keys: '1'}]", made=made)
    first = result.journal[0]
    assert isinstance(first.event, CallArrived)
    older = Entry(changed(first.event, behaviour=SPEAKS_LANGUAGES - 1), first.commands)
    again = replay((older, *result.journal[1:]), made.revision)
    assert again.difference is not None
    assert "You entered" in str(again.difference)


@pytest.mark.parametrize(
    ("call", "text", "language"),
    [("{}", "This is recorded.", "en-US"), ("{to: '+15550101'}", "Se graba.", "es-US")],
)
def test_callers_are_told_of_recording_in_the_language_that_they_come_with(
    call: str, text: str, language: str
) -> None:
    announced = (
        "recording: {channels: both, announcement: {en: This is recorded., es: Se graba.}}\ncampaigns:"
    )
    result = played("[{keys: '2'}]", call, published(network=(("campaigns:", announced),)))
    assert said(result)[0][0] == text
    (recording,) = facts(result, Recording)
    assert recording.announcement is not None
    assert (recording.announcement.text, recording.announcement.language) == (text, language)


def test_prompts_are_made_ahead_in_their_language() -> None:
    assert CLEAN.revision is not None
    fixed = list(fixed_prompts(CLEAN.revision))
    for text, language in (
        ("Your ZIP?", "en-US"),
        ("¿Su código postal?", "es-US"),
        ("Para español, marque 2.", "es-US"),
        ("un techo nuevo.", "es-US"),
        ("Adiós.", "es-US"),
    ):
        assert (text, language) in fixed
        assert len({each for words, each in fixed if words == text}) == 1


SOUNDS = """
flow: main
languages: [en-US, es-US]
start: ask_language
answers:
  language: {type: language, options: {en: {key: "1"}, es: {key: "2"}}}
  zip: {type: zip}
exits: {noinput: bye, nomatch: bye}
nodes:
  ask_language:
    type: collect
    answer: language
    prompt: {each: {en: {audio: en.wav, text: For English}, es: {audio: es.wav, text: Para español}}}
    confirm: never
    keypad_offer: false
    next: ask_zip
  ask_zip:
    type: collect
    answer: zip
    prompt: {en: {audio: en.wav, text: Your ZIP?}, es: {audio: es.wav, text: ¿Su código postal?}}
    confirm: never
    keypad_offer: false
    next: bye
  bye: {type: hangup, say: {en: {audio: en.wav, text: Bye.}, es: {audio: es.wav, text: Adiós.}}}
"""


def test_a_flow_of_own_sounds_alone_needs_no_voice_in_any_language(tmp_path: Path) -> None:
    (tmp_path / "network.yaml").write_text(ONE)
    (tmp_path / "main.yaml").write_text(SOUNDS)
    for name, level in (("en.wav", b"\1\2"), ("es.wav", b"\3\4")):
        with wave.open(str(tmp_path / name), "wb") as wav:
            wav.setparams((1, 2, 8_000, 0, "NONE", ""))
            wav.writeframes(level * 800)
    made = load_network(tmp_path)
    assert made.mistakes == []
    assert made.revision is not None
    flow = made.revision.flows["main"]
    assert [voiced(each, flow) for each in flow.in_all] == ["", ""]
    assert list(fixed_prompts(made.revision)) == []
    result = played("[{keys: '2'}, {keys: '78701'}]", made=made)
    spanish = hashlib.sha256((tmp_path / "es.wav").read_bytes()).hexdigest()
    items = [item for play in commands(result, "Play") for item in play["items"]]
    assert [item["audio"] == spanish for item in items] == [False, True, True, True]


def test_what_needs_a_voice_is_told() -> None:
    assert CLEAN.revision is not None
    flow = CLEAN.revision.flows["main"]
    assert voiced(flow)
    assert voiced(flow.others["es-US"], flow)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ("¿Su código postal?", "¿Cuál es su código postal?"),
            "flow main: in es-US, ask_zip: prompt “¿Su código postal?” → “¿Cuál es su código postal?”",
        ),
        (("What do you need?", "Need?"), "flow main: ask_need: prompt “What do you need?” → “Need?”"),
        (
            ("es: [gotera]", "es: [gotera, goteras]"),
            "flow main: in es-US, answer need: option repair: phrases gains goteras",
        ),
        (("[en-US, es-US]", "[en-US, es-MX]"), "flow main: languages en-US, es-US → en-US, es-MX"),
    ],
)
def test_diff_tells_what_moved_in_which_language(change: tuple[str, str], sentence: str) -> None:
    assert settings_moved(side_of(CLEAN), side_of(published(change))) == [sentence]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("publisher: radio, language: es", "publisher: radio"), "number +15550102: language es → none"),
        (("name: Valle, language: es", "name: Valle"), "publisher valle: language es → none"),
        (('"es", language: es', '"es"'), "uno: language es → none"),
    ],
)
def test_diff_tells_whose_language_moved(change: tuple[str, str], sentence: str) -> None:
    assert settings_moved(side_of(CLEAN), side_of(published(network=(change,)))) == [sentence]

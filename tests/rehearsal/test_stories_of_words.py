"""Stories of callers who say a name and spell a plate."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar, cast

import pytest

from engine.core.events import SpeechHeard
from engine.core.facts import Answer, Recording
from engine.core.journal import fact_from_json
from engine.core.json_values import JsonObject
from engine.core.replay import replay
from engine.language.revisions import check_all
from engine.rehearsal.stories import StoryResult, run_story

Kind = TypeVar("Kind")

NETWORK = """\
network: acme
numbers: {"+15550100": {campaign: desk, publisher: radio}}
publishers: {radio: {}}
recording: {channels: caller, announcement: This call may be recorded., keep: 30d}
campaigns: {desk: {flow: desk}}
"""
FLOW = """\
flow: desk
start: ask_who
answers:
  who: {type: words, WHO}
  plate: {type: spelled, patterns: [AAA9999, 9AAA999]}
exits: {noinput: lost, nomatch: lost}
nodes:
  ask_who:
    type: collect
    answer: who
    prompt: Who is calling?
    nomatch: Please say your name.
    CONFIRM
    next: ask_plate
  ask_plate: {type: collect, answer: plate, prompt: Please spell your plate., next: bye}
  lost: {type: hangup, say: Goodbye.}
  bye: {type: hangup, say: "Thank you, {{ who }}. Your plate is {{ plate }}."}
"""


def told(
    folder: Path,
    story: str,
    who: str = "sound: kept",
    confirm: str = "confirm: when_unsure",
    flow: str = FLOW,
) -> StoryResult:
    (folder / "network.yaml").write_text(NETWORK)
    (folder / "desk.yaml").write_text(flow.replace("WHO", who).replace("CONFIRM", confirm))
    indented = "".join(f"    {line.strip()}\n" for line in story.strip().splitlines())
    (folder / "a.stories.yaml").write_text(f"stories:\n  told:\n{indented}")
    checked = check_all(folder)
    assert [str(mistake) for mistake in checked.mistakes if mistake.severity == "error"] == []
    result = run_story(checked.stories[0], checked.published)
    assert result.passed, result.differences
    assert checked.published is not None
    assert replay(result.journal, checked.published.revision).difference is None
    return result


def commands(result: StoryResult, kind: str) -> list[JsonObject]:
    return [each for entry in result.journal for each in entry.commands if each["type"] == kind]


def facts(result: StoryResult, kind: type[Kind]) -> list[Kind]:
    recorded = [fact_from_json(cast(JsonObject, each["fact"])) for each in commands(result, "Record")]
    return [fact for fact in recorded if isinstance(fact, kind)]


def test_a_name_is_kept_with_its_transcript_and_its_sound(tmp_path: Path) -> None:
    result = told(
        tmp_path,
        """
        caller: [{says: Jane Roe.}, {says: A B C one two three four}]
        expect: {answers: {who: Jane Roe, plate: ABC1234}, modes: {who: voice, plate: voice}, ended_by: flow}
        """,
    )
    (event, _) = [entry.event for entry in result.journal if isinstance(entry.event, SpeechHeard)]
    assert isinstance(event, SpeechHeard)
    assert event.sound is not None
    (kept,) = commands(result, "KeepSound")
    assert kept["sha256"] == event.sound.sha256
    who = facts(result, Answer)[0]
    assert who.raw == "Jane Roe."
    assert who.utterance is not None
    assert who.utterance.sound is not None
    assert (who.utterance.sound.recording, who.utterance.sound.sha256) == (kept["recording"], kept["sha256"])
    call, piece = facts(result, Recording)
    assert (call.answer, piece.answer) == ("", "who")
    assert (piece.recording, piece.at, piece.keep_ms) == (
        kept["recording"],
        event.sound.began_at,
        call.keep_ms,
    )
    assert piece.announcement is not None
    assert piece.announcement.text == "Who is calling?"


@pytest.mark.parametrize("who", ["sensitive: true", "sound: none"])
def test_no_sound_is_kept_of_what_is_sensitive_or_not_to_be_heard(tmp_path: Path, who: str) -> None:
    result = told(
        tmp_path,
        "caller: [{says: Jane Roe}, hangs_up]\nexpect: {ended_by: caller}",
        who,
        flow=FLOW.replace("Thank you, {{ who }}.", "Thank you."),
    )
    assert commands(result, "KeepSound") == []
    assert [entry.event.sound for entry in result.journal if isinstance(entry.event, SpeechHeard)] == [None]


def test_who_says_nothing_may_go_on_by_a_key(tmp_path: Path) -> None:
    result = told(
        tmp_path,
        """
        caller: [{keys: "9"}, {keys: "*21*22*231234"}]
        expect: {answers: {who: "", plate: ABC1234}, modes: {who: keys, plate: keys}, ended_by: flow}
        """,
        "optional: true, skip_key: 9",
    )
    assert commands(result, "KeepSound") == []


def test_without_a_way_to_skip_it_a_caller_who_keys_leaves_by_nomatch(tmp_path: Path) -> None:
    told(
        tmp_path,
        """
        caller: [{keys: "1"}, {keys: "2"}, {keys: "3"}]
        expect: {path: [ask_who, lost], ended_by: flow}
        """,
    )


def test_what_is_too_short_is_asked_for_again(tmp_path: Path) -> None:
    told(
        tmp_path,
        """
        caller: [{says: Jane}, {says: my name is Jane Roe}, hangs_up]
        expect: {answers: {who: my name is Jane Roe}}
        """,
        "shortest: 1s",
    )


def test_a_name_is_read_back_where_the_flow_wants_it(tmp_path: Path) -> None:
    told(
        tmp_path,
        """
        caller: [{says: Jane Row}, {says: "no"}, {says: Jane Roe}, {says: "yes"}, hangs_up]
        expect: {answers: {who: Jane Roe}}
        """,
        confirm="confirm: always",
    )


def test_what_is_hardly_heard_is_read_back_unless_the_flow_takes_it_as_it_is(tmp_path: Path) -> None:
    unsure = "{says: {text: Jane Roe, confidence: 0.5}}"
    told(tmp_path, f"caller: [{unsure}, {{keys: '1'}}, hangs_up]\nexpect: {{answers: {{who: Jane Roe}}}}")
    told(
        tmp_path,
        f"caller: [{unsure}, hangs_up]\nexpect: {{answers: {{who: Jane Roe}}}}",
        confirm="confirm: never",
    )


def test_a_plate_that_is_unsure_is_read_back_letter_by_letter_and_put_right(tmp_path: Path) -> None:
    result = told(
        tmp_path,
        """
        caller: [{says: Jane Roe}, {says: {text: A B C 1 2 3 4, confidence: 0.6}}, {says: "no, A D C 1 2 3 4"}]
        expect: {answers: {plate: ADC1234}, ended_by: flow}
        """,
    )
    said = [item for entry in result.journal for each in entry.commands for item in each.get("items", [])]
    assert "A, B, C, 1, 2, 3, 4." in [item["text"] for item in said]


def test_a_command_that_is_all_that_was_said_is_no_name(tmp_path: Path) -> None:
    told(
        tmp_path,
        """
        caller: [{says: say that again}, {says: Jane Roe}, hangs_up]
        expect: {answers: {who: Jane Roe}, path: [ask_who, ask_plate]}
        """,
    )

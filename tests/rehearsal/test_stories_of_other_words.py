"""Stories of callers who choose in other words, and what `check` says of options that tell what they are."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from engine.core.facts import Answer
from engine.core.journal import fact_from_json
from engine.core.json_values import JsonObject
from engine.core.replay import replay
from engine.language.mistakes import Mistake
from engine.language.revisions import check_all
from engine.rehearsal.stories import run_story

NETWORK = """\
network: acme
numbers: {"+15550100": {campaign: home, publisher: radio}}
publishers: {radio: {}}
campaigns: {home: {flow: home}}
"""
FLOW = """\
flow: home
LANGUAGE
start: ask_need
answers:
  need:
    type: choice
    options:
      doors: {key: "1", phrases: [door], means: MEANS}
      pests: {key: "2", phrases: [bugs], examples: EXAMPLES}
exits: {noinput: lost, nomatch: lost}
nodes:
  ask_need: {type: collect, answer: need, prompt: What do you need?, next: bye, confirm_prompt: "Did you say {{ need }}?"}
  lost: {type: hangup, say: Goodbye.}
  bye: {type: hangup, say: Thank you.}
"""


def checked(folder: Path, language: str = "", means: str = "a door", examples: str = "[]") -> list[Mistake]:
    (folder / "network.yaml").write_text(NETWORK)
    written = FLOW.replace("MEANS", means).replace("EXAMPLES", examples).replace("LANGUAGE\n", language)
    (folder / "home.yaml").write_text(written)
    return check_all(folder).mistakes


def told(folder: Path, caller: str, **settings: str) -> Answer:
    """The answer as it is recorded at the end."""
    expected = "{path: [ask_need, bye]}"
    (folder / "a.stories.yaml").write_text(
        f"stories:\n  told:\n    caller: {caller}\n    expect: {expected}\n"
    )
    errors = [each for each in checked(folder, **settings) if each.severity == "error"]
    assert errors == []
    found = check_all(folder)
    result = run_story(found.stories[0], found.published)
    assert result.passed, result.differences
    assert found.published.revision is not None
    assert replay(result.journal, found.published.revision).difference is None
    facts = [
        fact_from_json(cast(JsonObject, each["fact"]))
        for entry in result.journal
        for each in entry.commands
        if each["type"] == "Record"
    ]
    (answer,) = [fact for fact in facts if isinstance(fact, Answer)]
    return answer


WASPS = '{says: "there\'s a wasp nest by the front door"}'


@pytest.mark.parametrize(("reply", "kept"), [("'yes'", ("doors", True)), ("'no, bugs'", ("pests", False))])
def test_a_door_in_talk_of_wasps_is_offered_not_taken(
    tmp_path: Path, reply: str, kept: tuple[str, bool]
) -> None:
    answer = told(tmp_path, f"[{WASPS}, {{says: {reply}}}]")
    assert (answer.value, answer.confirmed) == kept


def test_an_example_said_as_it_stands_is_taken(tmp_path: Path) -> None:
    examples = '["there is a wasp nest by the front door", "there\'s a wasp nest by the front door"]'
    answer = told(tmp_path, f"[{WASPS}]", examples=examples)
    assert (answer.value, answer.confirmed) == ("pests", False)


def test_one_word_that_is_all_that_was_said_is_taken(tmp_path: Path) -> None:
    answer = told(tmp_path, "[{says: I need a new door please}]")
    assert (answer.value, answer.confirmed) == ("doors", False)


def test_what_an_option_is_in_another_language_has_no_effect(tmp_path: Path) -> None:
    found = [str(mistake) for mistake in checked(tmp_path, "language: es-US\n", examples="[hay avispas]")]
    assert sum("has no effect in es-US" in each for each in found) == 2
    assert any("'doors → means'" in each for each in found)


def test_other_languages_may_do_without(tmp_path: Path) -> None:
    flow = FLOW.replace("LANGUAGE\n", "languages: [en-US, es-US]\n").replace("MEANS", "{en: a door}")
    flow = flow.replace("EXAMPLES", "{en: [wasps]}").replace(
        "phrases: [door]", "phrases: {en: [door], es: []}"
    )
    flow = flow.replace("phrases: [bugs]", "phrases: {en: [bugs], es: []}")
    (tmp_path / "network.yaml").write_text(NETWORK)
    (tmp_path / "home.yaml").write_text(flow)
    found = [str(mistake) for mistake in check_all(tmp_path).mistakes]
    assert not any("means" in each or "examples" in each for each in found)

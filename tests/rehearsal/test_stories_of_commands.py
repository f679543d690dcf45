"""Stories of callers who go back, change, hold on, opt out and want to be called back; what they leave behind."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar, cast

import pytest

from engine.core.facts import Answer, CallbackRequest, OptOut, Turn
from engine.core.given_answers import earlier_answers
from engine.core.journal import fact_from_json
from engine.core.json_values import JsonObject
from engine.language.revisions import Checked, check_all
from engine.language.stories.story import Story
from engine.rehearsal.stories import StoryResult, run_story
from engine.wording.sentences import turn_sentence

Kind = TypeVar("Kind")

FOLDER = Path(__file__).with_name("commands")
NAMES = [
    line.strip().removesuffix(":")
    for line in (FOLDER / "roofing.stories.yaml").read_text("utf-8").splitlines()
    if line.startswith("  ") and not line.startswith("    ")
]


@pytest.fixture(scope="module")
def checked() -> Checked:
    found = check_all(FOLDER)
    assert [str(mistake) for mistake in found.mistakes if mistake.severity == "error"] == []
    return found


def played(checked: Checked, name: str) -> StoryResult:
    story: Story = next(story for story in checked.stories if story.name == name)
    return run_story(story, checked.published)


def facts(result: StoryResult, kind: type[Kind]) -> list[Kind]:
    found = [command["fact"] for entry in result.journal for command in entry.commands if "fact" in command]
    return [fact for each in found if isinstance(fact := fact_from_json(cast(JsonObject, each)), kind)]


@pytest.mark.parametrize("name", NAMES)
def test_the_story_holds(checked: Checked, name: str) -> None:
    assert played(checked, name).differences == ()


def test_an_answer_that_was_changed_keeps_its_history(checked: Checked) -> None:
    result = played(checked, "my_zip_is_wrong_asks_for_it_alone")
    given = facts(result, Answer)
    assert [(each.value, each.withdrawn_at is not None) for each in given if each.name == "zip"] == [
        ("33101", False),
        ("33101", True),
        ("78701", False),
    ]
    assert [each.value for each in earlier_answers(given, "zip")] == ["33101"]
    (turn,) = facts(result, Turn)
    assert (turn.values["command"], turn.values["answer"], turn.exit) == ("change", "zip", "ask_zip")
    assert turn_sentence(turn) == "The caller said “ZIP code is wrong”: change."


@pytest.mark.parametrize(
    ("name", "number", "own"),
    [
        ("call_me_back_at_this_number", "+15125550123", True),
        ("call_me_back_at_another_number", "+15125550188", False),
        ("who_withholds_the_number_is_asked_for_it", "+15125550188", False),
    ],
)
def test_a_wish_to_be_called_back_is_recorded(checked: Checked, name: str, number: str, own: bool) -> None:
    (asked,) = facts(played(checked, name), CallbackRequest)
    assert (asked.number, asked.is_callers_own, asked.campaign) == (number, own, "roofing")


def test_a_wish_not_to_be_called_is_recorded(checked: Checked) -> None:
    (wish,) = facts(played(checked, "stop_calling_me_ends_the_call"), OptOut)
    assert (wish.number, wish.node, wish.by) == ("+15125550123", "ask_zip", "voice")


def test_no_wish_is_recorded_without_a_number(checked: Checked) -> None:
    assert facts(played(checked, "who_gives_no_number_goes_on"), CallbackRequest) == []

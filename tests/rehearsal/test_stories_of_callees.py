"""What buyers do at the phone beside taking the call, played: decline, be a machine, press keys, be left."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.commands import EndLeg, Play, Tones
from engine.core.leg_events import TalkKeyPressed
from engine.language.revisions import check_all
from engine.language.stories.story import Story
from engine.rehearsal.stories import run_story

CHECKED = check_all(Path(__file__).parent / "callees")
STORIES = {story.name: story for story in CHECKED.stories}


def test_the_network_is_right() -> None:
    assert [str(mistake) for mistake in CHECKED.mistakes] == []


@pytest.mark.parametrize("story", CHECKED.stories, ids=lambda story: story.name)
def test_callees_do_as_told(story: Story) -> None:
    assert run_story(story, CHECKED.published).differences == ()


def test_whoever_is_asked_is_told_that_the_caller_left() -> None:
    result = run_story(STORIES["the_caller_leaves_while_a_buyer_is_asked"], CHECKED.published)
    ended = [each for entry in result.journal for each in entry.commands if each["type"] == EndLeg.__name__]
    assert [[item["text"] for item in each["said"]] for each in ended] == [
        ["The caller has hung up. Goodbye."]
    ]


def test_the_journal_of_a_talk_has_no_key_but_that_it_was_pressed() -> None:
    result = run_story(STORIES["both_sides_press_keys_in_the_talk"], CHECKED.published)
    pressed = [entry.event for entry in result.journal if isinstance(entry.event, TalkKeyPressed)]
    assert [event.key for event in pressed] == [""] * 6


def test_the_extension_is_keyed_before_the_whisper() -> None:
    result = run_story(STORIES["both_sides_press_keys_in_the_talk"], CHECKED.published)
    plays = [each for entry in result.journal for each in entry.commands if each["type"] == Play.__name__]
    to_buyer = [play["items"] for play in plays if play["leg"] == "buyer-1"]
    assert to_buyer[0] == [{"keys": ",,42", "type": Tones.__name__}]
    assert len(to_buyer) == 2

"""Talks that the carrier joins, played: who joins them, who comes back, what is billed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.commands import Bridge, Join
from engine.core.events import LegEnded
from engine.core.facts import Leg
from engine.core.journal import fact_from_json
from engine.core.leg_events import Joining, LegsJoined
from engine.core.stream_events import StreamBack
from engine.language.revisions import check_all
from engine.language.stories.story import Story
from engine.rehearsal.stories import StoryResult, run_story

CHECKED = check_all(Path(__file__).parent / "joined")
STORIES = {story.name: story for story in CHECKED.stories}


def test_the_network_is_right() -> None:
    assert [str(mistake) for mistake in CHECKED.mistakes] == []


@pytest.mark.parametrize("story", CHECKED.stories, ids=lambda story: story.name)
def test_talks_are_joined_as_told(story: Story) -> None:
    assert run_story(story, CHECKED.published).differences == ()


def _played(name: str) -> StoryResult:
    return run_story(STORIES[name], CHECKED.published)


def _joining(result: StoryResult, leg: str = "buyer-1") -> Joining | None:
    """What the last record of the leg says of who joined it."""
    legs = [
        fact_from_json(command["fact"])  # type: ignore[arg-type]
        for entry in result.journal
        for command in entry.commands
        if command["type"] == "Record" and command["fact"]["type"] == "Leg"  # type: ignore[index,call-overload]
    ]
    last = [each for each in legs if isinstance(each, Leg) and each.leg == leg][-1]
    return last.joining


def test_they_talk_before_the_carrier_is_asked() -> None:
    result = _played("the_carrier_joins_the_two_and_the_caller_comes_back")
    commanded = [str(command["type"]) for entry in result.journal for command in entry.commands]
    assert commanded.index(Bridge.__name__) < commanded.index(Join.__name__)
    asked = [c for entry in result.journal for c in entry.commands if c["type"] == Join.__name__]
    assert asked == [{"type": Join.__name__, "leg": "buyer-1", "at_most_ms": 600_000}]


def test_the_record_says_who_joined_them() -> None:
    result = _played("the_carrier_joins_the_two_and_the_caller_comes_back")
    (joined,) = [entry.event for entry in result.journal if isinstance(entry.event, LegsJoined)]
    assert _joining(result) == Joining(joined.at, "story")


def test_the_record_says_why_the_carrier_did_not() -> None:
    refused = _joining(_played("a_carrier_that_refuses_leaves_the_talk_where_it_is"))
    assert refused is not None
    assert (refused.carrier, refused.code, refused.said) == ("", "refused", "the story refuses it")
    recorded = _joining(_played("a_recorded_call_goes_through_the_engine"))
    assert recorded is not None
    assert recorded.code == "recorded"
    kept = _joining(_played("kept_keys_keep_the_talk_here"), "transfer-1")
    assert kept is not None
    assert kept.code == "keys_kept"


def test_nothing_goes_on_before_the_caller_is_back() -> None:
    result = _played("the_carrier_joins_the_two_and_the_caller_comes_back")
    events = [entry.event for entry in result.journal]
    ended = next(at for at, event in enumerate(events) if isinstance(event, LegEnded))
    back = next(at for at, event in enumerate(events) if isinstance(event, StreamBack))
    between = [command["type"] for entry in result.journal[ended:back] for command in entry.commands]
    assert ended < back
    assert "Play" not in between

"""What decides who gets a call, played: areas, hours, duplicates, screening, caps, strategies."""

from pathlib import Path

import pytest

from engine.language.revisions import check_all
from engine.language.stories.story import Story
from engine.rehearsal.stories import run_story

CHECKED = check_all(Path(__file__).parent / "exchange")


def test_the_network_is_right() -> None:
    assert [str(mistake) for mistake in CHECKED.mistakes] == []
    assert CHECKED.stories


@pytest.mark.parametrize("story", CHECKED.stories, ids=lambda story: story.name)
def test_the_exchange_decides_as_told(story: Story) -> None:
    result = run_story(story, CHECKED.published)
    assert result.differences == ()


def test_every_code_that_does_not_come_of_a_bid_or_a_cap_is_told() -> None:
    refused = {code for story in CHECKED.stories for code in story.expect.refused.values()}
    assert refused >= {
        *(
            "blocked_caller",
            "anonymous_caller",
            "velocity",
            "terms_not_met",
            "terms_unknown",
            "closed",
            "duplicate",
        ),
        *("already_tried", "paused", "cap_day", "cap_day_spend", "cap_concurrent"),
    }

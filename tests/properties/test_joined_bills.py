"""Whoever ends a talk that the carrier joined, and whatever we saw of it: its bill keeps to the legs' records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import CALLER
from engine.core.replay import replay
from engine.exchange.carrier_times import TOLERANCE_MS, verdicts_over
from engine.language.revisions import check_all
from engine.language.stories.story import BuyerPlan, EndCall
from engine.rehearsal.stories import run_story
from engine.store.tables.carrier_records import CarrierRecord

CHECKED = check_all(Path(__file__).parents[1] / "rehearsal" / "joined")
STORY = next(story for story in CHECKED.stories if story.name == "the_caller_leaves_a_joined_talk")

seconds = st.integers(1, 400)
endings = st.sampled_from(["caller", "buyer", "engine"])


@given(talks_s=seconds, ended_by=endings, leg_s=seconds, caller_s=st.none() | seconds)
def test_no_second_is_billed_that_the_carrier_does_not_have(
    talks_s: int, ended_by: str, leg_s: int, caller_s: int | None
) -> None:
    last = EndCall(15_000 + talks_s * 1000, "connect", ended_by == "engine")
    plan = BuyerPlan(talks_ms=talks_s * 1000 if ended_by == "buyer" else 1_000_000)
    caller = (STORY.caller[0], last) if ended_by != "buyer" else STORY.caller[:1]
    story = replace(STORY, caller=caller, buyers={"lonestar": plan, "redriver": BuyerPlan("busy")})
    assert CHECKED.published.revision is not None
    played = run_story(story, CHECKED.published)
    call = replay(played.journal, CHECKED.published.revision).machine.call
    assert call is not None
    leg = call.legs["buyer-1"]
    assert leg.joining is not None
    assert leg.joining.carrier == "story"
    assert leg.answered_at is not None
    assert leg.bridged_at is not None
    assert leg.ended_at is not None
    records = [CarrierRecord(played.story.name, leg.leg, "story", leg_s * 1000, 0)]
    if caller_s is not None:
        records.append(CarrierRecord(played.story.name, CALLER, "story", caller_s * 1000, 0))
    market = CHECKED.published.revision.market
    verdict = next(each for each in verdicts_over(market, call.moment, records) if each.leg == leg.leg)
    had_ms = max(0, leg_s * 1000 - (leg.bridged_at - leg.answered_at))
    there_ms = had_ms if caller_s is None else max(0, caller_s * 1000 - leg.bridged_at)
    assert verdict.timer.ran_ms <= min(had_ms, there_ms) + TOLERANCE_MS
    is_billed = verdict.billable
    assert is_billed == (verdict.timer.ran_ms >= verdict.timer.needed_ms)
    if ended_by == "engine" and leg_s * 1000 > leg.ended_at - leg.answered_at + TOLERANCE_MS:
        # What the engine did not live to see, the carrier did.
        assert verdict.timer.ran_ms >= min(had_ms, there_ms)

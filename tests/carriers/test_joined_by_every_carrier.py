"""Every carrier that joins two legs by itself does so: they hear each other, and either may leave first."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.carriers import CARRIERS
from engine.core.leg_events import JoinFailed, LegsJoined
from engine.rehearsal.loopback import Caller, PhoneCall
from tests.carriers.test_every_carrier import CarrierHouse, house_at
from tests.journeys.journey_world import ALL_AT_ONCE, LONESTAR, answering
from tests.journeys.test_journey_broken_streams import Watched
from tests.journeys.test_journey_joined_talks import JOINED, likeness, noise

VIA = {old: new for old, new in JOINED.items() if "connect" in old}
JOINING = ["twilio", "telnyx", "signalwire", "jambonz"]


def test_these_are_all_that_join() -> None:
    assert {carrier.name for carrier in CARRIERS} >= set(JOINING)


async def in_a_joined_talk(house: CarrierHouse, talk_s: float | None) -> tuple[PhoneCall, PhoneCall]:
    house.carrier.buyer(LONESTAR, answering(talk_s=talk_s))
    watched = Watched(house)
    caller = house.begin(Caller().presses(ALL_AT_ONCE))
    await watched.saw(LegsJoined)
    (buyer,) = house.carrier.buyer_calls
    await house.engine.clock.sleep(1_000)
    return caller, buyer


@pytest.mark.parametrize("name", JOINING)
async def test_they_hear_each_other_and_the_buyer_leaves_the_caller_to_the_flow(
    name: str, tmp_path: Path
) -> None:
    async with house_at(name, tmp_path, changes=VIA) as house:
        caller, buyer = await in_a_joined_talk(house, talk_s=30)
        since_ms = caller.trunk.clock.now_ms()
        of_caller, of_buyer = noise(1, 4), noise(2, 4)
        caller.handset.say(of_caller)
        buyer.handset.say(of_buyer)
        await house.engine.clock.sleep(6_000)
        assert likeness(buyer.heard.audio(since_ms), of_caller) > 0.9
        assert likeness(caller.heard.audio(since_ms), of_buyer) > 0.9
        await house.quiet()
        shown = await house.shown()
    (leg,) = shown["legs"]
    assert leg["joined"]["by"] == name
    assert (leg["outcome"], leg["ended_by"]) == ("completed", "buyer")
    assert shown["path"][-1]["node"] == "bye"
    assert shown["ended_by"] == "flow"
    assert [one["reason"] for one in shown["verdicts"]] == ["billable"]
    assert house.carrier.complaints == ()


@pytest.mark.parametrize("name", JOINING)
async def test_a_caller_may_leave_first(name: str, tmp_path: Path) -> None:
    async with house_at(name, tmp_path, changes=VIA) as house:
        caller, buyer = await in_a_joined_talk(house, talk_s=None)
        await house.engine.clock.sleep(5_000)
        caller.end("caller")
        await house.quiet()
        shown = await house.shown()
    assert shown["ended_by"] == "caller"
    assert shown["legs"][0]["ended_by"] == "caller"
    assert buyer.is_over


@pytest.mark.parametrize("name", JOINING)
async def test_a_refusal_leaves_the_talk_with_us(name: str, tmp_path: Path) -> None:
    async with house_at(name, tmp_path, changes=VIA) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=20))
        house.carrier.immovable.add(LONESTAR)
        watched = Watched(house)
        caller = house.begin(Caller().presses(ALL_AT_ONCE))
        await watched.saw(JoinFailed)
        await house.quiet()
        shown = await house.shown(caller.sid)
    assert shown["legs"][0]["joined"]["code"] == "refused"
    assert [one["reason"] for one in shown["verdicts"]] == ["billable"]

"""Live calls that choose by what buyers did lately, and callers whom no buyer is offered."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.journey_world import LONESTAR, REDRIVER, SHORT_BILLS, answering, keys, network, open_house

IN_TURN = {
    **SHORT_BILLS,
    "priority: 2": "priority: 1",  # a strategy orders buyers of one priority
    "    buyers: [lonestar, redriver": "    strategy: least_recent\n    buyers: [lonestar, redriver",
    "\ncampaigns:\n": "\ncallers: {velocity: {calls: 3, within: 1h}}\n\ncampaigns:\n",
}


async def test_calls_go_to_who_waits_longest_until_the_caller_calls_too_often(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", IN_TURN)
    async with open_house(tmp_path, flows) as house:
        for number in (LONESTAR, REDRIVER):
            house.carrier.buyer(number, answering())
        chosen = []
        for caller in ("+15125550123", "+15125550124", "+15125550123", "+15125550123", "+15125550123"):
            await house.call(keys(), from_=caller)
            (decision,) = (await house.shown())["decisions"]
            assert decision["strategy"] == "least_recent"
            chosen.append(decision["chosen"])
        assert sorted(chosen[:2]) == ["lonestar", "redriver"]
        assert chosen[-1] is None
        assert {each["code"] for each in decision["candidates"]} == {"velocity"}
        assert await house.all_replay() == 5

"""A caller may hang up at any moment: no leg stays up, no place stays taken, the record is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.commands import Dial, Play
from engine.core.events import LegAnswered, LegBridged, LegEnded, LegRinging
from engine.rehearsal.loopback import BuyerPhone, Caller
from tests.journeys.journey_world import (
    ANSWERS,
    DESK,
    LONESTAR,
    REDRIVER,
    SHORT_BILLS,
    House,
    answering,
    keys,
    network,
    open_house,
)

Moment = Callable[[object, list[object]], bool]

MOMENTS: dict[str, Moment] = {
    "while the first prompt plays": lambda event, commands: any(isinstance(one, Play) for one in commands),
    "as the buyer is dialled": lambda event, commands: any(isinstance(one, Dial) for one in commands),
    "while the buyer's phone rings": lambda event, commands: isinstance(event, LegRinging),
    "while the buyer hears the whisper": lambda event, commands: isinstance(event, LegAnswered),
    "as the bridge begins": lambda event, commands: isinstance(event, LegBridged),
    "while the goodbye plays": lambda event, commands: (
        isinstance(event, LegEnded) and event.outcome == "completed"
    ),
}


async def hang_up_at(house: House, moment: Moment) -> str:
    """A call whose caller hangs up at the moment; the carrier's name for it, once all is over."""
    came = asyncio.Event()
    house.engine.watch(lambda call, event, commands: moment(event, list(commands)) and came.set())
    call = house.begin(keys())
    await came.wait()
    call.end("caller")
    await house.quiet()
    return call.sid


@pytest.mark.parametrize("when", MOMENTS)
async def test_a_caller_who_hangs_up_leaves_nothing_behind(house: House, when: str) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=2))
    shown = await house.shown(await hang_up_at(house, MOMENTS[when]))
    assert shown["ended_by"] == "caller"
    assert shown["ended_at"] is not None
    assert house.open_legs() == []
    assert {state for _, state in house.reservations()} <= {"used", "freed"}
    assert all(leg["ended_at_ms"] is not None for leg in shown["legs"])
    assert all(leg["outcome"] for leg in shown["legs"])
    assert house.engine.calls == {}
    assert await house.all_replay() == 1


async def test_the_caller_who_hangs_up_in_the_bridge_is_the_one_who_ended_it(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=None))
    shown = await house.shown(await hang_up_at(house, MOMENTS["as the bridge begins"]))
    (leg,) = shown["legs"]
    assert (leg["outcome"], leg["ended_by"]) == ("completed", "caller")
    (verdict,) = shown["verdicts"]
    assert (verdict["billable"], verdict["reason"]) == (False, "below_duration")
    assert shown["ledger"] == []


async def test_a_caller_who_says_nothing_reaches_the_desk(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows", SHORT_BILLS)) as house:
        house.carrier.buyer(DESK, BuyerPhone.answers(after_s=0.2, presses=[], talk_s=1))
        await house.call(Caller())
        shown = await house.shown()
        assert [step["exit"] for step in shown["path"]][:2] == ["next", "noinput"]
        assert [(leg["to"], leg["outcome"]) for leg in shown["legs"]] == [(DESK, "completed")]


async def test_an_operator_key_leads_to_the_desk(house: House) -> None:
    house.carrier.buyer(DESK, BuyerPhone.answers(after_s=0.2, presses=[], talk_s=1))
    await house.call(Caller.keys([ANSWERS[0], "0"]))
    shown = await house.shown()
    assert [step["exit"] for step in shown["path"]][2] == "command:operator"
    assert shown["answers"]["zip"]["value"] == "78701"
    assert "need" not in shown["answers"]


async def test_nobody_at_the_desk_is_told_and_the_call_ends(house: House) -> None:
    house.carrier.buyer(LONESTAR, BuyerPhone.busy())
    house.carrier.buyer(REDRIVER, BuyerPhone.fails())
    house.carrier.buyer(DESK, BuyerPhone.busy())
    await house.call(keys())
    shown = await house.shown()
    assert [(step["node"], step["exit"]) for step in shown["path"]][-2:] == [
        ("desk", "busy"),
        ("closed", "hangup"),
    ]
    assert shown["ended_by"] == "flow"
    assert house.open_legs() == []

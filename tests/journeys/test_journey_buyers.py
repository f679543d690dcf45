"""What becomes of a caller whose buyers take the call, are busy, do not answer or do not want it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.rehearsal.loopback import BUYER_HZ, CALLER_HZ, BuyerPhone, Caller, caller_voice, hears_tone
from tests.journeys.journey_world import (
    ALL_AT_ONCE,
    ANSWERS,
    DESK,
    LONESTAR,
    REDRIVER,
    House,
    answering,
    keys,
    network,
    open_house,
)


def exits(shown: dict[str, object]) -> list[tuple[str, str]]:
    path = shown["path"]
    assert isinstance(path, list)
    return [(step["node"], step["exit"]) for step in path]


async def test_a_good_lead_is_sold_bridged_and_billed(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=5))
    call = await house.call(Caller.keys(ANSWERS, voice=caller_voice()))
    (buyer,) = house.carrier.buyer_calls
    assert hears_tone(call.heard.audio(), BUYER_HZ)
    assert hears_tone(buyer.heard.audio(), CALLER_HZ)
    shown = await house.shown()
    assert [(leg["buyer"], leg["outcome"], leg["ended_by"]) for leg in shown["legs"]] == [
        ("lonestar", "completed", "buyer")
    ]
    (verdict,) = shown["verdicts"]
    assert (verdict["billable"], verdict["revenue"], verdict["payout"]) == (True, "45.00", "30.00")
    assert [(entry["kind"], entry["party"], entry["amount"]) for entry in shown["ledger"]] == [
        ("revenue", "lonestar", "45.00"),
        ("payout", "radio-tx", "30.00"),
    ]
    assert shown["ended_by"] == "flow"
    assert house.reservations() == [("r1", "used")]
    assert house.carrier.complaints == ()
    assert await house.all_replay() == 1


async def test_a_busy_buyer_is_followed_by_the_next(house: House) -> None:
    house.carrier.buyer(LONESTAR, BuyerPhone.busy())
    house.carrier.buyer(REDRIVER, answering())
    await house.call(keys())
    shown = await house.shown()
    assert [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]] == [
        ("lonestar", "busy"),
        ("redriver", "completed"),
    ]
    assert [decision["chosen"] for decision in shown["decisions"]] == ["lonestar", "redriver"]
    assert house.reservations() == [("r1", "freed"), ("r2", "used")]
    assert [entry["party"] for entry in shown["ledger"]] == ["redriver", "radio-tx"]


async def test_buyers_of_every_kind_of_refusal_are_passed_until_none_is_left(house: House) -> None:
    house.carrier.buyer(LONESTAR, BuyerPhone.fails(is_refused=True))
    house.carrier.buyer(REDRIVER, BuyerPhone.busy())
    house.carrier.buyer(DESK, BuyerPhone.answers(after_s=0.2, presses=[], talk_s=2))
    await house.call(keys())
    shown = await house.shown()
    assert [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]] == [
        ("lonestar", "failed"),
        ("redriver", "busy"),
        (None, "completed"),
    ]
    assert exits(shown)[-4:] == [
        ("find", "none"),
        ("sorry", "next"),
        ("desk", "completed"),
        ("bye", "hangup"),
    ]
    assert shown["ledger"] == []
    assert {state for _, state in house.reservations()} == {"freed"}


async def test_a_buyer_who_presses_nothing_has_rejected_and_the_next_is_rung(house: House) -> None:
    house.carrier.buyer(LONESTAR, BuyerPhone.rejects(after_s=0.2))
    house.carrier.buyer(REDRIVER, answering())
    await house.call(keys())
    shown = await house.shown()
    assert [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]] == [
        ("lonestar", "rejected"),
        ("redriver", "completed"),
    ]
    assert shown["legs"][0]["accepted_at_ms"] is None
    assert shown["legs"][0]["detail"] == "the buyer didn't press the key to take the call"
    assert house.open_legs() == []


async def test_a_buyer_who_hangs_up_during_the_whisper_has_rejected(house: House) -> None:
    house.carrier.buyer(LONESTAR, BuyerPhone.hangs_up_during_whisper(after_s=0.2))
    house.carrier.buyer(REDRIVER, answering())
    await house.call(keys())
    assert [leg["outcome"] for leg in (await house.shown())["legs"]] == ["rejected", "completed"]


async def test_a_buyer_who_lets_it_ring_is_given_up_after_the_ring_timeout(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", {"ring_timeout: 20s": "ring_timeout: 4s"})
    async with open_house(tmp_path, flows) as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.noanswer())
        house.carrier.buyer(REDRIVER, answering())
        await house.call(keys())
        assert [leg["outcome"] for leg in (await house.shown())["legs"]] == ["noanswer", "completed"]
        assert house.open_legs() == []


async def test_the_bridge_ends_at_its_time_limit_and_the_caller_is_thanked(tmp_path: Path) -> None:
    flows = network(
        tmp_path / "flows", {'accept: {key: "1", timeout: 6s}': 'max_duration: 4s\n    accept: {key: "1"}'}
    )
    async with open_house(tmp_path, flows) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=None))
        await house.call(keys())
        shown = await house.shown()
        (leg,) = shown["legs"]
        assert (leg["outcome"], leg["ended_by"]) == ("completed", "network")
        assert leg["detail"] == "the bridge reached its time limit"
        assert exits(shown)[-2:] == [("connect", "completed"), ("bye", "hangup")]
        assert house.open_legs() == []


async def test_twenty_calls_at_once_all_end_right(tmp_path: Path) -> None:
    flows = network(
        tmp_path / "flows",
        {"after: 90s": "after: 2s", "concurrent: 2": "concurrent: 20"},
    )
    async with open_house(tmp_path, flows, speed=2) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=3))
        callers = [f"+1512555{number:04d}" for number in range(1000, 1020)]
        calls = [house.begin(Caller().presses(ALL_AT_ONCE), from_=caller) for caller in callers]
        await house.quiet()
        assert [call.stuck for call in calls] == [None] * 20
        for call in calls:
            shown = await house.shown(call.sid)
            assert shown["ended_by"] == "flow"
            assert [leg["outcome"] for leg in shown["legs"]] == ["completed"]
            assert [entry["amount"] for entry in shown["ledger"]] == ["45.00", "30.00"]
        assert len(house.reservations()) == 20
        assert {state for _, state in house.reservations()} == {"used"}
        assert await house.all_replay() == 20
        assert house.carrier.complaints == ()


async def test_a_full_buyer_is_passed_over_while_its_calls_last(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", {"concurrent: 2": "concurrent: 1"})
    async with open_house(tmp_path, flows) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=None))
        house.carrier.buyer(REDRIVER, answering(talk_s=2))
        bridged = asyncio.Event()
        house.engine.watch(
            lambda call, event, commands: type(event).__name__ == "LegBridged" and bridged.set()
        )
        first = house.begin(keys())
        await bridged.wait()
        await house.carrier.call("+15125550124", "+15550100", keys(), voice_url=house.voice_url)
        first.end("caller")
        await house.quiet()
        first_shown, second_shown = [
            await house.shown(call.sid) for call in house.carrier.calls.values() if call.person == "caller"
        ]
        assert [leg["buyer"] for leg in first_shown["legs"]] == ["lonestar"]
        assert [leg["buyer"] for leg in second_shown["legs"]] == ["redriver"]
        candidates = {one["buyer"]: one["code"] for one in second_shown["decisions"][0]["candidates"]}
        assert candidates["lonestar"] != "eligible"

"""A talk that the carrier has joined outlives its engine, and is billed by what the carrier says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier, PhoneCall
from tests.journeys.journey_world import ACCOUNT, ALL_AT_ONCE, CALLED, LONESTAR, SPEED, TOKEN, network
from tests.journeys.other_process import Shown, environment, kept, served
from tests.journeys.test_journey_joined_talks import JOINED
from tests.journeys.test_journey_lost_legs import found
from tests.waiting import until

JOINED_EVENT = "SELECT 1 FROM journal WHERE event LIKE '%LegsJoined%'"
ENDED = "SELECT 1 FROM calls WHERE ended_at IS NOT NULL"
TOLD = "SELECT 1 FROM carrier_records WHERE finding IS NOT NULL"
SERVING = "tests.journeys.serving"


async def killed_in_a_joined_talk(folder: Path, carrier: LoopbackCarrier) -> tuple[PhoneCall, PhoneCall]:
    """The engine dies while the two talk; they notice nothing."""
    network(folder / "flows", JOINED)
    carrier.buyer(LONESTAR, BuyerPhone.answers(after_s=0.2, presses=[(0.1, "1")], talk_s=None))
    env = environment(folder, carrier.api_url)
    async with served(SERVING, str(folder / "flows"), str(SPEED), env=env) as engine:
        lead = Caller().presses(ALL_AT_ONCE)
        caller = carrier.begin_call("+15125550103", CALLED, lead, voice_url=engine.voice_url)
        await until(lambda: found(folder, JOINED_EVENT))
        await until(lambda: carrier.conferences.parties == 2)
        await engine.killed()
    (buyer,) = carrier.buyer_calls
    await until(lambda: buyer.duration_s >= 30)
    assert not caller.is_over
    assert not buyer.is_over
    return caller, buyer


def bills(shown: Shown) -> list[tuple[str, str]]:
    return [(bill["kind"], bill["amount"]) for bill in shown["stands"]]


BILLED = [("revenue", "45.00"), ("payout", "30.00")]


@pytest.mark.real_time
async def test_a_talk_that_ended_meanwhile_is_billed_once_the_engine_is_back(tmp_path: Path) -> None:
    async with LoopbackCarrier(ACCOUNT, TOKEN, speed=SPEED) as carrier:
        caller, buyer = await killed_in_a_joined_talk(tmp_path, carrier)
        caller.end("caller")
        await carrier.settled()
        env = environment(tmp_path, carrier.api_url)
        async with served(SERVING, str(tmp_path / "flows"), str(SPEED), env=env) as engine:
            await until(lambda: found(tmp_path, ENDED) and found(tmp_path, TOLD))
            assert await engine.stopped() == 0
    (shown,) = await kept(tmp_path)
    (leg,) = shown["legs"]
    assert leg["joined"]["by"] == "twilio"
    assert leg["joined"]["rests_on"] == "the carrier's records of both legs"
    seconds = {each["leg"]: each["seconds"] for each in shown["carrier_records"]}
    assert seconds["buyer-1"] == buyer.duration_s
    assert seconds["caller"] == caller.duration_s
    assert bills(shown) == BILLED


@pytest.mark.real_time
async def test_a_talk_that_goes_on_is_open_until_it_ends(tmp_path: Path) -> None:
    async with LoopbackCarrier(ACCOUNT, TOKEN, speed=SPEED) as carrier:
        _, buyer = await killed_in_a_joined_talk(tmp_path, carrier)
        env = environment(tmp_path, carrier.api_url)
        async with served(SERVING, str(tmp_path / "flows"), str(SPEED), env=env) as engine:
            later_s = buyer.duration_s + 20
            await until(lambda: buyer.duration_s >= later_s)
            assert not found(tmp_path, ENDED)
            assert not buyer.is_over
            buyer.end("buyer")
            # The engine that it knew is gone, and nobody can tell this one: it asks.
            await until(lambda: found(tmp_path, ENDED) and found(tmp_path, TOLD))
            assert await engine.stopped() == 0
        await carrier.settled()
    (shown,) = await kept(tmp_path)
    (leg,) = shown["legs"]
    assert leg["outcome"] == "completed"
    assert bills(shown) == BILLED


@pytest.mark.real_time
async def test_an_engine_that_is_stopped_leaves_the_talk_to_its_next_life(tmp_path: Path) -> None:
    network(tmp_path / "flows", JOINED)
    async with LoopbackCarrier(ACCOUNT, TOKEN, speed=SPEED) as carrier:
        carrier.buyer(LONESTAR, BuyerPhone.answers(after_s=0.2, presses=[(0.1, "1")], talk_s=None))
        env = environment(tmp_path, carrier.api_url, CORDBOARD_DRAIN_S="0")
        async with served(SERVING, str(tmp_path / "flows"), str(SPEED), env=env) as engine:
            lead = Caller().presses(ALL_AT_ONCE)
            carrier.begin_call("+15125550103", CALLED, lead, voice_url=engine.voice_url)
            await until(lambda: carrier.conferences.parties == 2 and found(tmp_path, JOINED_EVENT))
            assert await engine.stopped() == 0
        (buyer,) = carrier.buyer_calls
        assert not buyer.is_over
        assert not found(tmp_path, ENDED)
        await until(lambda: buyer.duration_s >= 30)
        buyer.end("buyer")
        await carrier.settled()
        async with served(SERVING, str(tmp_path / "flows"), str(SPEED), env=env) as engine:
            await until(lambda: found(tmp_path, ENDED) and found(tmp_path, TOLD))
            assert await engine.stopped() == 0
    (shown,) = await kept(tmp_path)
    assert bills(shown) == BILLED

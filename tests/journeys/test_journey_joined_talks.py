"""A talk that the carrier joins itself: they hear each other without us, and it is billed by what it tells."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from engine.core.events import CallerHungUp, LegBridged, LegEnded
from engine.core.leg_events import JoinFailed, LegsJoined
from engine.core.stream_events import StreamBack, StreamLost
from engine.media import mulaw
from engine.rehearsal.loopback import Caller, PhoneCall
from tests.journeys.journey_world import (
    ALL_AT_ONCE,
    LONESTAR,
    REDRIVER,
    House,
    answering,
    network,
    open_house,
    voice_form,
)
from tests.journeys.test_journey_broken_streams import Watched
from tests.waiting import until

JOINED = {
    "after: 90s": "after: 20s",
    "  connect:\n    type: bridge\n": "  connect:\n    type: bridge\n    via: auto\n    max_duration: 10m\n",
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, network(tmp_path / "flows", JOINED)) as opened:
        yield opened


async def joined(house: House, talk_s: float | None = 40) -> tuple[PhoneCall, PhoneCall, Watched]:
    """The caller's leg and the buyer's, once the carrier has joined them."""
    house.carrier.buyer(LONESTAR, answering(talk_s=talk_s))
    watched = Watched(house)
    caller = house.begin(Caller().presses(ALL_AT_ONCE))
    await watched.saw(LegsJoined)
    (buyer,) = house.carrier.buyer_calls
    await until(lambda: house.carrier.conferences.parties == 2)
    return caller, buyer, watched


def noise(seed: int, seconds: int) -> bytes:
    draw = random.Random(seed)
    return bytes(draw.randrange(256) for _ in range(8_000 * seconds))


def likeness(heard: bytes, said: bytes) -> float:
    """How much of some half second of what was said is in what was heard: 1 is all of it."""
    mouth = np.frombuffer(mulaw.decode(said[8_000:12_000]), dtype="<i2").astype(float)
    ear = np.frombuffer(mulaw.decode(heard), dtype="<i2").astype(float)
    if len(ear) < len(mouth):
        return 0.0
    loud = np.sqrt(np.convolve(ear**2, np.ones(len(mouth)), "valid"))
    return float(np.max(np.correlate(ear, mouth, "valid") / (loud * np.linalg.norm(mouth) + 1)))


def bills(shown: dict[str, object]) -> list[tuple[str, str]]:
    return [(one["kind"], one["amount"]) for one in shown["ledger"]]  # type: ignore[attr-defined]


BILLED = [("revenue", "45.00"), ("payout", "30.00")]


async def test_both_hear_each_other_and_nothing_of_it_comes_by_us(house: House) -> None:
    caller, buyer, _ = await joined(house)
    (live,) = house.engine.calls.values()
    assert not live.caller.line.is_open
    assert (caller.line, buyer.line) == (None, None)
    since_ms = caller.trunk.clock.now_ms()
    of_caller, of_buyer = noise(1, 4), noise(2, 4)
    caller.handset.say(of_caller)
    buyer.handset.say(of_buyer)
    await house.engine.clock.sleep(6_000)
    assert likeness(buyer.heard.audio(since_ms), of_caller) > 0.95
    assert likeness(caller.heard.audio(since_ms), of_buyer) > 0.95
    assert likeness(caller.heard.audio(since_ms), of_caller) < 0.3
    await house.quiet()


async def test_a_buyer_who_hangs_up_leaves_the_caller_to_the_flow(house: House) -> None:
    caller, buyer, watched = await joined(house, talk_s=30)
    await house.quiet()
    kinds = [type(event) for event in watched.events]
    assert kinds.index(LegEnded) < kinds.index(StreamBack)
    assert StreamLost not in kinds
    shown = await house.shown(caller.sid)
    (leg,) = shown["legs"]
    assert (leg["outcome"], leg["ended_by"]) == ("completed", "buyer")
    assert leg["joined"]["by"] == "twilio"
    assert shown["path"][-1]["node"] == "bye"
    assert shown["ended_by"] == "flow"
    assert bills(shown) == BILLED
    (record,) = [each for each in shown["carrier_records"] if each["leg"] == "buyer-1"]
    assert abs(record["seconds"] - buyer.duration_s) <= 1
    assert await house.all_replay() == 1
    assert caller.complaints == ()


async def test_a_caller_who_hangs_up_ends_it(house: House) -> None:
    caller, buyer, watched = await joined(house, talk_s=None)
    await house.engine.clock.sleep(25_000)
    caller.end("caller")
    await house.quiet()
    shown = await house.shown(caller.sid)
    (leg,) = shown["legs"]
    assert (leg["outcome"], leg["ended_by"]) == ("completed", "caller")
    assert shown["ended_by"] == "caller"
    assert bills(shown) == BILLED
    assert buyer.is_over
    assert any(isinstance(event, CallerHungUp) for event in watched.events)


async def test_the_carriers_word_that_the_caller_is_gone_ends_it(house: House) -> None:
    caller, buyer, _ = await joined(house, talk_s=None)
    await house.engine.clock.sleep(25_000)
    form = voice_form(caller.sid) | {"CallStatus": "completed", "CallDuration": "40"}
    answer = await house.post("/carriers/twilio/status", form)
    assert answer.status_code < 300
    await until(lambda: buyer.is_over)
    caller.end("caller")
    await house.quiet()
    shown = await house.shown(caller.sid)
    assert shown["ended_by"] == "caller"
    assert bills(shown) == BILLED


async def test_a_talk_that_is_too_long_is_ended_by_us(tmp_path: Path) -> None:
    limited = {old: new.replace("max_duration: 10m", "max_duration: 30s") for old, new in JOINED.items()}
    async with open_house(tmp_path, network(tmp_path / "flows", limited)) as short:
        caller, buyer, _ = await joined(short, talk_s=None)
        await until(lambda: buyer.is_over)
        await short.quiet()
        shown = await short.shown(caller.sid)
        (leg,) = shown["legs"]
        assert leg["detail"].startswith("the bridge reached")
        assert shown["path"][-1]["node"] == "bye"
        assert bills(shown) == BILLED


@pytest.mark.parametrize("who", ["the_buyer", "the_caller"])
async def test_a_refused_join_leaves_the_talk_with_us(house: House, who: str) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=40))
    watched = Watched(house)
    caller = house.begin(Caller().presses(ALL_AT_ONCE))
    house.carrier.immovable.add(LONESTAR if who == "the_buyer" else caller.sid)
    await watched.saw(JoinFailed)
    if who == "the_caller":  # the buyer sat in the conference already, and is brought back
        await watched.saw(LegBridged, 2)
    (buyer,) = house.carrier.buyer_calls
    await until(lambda: caller.line is not None and buyer.line is not None)
    since_ms = caller.trunk.clock.now_ms()
    of_caller = noise(3, 4)
    caller.handset.say(of_caller)
    await house.engine.clock.sleep(6_000)
    assert likeness(buyer.heard.audio(since_ms), of_caller) > 0.5
    await house.quiet()
    shown = await house.shown(caller.sid)
    (leg,) = shown["legs"]
    assert leg["joined"]["by"] == ""
    assert leg["joined"]["code"] == "refused"
    assert "This call can't be redirected just now" in leg["joined"]["detail"]
    assert bills(shown) == BILLED
    assert await house.all_replay() == 1


async def test_a_leg_that_is_over_before_it_is_joined_stays_as_it_ended(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=0.05))
    house.carrier.buyer(REDRIVER, answering(talk_s=0.05))
    caller = house.begin(Caller().presses(ALL_AT_ONCE))
    await house.quiet()
    shown = await house.shown(caller.sid)
    assert {leg["ended_by"] for leg in shown["legs"]} == {"buyer"}
    assert shown["ledger"] == []
    assert caller.is_over

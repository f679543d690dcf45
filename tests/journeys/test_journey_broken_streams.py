"""A phone call whose stream breaks and comes back is the same call: one record, one buyer, one bill, every answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.core.events import LegBridged, LegEnded
from engine.core.stream_events import StreamBack, StreamLost
from engine.rehearsal.loopback import Caller, PhoneCall
from tests.journeys.journey_world import (
    ALL_AT_ONCE,
    CALLER,
    LONESTAR,
    House,
    answering,
    network,
    open_house,
    open_stream,
    voice_form,
)
from tests.waiting import until

LONG_BILLS = {"after: 90s": "after: 20s"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, network(tmp_path / "flows", LONG_BILLS)) as opened:
        yield opened


@pytest.fixture
async def house_in_time(tmp_path: Path) -> AsyncIterator[House]:
    """Where a second is a second: in faster ones a line is given longer."""
    flows = network(tmp_path / "flows", LONG_BILLS)
    async with open_house(tmp_path, flows, speed=1.0) as opened:
        yield opened


class Watched:
    """What happens to the calls of a house, as it happens."""

    def __init__(self, house: House) -> None:
        self.events: list[object] = []
        self._news = asyncio.Event()
        house.engine.watch(self._noticed)

    def _noticed(self, call: str, event: object, commands: object) -> None:
        self.events.append(event)
        self._news.set()

    async def saw(self, kind: type, times: int = 1) -> None:
        while sum(isinstance(event, kind) for event in self.events) < times:
            self._news.clear()
            await self._news.wait()


async def talk(house: House, talk_s: float | None) -> tuple[PhoneCall, Watched]:
    house.carrier.buyer(LONESTAR, answering(talk_s=talk_s))
    watched = Watched(house)
    call = house.begin(Caller().presses(ALL_AT_ONCE))
    await watched.saw(LegBridged)
    return call, watched


def legs_at_the_carrier(house: House) -> list[str]:
    return [call.to for call in house.carrier.buyer_calls]


async def test_a_talk_goes_on_with_the_same_buyer_and_is_billed_once(house: House) -> None:
    call, watched = await talk(house, talk_s=40)
    await house.engine.clock.sleep(10_000)
    call.break_stream()
    await watched.saw(StreamBack)
    await watched.saw(LegBridged, 2)
    await house.quiet()
    assert len(await house.engine.store.calls(10)) == 1
    shown = await house.shown(call.sid)
    assert legs_at_the_carrier(house) == [LONESTAR]
    assert [(one["kind"], one["amount"]) for one in shown["ledger"]] == [
        ("revenue", "45.00"),
        ("payout", "30.00"),
    ]
    assert shown["answers"]["zip"]["value"] == "78701"
    assert await house.all_replay() == 1


async def test_the_time_of_the_hole_is_no_talk(house: House) -> None:
    call, watched = await talk(house, talk_s=25)
    await house.engine.clock.sleep(4_000)
    call.break_stream(away_s=7)
    await house.quiet()
    await watched.saw(LegEnded)
    shown = await house.shown(call.sid)
    (leg,), (verdict,) = shown["legs"], shown["verdicts"]
    whole_ms = leg["ended_at_ms"] - leg["bridged_at_ms"]
    assert leg["held_ms"] >= 6_000
    ran_s = (whole_ms - leg["held_ms"]) / 1000
    assert verdict["timer"]["seconds"] == pytest.approx(ran_s)
    assert verdict["billable"] is (ran_s >= 20)


async def test_who_does_not_come_back_ended_when_the_stream_broke(house: House) -> None:
    call, watched = await talk(house, talk_s=None)
    await house.engine.clock.sleep(15_000)
    call.break_stream(away_s=60)
    await watched.saw(StreamLost)
    await watched.saw(LegBridged)
    while house.engine.calls:
        await asyncio.wait([live.finished for live in house.engine.calls.values()])
    shown = await house.shown(call.sid)
    (lost,) = (event for event in watched.events if isinstance(event, StreamLost))
    (leg,) = shown["legs"]
    assert (shown["ended_by"], shown["reason"]) == ("caller", "the caller's connection broke off")
    assert leg["ended_at_ms"] == lost.since
    assert shown["verdicts"][0]["billable"] is False  # 15 s of 20, though the wait made it 23
    call.end("caller")
    await house.quiet()
    assert house.open_legs() == []


async def test_a_question_is_asked_again(house: House) -> None:
    watched = Watched(house)
    house.carrier.buyer(LONESTAR, answering(talk_s=3))
    caller = Caller().waits_until_prompt_begins().waits_until_prompt_begins().presses(ALL_AT_ONCE)
    call = house.begin(caller.stays_until_end())
    await until(lambda: call.handset.prompts_begun)
    call.break_stream()
    await watched.saw(StreamBack)
    await house.quiet()
    shown = await house.shown(call.sid)
    assert shown["answers"]["zip"]["value"] == "78701"
    assert len(await house.engine.store.calls(10)) == 1
    assert await house.all_replay() == 1


async def test_a_buyers_stream_that_breaks_comes_back_to_the_same_talk(house: House) -> None:
    call, watched = await talk(house, talk_s=40)
    await house.engine.clock.sleep(5_000)
    (buyer,) = house.carrier.buyer_calls
    buyer.break_stream()
    await watched.saw(LegBridged, 2)
    await house.quiet()
    assert legs_at_the_carrier(house) == [LONESTAR]
    shown = await house.shown(call.sid)
    assert [leg["outcome"] for leg in shown["legs"]] == ["completed"]
    assert [one["kind"] for one in shown["ledger"]] == ["revenue", "payout"]
    assert await house.all_replay() == 1


async def test_the_carriers_question_comes_twice_and_changes_nothing(house: House) -> None:
    call, watched = await talk(house, talk_s=30)
    call.break_stream()
    await watched.saw(LegBridged, 2)
    form = {**voice_form(call.sid), "CallStatus": "in-progress"}
    first = await house.post("/carriers/twilio/after/0", form)
    assert "<Connect>" in first.text
    await house.engine.clock.sleep(3_000)
    assert sum(isinstance(event, StreamLost) for event in watched.events) == 1
    await house.quiet()
    assert len(await house.engine.store.calls(10)) == 1


async def test_who_comes_back_too_late_is_not_sold_to_the_same_buyer_twice(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=None), answering(talk_s=25))
    watched = Watched(house)
    call = house.begin(
        Caller().presses(ALL_AT_ONCE).waits(33).presses(ALL_AT_ONCE)
    )  # the latter on the new stream
    await watched.saw(LegBridged)
    await house.engine.clock.sleep(25_000)
    call.break_stream(away_s=12)  # more than it is waited for
    await watched.saw(LegBridged, 2)
    await house.quiet()
    second, first = [one.record.call for one in await house.engine.store.calls(10)]
    owed = [one["kind"] for one in (await house.shown_by_name(first))["ledger"]]
    assert owed == ["revenue", "payout"]
    again = await house.shown_by_name(second)
    (verdict,) = again["verdicts"]
    assert again["ledger"] == []
    assert (verdict["billable"], verdict["reason"]) == (False, "duplicate")
    assert first in verdict["sentence"]
    assert (await house.engine.store.journal(second))[0].event.again_of == first  # type: ignore[union-attr]
    assert await house.engine.store.earlier_calls(CALLER, 0) != ()
    assert len(await house.engine.store.earlier_calls(CALLER, 0)) == 1
    assert await house.engine.store.contacts(CALLER, 0, call.sid) == ()
    assert await house.all_replay() == 2


async def test_a_line_that_brings_no_sound_any_more_is_broken(house: House) -> None:
    call, watched = await talk(house, talk_s=None)
    await house.engine.clock.sleep(15_000)
    assert call.line is not None
    call.away_s = 60  # and the carrier does not ask what comes next, for its caller is gone
    call.line.falls_silent()
    await watched.saw(StreamLost)
    while house.engine.calls:
        await asyncio.wait([live.finished for live in house.engine.calls.values()])
    shown = await house.shown(call.sid)
    assert shown["verdicts"][0]["billable"] is False  # 15 s of 20: silence is no talk
    call.end("caller")
    await house.quiet()
    assert house.open_legs() == []


async def test_a_dead_line_is_known_within_two_seconds_and_billed_to_its_last_frame(
    house_in_time: House,
) -> None:
    house = house_in_time
    call, watched = await talk(house, talk_s=None)
    (buyer,) = house.carrier.buyer_calls
    await house.engine.clock.sleep(15_000)
    assert call.line is not None
    call.away_s = 60
    call.line.falls_silent()
    buyer.handset.voice.hush()
    held_before = len(buyer.handset.heard.pieces)
    await watched.saw(StreamLost)
    (lost,) = (event for event in watched.events if isinstance(event, StreamLost))
    assert lost.at - lost.since <= 2_000
    await until(
        lambda: len(buyer.handset.heard.pieces) > held_before
    )  # the buyer hears that something is wrong
    while house.engine.calls:
        await asyncio.wait([live.finished for live in house.engine.calls.values()])
    shown = await house.shown(call.sid)
    (leg,), (verdict,) = shown["legs"], shown["verdicts"]
    assert leg["ended_at_ms"] == lost.since
    assert verdict["timer"]["seconds"] == pytest.approx((lost.since - leg["bridged_at_ms"]) / 1000)
    assert verdict["billable"] is False
    call.end("caller")
    await house.quiet()
    assert await house.all_replay() == 1


async def test_a_network_that_stands_still_for_three_seconds_holds_the_talk_on_the_same_stream(
    house_in_time: House,
) -> None:
    house = house_in_time
    call, watched = await talk(house, talk_s=30)
    await house.engine.clock.sleep(4_000)
    line = call.line
    assert line is not None
    line.falls_silent()
    await house.engine.clock.sleep(3_000)
    line.is_heard_again()
    await watched.saw(StreamBack)
    await watched.saw(LegBridged, 2)
    assert call.line is line, "the carrier was not asked for another one"
    await house.quiet()
    shown = await house.shown(call.sid)
    (leg,) = shown["legs"]
    assert 2_000 < leg["held_ms"] < 4_500
    assert [one["kind"] for one in shown["ledger"]] == ["revenue", "payout"]
    assert await house.all_replay() == 1


async def test_a_buyers_dead_line_is_held_and_given_up_too(house_in_time: House) -> None:
    house = house_in_time
    call, watched = await talk(house, talk_s=None)
    (buyer,) = house.carrier.buyer_calls
    await house.engine.clock.sleep(15_000)
    assert buyer.line is not None
    buyer.away_s = 60
    buyer.line.falls_silent()
    await watched.saw(StreamLost)
    await watched.saw(LegEnded)
    (lost,) = (event for event in watched.events if isinstance(event, StreamLost))
    assert lost.at - lost.since <= 2_000
    call.end("caller")
    await house.quiet()
    shown = await house.shown(call.sid)
    assert shown["legs"][0]["ended_at_ms"] == lost.since
    assert shown["verdicts"][0]["billable"] is False
    assert house.open_legs() == []
    assert await house.all_replay() == 1


async def test_a_line_that_closes_while_it_is_silent_may_still_come_back(house_in_time: House) -> None:
    house = house_in_time
    call, watched = await talk(house, talk_s=40)
    await house.engine.clock.sleep(4_000)
    assert call.line is not None
    call.line.falls_silent()
    await watched.saw(StreamLost)
    call.break_stream()
    await watched.saw(LegBridged, 2)
    await house.quiet()
    assert len(await house.engine.store.calls(10)) == 1
    shown = await house.shown(call.sid)
    assert [one["kind"] for one in shown["ledger"]] == ["revenue", "payout"]
    assert await house.all_replay() == 1


async def test_a_muted_line_is_not_broken(house: House) -> None:
    call, watched = await talk(house, talk_s=25)
    (buyer,) = house.carrier.buyer_calls
    assert call.line is not None
    assert buyer.line is not None
    call.line.mutes()
    buyer.line.mutes()
    await house.quiet()
    assert not any(isinstance(event, StreamLost) for event in watched.events)
    shown = await house.shown(call.sid)
    assert shown["legs"][0]["held_ms"] == 0
    assert shown["verdicts"][0]["billable"] is True


async def test_a_line_that_never_brought_any_sound_is_broken(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=None))
    watched = Watched(house)
    answer = await house.post("/carriers/twilio/voice", voice_form("CA" + "f" * 32))
    async with await open_stream(answer.text, "CA" + "f" * 32) as socket:
        await socket.recv()
        for key in ALL_AT_ONCE:
            await socket.send(
                json.dumps({"event": "dtmf", "streamSid": "MZ" + "2" * 32, "dtmf": {"digit": key}})
            )
        await watched.saw(LegBridged)
        await watched.saw(StreamLost)
        while house.engine.calls:
            await asyncio.wait([live.finished for live in house.engine.calls.values()])
    assert (await house.shown())["verdicts"][0]["billable"] is False
    await house.quiet()

"""A signed webhook holds for ever; the carrier's call that it announces is taken once."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from engine.core.erasing import ERASED
from engine.rehearsal.loopback import Caller
from engine.store.errors import DatabaseFails
from tests.journeys.journey_world import House, network, open_house, open_stream, voice_form
from tests.waiting import until

VOICE = "/carriers/twilio/voice"
CALL = "CA" + "e" * 32


def verbs(document: str) -> list[str]:
    return [child.tag for child in Xml.fromstring(document)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, network(tmp_path / "flows")) as opened:
        yield opened


async def ended(house: House) -> None:
    while house.engine.calls:
        await asyncio.wait([live.finished for live in house.engine.calls.values()])


async def test_a_webhook_that_is_delivered_twice_has_one_answer_and_is_one_call(house: House) -> None:
    first, second = await asyncio.gather(*(house.post(VOICE, voice_form(CALL)) for _ in range(2)))
    assert verbs(first.text) == ["Connect", "Redirect"]
    assert second.text == first.text
    assert len(house.engine.arrivals) == len(house.engine.tokens) == 1
    async with await open_stream(second.text, CALL) as socket:
        await socket.recv()
    await ended(house)
    assert [one.record.carrier_call for one in await house.engine.store.calls(10)] == [CALL]


async def test_a_webhook_posted_again_after_its_call_was_taken_rings_nobody(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    answer = await house.post(VOICE, voice_form(CALL))
    async with await open_stream(answer.text, CALL) as socket:
        await socket.recv()
        assert verbs((await house.post(VOICE, voice_form(CALL))).text) == ["Hangup"]
    await ended(house)
    assert verbs((await house.post(VOICE, voice_form(CALL))).text) == ["Hangup"]
    assert (len(house.engine.arrivals), len(house.engine.tokens)) == (0, 0)
    assert 'cordboard_webhooks_total{outcome="replayed"} 2.0' in (await house.get("/metrics")).text
    assert sum("its webhook came again" in line for line in caplog.messages) == 2


async def test_it_is_known_after_a_restart_and_by_another_worker(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows) as house, open_house(tmp_path, flows, worker="other") as other:
        call = await house.call(Caller(), to="+15550177")
        assert verbs((await other.post(VOICE, voice_form(call.sid))).text) == ["Hangup"]
    async with open_house(tmp_path, flows) as again:
        assert verbs((await again.post(VOICE, voice_form(call.sid))).text) == ["Hangup"]


async def test_of_two_workers_that_both_heard_of_a_call_one_takes_it(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows) as house, open_house(tmp_path, flows, worker="other") as other:
        here = await house.post(VOICE, voice_form(CALL))
        there = await other.post(VOICE, voice_form(CALL))
        async with await open_stream(here.text, CALL) as taken:
            await taken.recv()
            await until(lambda: house.engine.store.carrier_desk.streams_taken(CALL))
            async with await open_stream(there.text, CALL) as stolen:
                await stolen.wait_closed()
        await ended(house)
        assert len(await house.engine.store.calls(10)) == 1


async def test_five_hundred_posts_of_a_webhook_take_one_line(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), max_calls=2) as house:
        for _ in range(26):
            await asyncio.gather(*(house.post(VOICE, voice_form(CALL)) for _ in range(20)))
        assert len(house.engine.tokens) == 1
        assert verbs((await house.post(VOICE, voice_form("CA" + "b" * 32))).text) == ["Connect", "Redirect"]


async def test_a_webhook_whose_stream_came_too_late_is_used_up(tmp_path: Path) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), stream_timeout_s=2) as house:
        await house.post(VOICE, voice_form(CALL))
        await until(lambda: not len(house.engine.arrivals))
        assert verbs((await house.post(VOICE, voice_form(CALL))).text) == ["Hangup"]


async def test_the_way_back_is_one_call_too(house: House) -> None:
    answer = await house.post(VOICE, voice_form(CALL))
    async with await open_stream(answer.text, CALL) as socket:
        await socket.recv()
        socket.transport.abort()
    await ended(house)
    back = await house.post("/carriers/twilio/after/0", voice_form(CALL))
    assert verbs(back.text) == ["Connect", "Redirect"]
    assert (await house.post("/carriers/twilio/after/0", voice_form(CALL))).text == back.text
    assert verbs((await house.post(VOICE, voice_form(CALL))).text) == ["Hangup"]
    async with await open_stream(back.text, CALL) as socket:
        await socket.recv()
    await ended(house)
    assert verbs((await house.post("/carriers/twilio/after/0", voice_form(CALL))).text) == ["Hangup"]


async def test_two_workers_and_one_webhook_leave_one_record(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    async with (
        open_house(tmp_path, flows, return_wait_s=0) as house,
        open_house(tmp_path, flows, worker="other", stream_timeout_s=3) as other,
    ):
        answer = await house.post(VOICE, voice_form(CALL))
        await other.post(VOICE, voice_form(CALL))
        async with await open_stream(answer.text, CALL) as socket:
            await socket.recv()
            await until(lambda: not len(other.engine.arrivals))
            await other.post("/carriers/twilio/status", {**voice_form(CALL), "CallStatus": "completed"})
            socket.transport.abort()
        await ended(house)
        assert [one.record.reason for one in await house.engine.store.calls(10)] == ["stream_lost"]
        back = await house.post("/carriers/twilio/after/0", voice_form(CALL))
        assert verbs(back.text) == ["Connect", "Redirect"]


async def test_a_stream_that_could_not_be_opened_and_is_opened_again_leaves_one_record(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), stream_timeout_s=3) as house:
        await house.post(VOICE, voice_form(CALL))
        back = await house.post("/carriers/twilio/after/0", voice_form(CALL))
        assert verbs(back.text) == ["Connect", "Redirect"]
        assert len(house.engine.arrivals) == 1
        async with await open_stream(back.text, CALL) as socket:
            await socket.recv()
            await house.engine.clock.sleep(8_000)
        await ended(house)
        assert len(await house.engine.store.calls(10)) == 1


async def test_who_is_brought_back_and_hangs_up_before_the_stream_leaves_one_record(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows, return_wait_s=0) as house:
        answer = await house.post(VOICE, voice_form(CALL))
        async with await open_stream(answer.text, CALL) as socket:
            await socket.recv()
            socket.transport.abort()
        await ended(house)
        await house.post("/carriers/twilio/after/0", voice_form(CALL))
        await house.post("/carriers/twilio/status", {**voice_form(CALL), "CallStatus": "completed"})
        assert [one.record.reason for one in await house.engine.store.calls(10)] == ["stream_lost"]
    async with open_house(tmp_path, flows) as again:
        late = await again.post("/carriers/twilio/after/0", voice_form(CALL))
        assert verbs(late.text) == ["Hangup"]
        assert len(again.engine.arrivals) == 0


async def test_a_caller_whose_flow_ended_is_not_brought_back(house: House) -> None:
    call = await house.call(Caller(), to="+15550177")
    assert (await house.shown(call.sid))["reason_code"] == "unknown_number"
    assert verbs((await house.post("/carriers/twilio/after/0", voice_form(call.sid))).text) == ["Hangup"]


async def test_streams_that_came_back_in_a_call_are_no_returns_to_the_start(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows) as house:
        answer = await house.post(VOICE, voice_form(CALL))
        for stream in range(3):
            async with await open_stream(answer.text, CALL) as socket:
                await socket.recv()
                socket.transport.abort()
            if stream < 2:
                answer = await house.post(f"/carriers/twilio/after/{stream}", voice_form(CALL))
        await ended(house)
        assert await house.engine.store.carrier_desk.streams_taken(CALL) == 3
        assert len(await house.engine.store.calls(10)) == 1
    async with open_house(tmp_path, flows) as again:
        back = await again.post("/carriers/twilio/after/2", voice_form(CALL))
        assert verbs(back.text) == ["Connect", "Redirect"]


async def test_a_webhook_of_a_forgotten_call_rings_nobody(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows) as house:
        call = await house.call(Caller(), to="+15550177")
        with sqlite3.connect(tmp_path / "cordboard.db") as database:
            database.execute("UPDATE calls SET carrier_call = ?, from_number = ?", (ERASED, ERASED))
        database.close()
    async with open_house(tmp_path, flows) as again:
        assert verbs((await again.post(VOICE, voice_form(call.sid))).text) == ["Hangup"]


async def test_a_record_that_could_not_be_written_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), stream_timeout_s=60) as house:
        await house.post(VOICE, voice_form(CALL))
        desk = house.engine.store.carrier_desk
        take_stream, fails = desk.take_stream, [True, True]

        async def away(carrier_call: str, stream: int, now_ms: int) -> bool:
            if fails:
                fails.pop()
                raise DatabaseFails("the database is away", is_passing=True)
            return await take_stream(carrier_call, stream, now_ms)

        monkeypatch.setattr(desk, "take_stream", away)
        answer = await house.post("/carriers/twilio/status", {**voice_form(CALL), "CallStatus": "completed"})
        assert answer.status_code == 503
        await until(lambda: house.engine.store.parts(CALL))
        assert [one.record.ended_by for one in await house.engine.store.calls(10)] == ["caller"]


async def test_two_streams_that_come_at_once_are_one_call(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    async with open_house(tmp_path, flows) as house, open_house(tmp_path, flows, worker="other") as other:
        answers = [await one.post(VOICE, voice_form(CALL)) for one in (house, other)]
        sockets = await asyncio.gather(*(open_stream(answer.text, CALL) for answer in answers))
        await until(lambda: any(socket.close_code is not None for socket in sockets))
        await until(lambda: bool(house.engine.calls or other.engine.calls))
        for socket in sockets:
            await socket.close()
        await ended(house)
        await ended(other)
        assert len(await house.engine.store.calls(10)) == 1


async def test_fifty_reports_of_a_leg_that_rings_for_an_ended_call_end_it_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    call = await house.call(Caller(), to="+15550177")
    name = (await house.shown(call.sid))["call"]
    asked = len(house.carrier.happenings)
    stray = {**voice_form("CA" + "9" * 32), "CallStatus": "ringing"}
    path = f"/carriers/twilio/status/{name}/buyer-1"
    for _ in range(10):
        await asyncio.gather(*(house.post(path, stray) for _ in range(5)))
    assert len(house.carrier.happenings[asked:]) == 1
    assert sum("is over: its leg" in line for line in caplog.messages) == 1

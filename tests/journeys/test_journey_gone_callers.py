"""Callers who leave before their audio begins, and what the carrier says of how long a caller was there."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.accounts.rejudging import read_carrier_records
from engine.core.events import CallArrived
from engine.core.records import changed
from engine.rehearsal.loopback import Caller
from engine.store.reports.spans import Span
from tests.journeys.journey_world import (
    ALL_AT_ONCE,
    LONESTAR,
    SHORT_BILLS,
    House,
    answering,
    network,
    open_house,
    open_stream,
    voice_form,
)
from tests.waiting import until

VOICE, STATUS = "/carriers/twilio/voice", "/carriers/twilio/status"
CALL = "CA" + "b" * 32
STARTS = (("first", 1_795_341_600_000), ("second", 1_795_341_660_000))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    flows = network(tmp_path / "flows", SHORT_BILLS)
    async with open_house(tmp_path, flows, stream_timeout_s=20) as opened:
        yield opened


def over(carrier_call: str = CALL, seconds: str = "0") -> dict[str, str]:
    return {**voice_form(carrier_call), "CallStatus": "completed", "CallDuration": seconds}


async def test_who_hangs_up_before_the_stream_has_a_record(house: House) -> None:
    await house.post(VOICE, voice_form(CALL))
    assert (await house.post(STATUS, over())).status_code == 204
    shown = await house.shown(CALL)
    assert (shown["ended_by"], shown["from"]) == ("caller", "+15125550123")
    assert shown["reason"] == "the caller hung up before the call's audio began"
    assert shown["path"] == shown["legs"] == []
    assert shown["flow"] == ""
    assert await house.all_replay() == 1
    assert (await house.post(STATUS, over())).status_code == 204  # told twice
    assert len(await house.engine.store.calls(10)) == 1


async def test_a_stream_that_never_came_has_a_record(house: House) -> None:
    await house.post(VOICE, voice_form(CALL))
    await until(lambda: house.engine.store.parts(CALL))
    shown = await house.shown(CALL)
    assert (shown["ended_by"], shown["reason"]) == ("error", "the carrier never opened the call's audio")


async def test_the_carriers_word_ends_a_call_whose_stream_is_silent_about_it(house: House) -> None:
    answer = await house.post(VOICE, voice_form(CALL))
    async with await open_stream(answer.text, CALL) as socket:
        await socket.recv()
        await house.post(STATUS, over(seconds="3"))
        await house.quiet()
    assert (await house.shown(CALL))["reason"] == "the caller hung up"


async def test_the_callers_duration_bounds_the_bill(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=5))
    call = await house.call(Caller().presses(ALL_AT_ONCE))
    assert [one["kind"] for one in (await house.shown(call.sid))["ledger"]] == ["revenue", "payout"]
    await house.post(STATUS, over(call.sid, "2"))  # nobody can have talked for two seconds by then
    await read_carrier_records(house.engine.store)
    shown = await house.shown(call.sid)
    assert sum(float(one["amount"]) for one in shown["ledger"]) == 0
    assert "caller" in {record["leg"] for record in shown["carrier_records"]}


async def test_a_duration_that_fits_corrects_nothing(house: House) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=5))
    call = await house.call(Caller().presses(ALL_AT_ONCE))
    await house.post(STATUS, over(call.sid, "3600"))
    await read_carrier_records(house.engine.store)
    shown = await house.shown(call.sid)
    assert [one["kind"] for one in shown["ledger"]] == ["revenue", "payout"]


WEBHOOK = 'webhooks:\n  own: {url: "http://127.0.0.1:9/", events: [answered, ended]}\n'


async def test_who_was_never_heard_was_not_answered(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows")
    path = flows / "network.yaml"
    path.write_text(path.read_text() + WEBHOOK)
    async with open_house(tmp_path, flows) as house:
        await house.post(VOICE, voice_form(CALL))
        await house.post(STATUS, over())
        books = house.engine.store.books
        (row,) = (await books.report("campaign", Span(), ZoneInfo("UTC"))).rows
        assert (row.key, row.calls, row.answered) == ("roofing", 1, 0)
        assert await books.visits(Span()) == ([], [])
        with sqlite3.connect(tmp_path / "cordboard.db") as database:
            assert database.execute("SELECT event FROM outbox").fetchall() == [("ended",)]
        database.close()


async def test_a_later_record_is_bounded_by_what_was_left_of_the_phone_call(house: House) -> None:
    store = house.engine.store
    first, second = (CallArrived(0, name, "twilio", CALL, "", "+15550100", at, 7) for name, at in STARTS)
    for arrived in (first, changed(second, again_of=first.call)):
        store.append(arrived.call, 0, arrived)
        store.append_commands(arrived.call, 0, [])
        await store.flush(arrived.call)
    await house.post(STATUS, over(seconds="90"))
    durations = []
    for name, _ in STARTS:
        view = await store.call(name)
        assert view is not None
        durations += [record.duration_ms for record in view.carrier_records]
    assert durations == [90_000, 30_000]

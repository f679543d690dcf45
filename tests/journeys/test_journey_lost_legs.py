"""An engine that is killed in a talk learns from the carrier how long it lasted, and bills that."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier
from tests.journeys.journey_world import ACCOUNT, ALL_AT_ONCE, CALLED, LONESTAR, SPEED, TOKEN, network
from tests.journeys.other_process import Shown, environment, kept, served
from tests.waiting import until

BILLS = {"after: 90s": "after: 5s"}


def found(folder: Path, query: str) -> bool:
    with contextlib.closing(sqlite3.connect(folder / "cordboard.db", timeout=60)) as connection:
        return connection.execute(query).fetchone() is not None


async def killed_in_a_talk(folder: Path, carrier: LoopbackCarrier) -> None:
    """The engine dies ten seconds into a talk of which its journal has only the beginning."""
    network(folder / "flows", BILLS)
    carrier.buyer(LONESTAR, BuyerPhone.answers(after_s=0.2, presses=[(0.1, "1")], talk_s=None))
    env = environment(folder, carrier.api_url)
    async with served("tests.journeys.serving", str(folder / "flows"), str(SPEED), env=env) as engine:
        lead = Caller().presses(ALL_AT_ONCE)
        carrier.begin_call("+15125550103", CALLED, lead, voice_url=engine.voice_url)
        await until(lambda: found(folder, "SELECT 1 FROM journal WHERE event LIKE '%LegBridged%'"))
        (buyer,) = carrier.buyer_calls
        await until(lambda: buyer.duration_s >= 10)
        await engine.killed()
    await carrier.settled()
    assert found(folder, "SELECT 1 FROM carrier_legs WHERE carrier_call = '" + buyer.sid + "'")


async def restarted(folder: Path, carrier_url: str, until_it_has: str) -> Shown:
    env = environment(folder, carrier_url)
    async with served("tests.journeys.serving", str(folder / "flows"), str(SPEED), env=env) as engine:
        await until(lambda: found(folder, until_it_has))
        assert await engine.stopped() == 0
    (shown,) = await kept(folder)
    return shown


@pytest.mark.real_time
async def test_the_carrier_is_asked_and_asked_again_and_the_bill_follows(tmp_path: Path) -> None:
    async with LoopbackCarrier(ACCOUNT, TOKEN, speed=SPEED) as carrier:
        await killed_in_a_talk(tmp_path, carrier)
        asked = "SELECT 1 FROM carrier_legs WHERE asked > 0"
        shown = await restarted(tmp_path, "http://127.0.0.1:9", asked)
        assert shown["verdicts"][0]["reason"] == "interrupted"
        assert shown["ledger"] == []
        (lost,) = shown["lost_legs"]
        assert (lost["leg"], lost["carrier"], lost["ask_at"] is None) == ("buyer-1", "twilio", False)
        told = "SELECT 1 FROM carrier_records WHERE finding IS NOT NULL"
        shown = await restarted(tmp_path, carrier.api_url, told)
    assert "lost_legs" not in shown
    (record,) = shown["carrier_records"]
    assert record["seconds"] >= 10
    assert record["finding_code"] == "differs"
    assert [(bill["kind"], bill["amount"]) for bill in shown["stands"]] == [
        ("revenue", "45.00"),
        ("payout", "30.00"),
    ]
    assert {entry["made_by"] for entry in shown["ledger"]} == {"carrier twilio"}

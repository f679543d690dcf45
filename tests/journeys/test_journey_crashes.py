"""An engine that is killed bills nothing by halves: the next one closes what it left, once and for all."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.accounts.revisions import kept_revision
from engine.core.replay import Difference, replay
from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier
from engine.store import Store
from tests.journeys.journey_world import (
    ACCOUNT,
    ALL_AT_ONCE,
    CALLED,
    LONESTAR,
    SHORT_BILLS,
    SPEED,
    TOKEN,
    answering,
    network,
    open_house,
    reservations,
)
from tests.journeys.other_process import Shown, environment, kept, served
from tests.unhurried import UnhurriedLoop
from tests.waiting import until

STOPPED = "the engine stopped in the middle of the call"
CALLERS = {
    "in the prompt": "+15125550101",
    "while it rings": "+15125550102",
    "in the bridge": "+15125550103",
    "after the bridge": "+15125550104",
}
FLOWS = {
    **SHORT_BILLS,
    "ring_timeout: 20s": "ring_timeout: 60s",
    "concurrent: 2,": "concurrent: 9,",
}


@dataclass
class Aftermath:
    """Four calls were cut by one kill -9. What was kept then, and after each restart, by caller."""

    at_the_kill: dict[str, Shown]
    restarted: dict[str, Shown]
    restarted_again: dict[str, Shown]
    by_another_worker: dict[str, Shown]
    reservations: dict[str, list[tuple[str, str]]]
    differences: list[Difference | None]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    """Made once: every start of a process takes its seconds."""
    folder = tmp_path_factory.mktemp("crash")
    with asyncio.Runner(loop_factory=UnhurriedLoop) as runner:
        return runner.run(_aftermath(folder, folder.with_name(f"{folder.name}-elsewhere")))


async def _aftermath(folder: Path, elsewhere: Path) -> Aftermath:
    await crash(folder)
    at_the_kill = await by_caller(folder)
    shutil.copytree(folder, elsewhere)
    restarted = await restart(folder)
    states = {"restarted": reservations(database(folder))}
    differences = await replayed(folder)
    restarted_again = await restart(folder)
    states["restarted again"] = reservations(database(folder))
    by_another = await restart(elsewhere, CORDBOARD_WORKER="worker-2")
    states["by another worker"] = reservations(database(elsewhere))
    return Aftermath(at_the_kill, restarted, restarted_again, by_another, states, differences)


async def crash(folder: Path) -> None:
    """Bring a caller to each of the moments, then kill the engine."""
    network(folder / "flows", FLOWS)
    async with LoopbackCarrier(ACCOUNT, TOKEN, speed=SPEED) as carrier:
        taking = BuyerPhone.answers(after_s=0.2, presses=[(0.1, "1")], talk_s=None)
        carrier.buyer(LONESTAR, taking, taking, BuyerPhone.noanswer())
        env = environment(folder, carrier.api_url, CORDBOARD_LEASE_S="10")
        async with served("tests.journeys.serving", str(folder / "flows"), str(SPEED), env=env) as engine:
            lead = Caller().presses(ALL_AT_ONCE)

            async def call(moment: str, caller: Caller, event: str) -> None:
                begun = carrier.begin_call(CALLERS[moment], CALLED, caller, voice_url=engine.voice_url)
                await has_come(
                    folder,
                    "SELECT 1 FROM calls JOIN journal USING (call)"
                    f" WHERE carrier_call = '{begun.sid}' AND event LIKE '%{event}%'",
                )

            await call("after the bridge", lead, "LegBridged")
            await call("in the bridge", lead, "LegBridged")
            await call("while it rings", lead, "LegRinging")
            await call("in the prompt", Caller(), "CallArrived")
            carrier.buyer_calls[0].end("buyer")
            await has_come(folder, "SELECT 1 FROM journal WHERE event LIKE '%LegEnded%'")
            await engine.killed()
        await carrier.settled()


async def restart(folder: Path, **more: str) -> dict[str, Shown]:
    """Another life of the engine, until every call is closed; what is kept then."""
    env = environment(folder, "http://127.0.0.1:9", **more)
    async with served("tests.journeys.serving", str(folder / "flows"), str(SPEED), env=env) as engine:
        await has_come(folder, "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM calls WHERE ended_at IS NULL)")
        assert await engine.stopped() == 0
    return await by_caller(folder)


async def replayed(folder: Path) -> list[Difference | None]:
    async with await Store.open(database(folder), "reader", lambda: 0, must_exist=True) as store:
        found = []
        for summary in await store.calls(100):
            revision = await kept_revision(store, summary.record.revision)
            assert revision is not None
            found.append(replay(await store.journal(summary.record.call), revision).difference)
        return found


async def by_caller(folder: Path) -> dict[str, Shown]:
    moments = {number: moment for moment, number in CALLERS.items()}
    calls = await kept(folder)
    for shown in calls:
        for lost in shown.get("lost_legs", ()):
            lost["ask_at"] = "soon"  # when exactly depends on when the engine was started
    return {moments[shown["from"]]: shown for shown in calls}


async def has_come(folder: Path, query: str) -> None:
    """Wait until the query finds something in the other process's database."""

    def found() -> bool:
        with contextlib.closing(sqlite3.connect(folder / "cordboard.db", timeout=60)) as connection:
            return connection.execute(query).fetchone() is not None

    await until(found)


def database(folder: Path) -> str:
    return f"sqlite:///{folder / 'cordboard.db'}"


def test_at_the_kill_every_call_is_open_and_nothing_is_billed(aftermath: Aftermath) -> None:
    assert set(aftermath.at_the_kill) == set(CALLERS)
    assert {shown["ended_by"] for shown in aftermath.at_the_kill.values()} == {None}
    assert all(shown["ledger"] == [] for shown in aftermath.at_the_kill.values())


@pytest.mark.parametrize("moment", CALLERS)
def test_the_record_of_a_killed_call_says_how_it_ended(aftermath: Aftermath, moment: str) -> None:
    shown = aftermath.restarted[moment]
    assert (shown["ended_by"], shown["reason"]) == ("error", STOPPED)
    assert shown["ended_at"] is not None
    assert all(leg["outcome"] and leg["ended_at_ms"] is not None for leg in shown["legs"])
    assert len(shown["legs"]) == (0 if moment == "in the prompt" else 1)


@pytest.mark.parametrize("moment", ["in the prompt", "while it rings", "in the bridge"])
def test_what_nobody_saw_end_is_not_billed(aftermath: Aftermath, moment: str) -> None:
    assert aftermath.restarted[moment]["ledger"] == []


def test_a_bridge_whose_end_was_kept_is_billed_in_full_and_once(aftermath: Aftermath) -> None:
    shown = aftermath.restarted["after the bridge"]
    (verdict,) = shown["verdicts"]
    assert (verdict["billable"], verdict["revenue"], verdict["payout"]) == (True, "45.00", "30.00")
    assert [(entry["kind"], entry["amount"]) for entry in shown["ledger"]] == [
        ("revenue", "45.00"),
        ("payout", "30.00"),
    ]


def test_no_reservation_is_held_after_a_restart(aftermath: Aftermath) -> None:
    for states in aftermath.reservations.values():
        assert len(states) == 3
        assert {state for _, state in states} <= {"used", "freed", "expired"}


def test_a_second_restart_changes_nothing(aftermath: Aftermath) -> None:
    assert aftermath.restarted_again == aftermath.restarted
    assert aftermath.reservations["restarted again"] == aftermath.reservations["restarted"]


def test_another_worker_closes_the_calls_alike_once_the_dead_ones_leases_are_over(
    aftermath: Aftermath,
) -> None:
    def lasting(shown: Shown) -> Shown:
        ledger = [{**entry, "entry": 0, "posted_at": "", "hash": ""} for entry in shown["ledger"]]
        # Whether the carrier's record was held against our times already is a matter of moments.
        moments = {"received_at": "", "finding": "", "finding_code": ""}
        records = [{**one, **moments} for one in shown["carrier_records"]]
        return {**shown, "ledger": ledger, "carrier_records": records}

    for moment, shown in aftermath.by_another_worker.items():
        assert lasting(shown) == lasting(aftermath.restarted[moment])


def test_calls_closed_after_a_crash_replay(aftermath: Aftermath) -> None:
    assert aftermath.differences == [None] * 4


async def test_an_engine_that_is_closed_in_a_call_ends_its_legs_and_keeps_its_record(tmp_path: Path) -> None:
    bridged = asyncio.Event()
    async with open_house(tmp_path, network(tmp_path / "flows", SHORT_BILLS)) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=None))
        house.engine.watch(
            lambda call, event, commands: type(event).__name__ == "LegBridged" and bridged.set()
        )
        house.begin(Caller().presses(ALL_AT_ONCE))
        await bridged.wait()
        carrier = house.carrier
    assert all(call.is_over for call in carrier.calls.values())
    assert {call.ended_by for call in carrier.calls.values()} == {"engine"}
    (shown,) = await kept(tmp_path)
    assert (shown["ended_by"], shown["reason"]) == ("error", "the engine was shut down")
    assert [(leg["outcome"], leg["ended_by"]) for leg in shown["legs"]] == [("completed", "error")]
    assert reservations(database(tmp_path)) == [("r1", "used")]

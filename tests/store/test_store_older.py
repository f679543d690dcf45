"""Databases of every earlier version, filled, are brought up to date with all that was in them in order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import text

from engine.store import Store
from engine.store.databases.database import Database, open_database
from engine.store.databases.transactions import Connection
from engine.store.migrations.upgrade import MIGRATIONS
from tests.store.store_world import START, Clock


def configured() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


pytestmark = pytest.mark.real_time  # PostgreSQL, which half of these open, can't be looked at

SCRIPTS = ScriptDirectory.from_config(configured())
VERSIONS = tuple(reversed([str(script.revision) for script in SCRIPTS.walk_revisions()]))

CANDIDATES = {
    "one": [{"buyer": "lonestar", "eligible": True}, {"buyer": "redriver", "eligible": False}],
    "none": [{"buyer": "lonestar", "eligible": False}],
}
LEG = {"dialled_at": 9_100, "answered_at": 12_000, "accepted_at": 15_000, "ended_at": 110_250}
UNANSWERED = {"dialled_at": 9_100, "answered_at": None, "accepted_at": None, "ended_at": 20_000}


def rows_of_the_first_version() -> list[tuple[str, dict[str, object]]]:
    """A billed call with a correction, one that nobody took, one that goes on."""
    found: list[tuple[str, dict[str, object]]] = []
    for call, ended_at, state in (("a", START, "used"), ("b", START, "freed"), ("c", None, "used")):
        found += [
            ("calls", call_row(call, ended_at)),
            ("journal", {"call": call, "seq": 0, "at_ms": 0, "event": "{}", "commands": "[]"}),
            ("steps", {"call": call, "seq": 0, "n": 0, "node": "ask_zip", "exit": "next", "body": "{}"}),
            ("answers", {"call": call, "seq": 0, "n": 1, "name": "zip", "body": "{}"}),
            ("faults", {"call": call, "seq": 0, "n": 2, "where_at": "prompt", "body": "{}"}),
            ("decisions", decision_row(call, "none" if call == "b" else "one")),
            ("legs", leg_row(call, UNANSWERED if call == "b" else LEG)),
            ("reservations", place_row(call, state)),
        ]
    found.append(("verdicts", verdict_row("a")))
    for kind, party, amount, corrects in (
        ("revenue", "lonestar", 45_000_000, None),
        ("payout", "radio-tx", 30_000_000, None),
        ("correction", "lonestar", -5_000_000, 1),
    ):
        entry = {"call": "a", "kind": kind, "party": party, "buyer": "lonestar", "corrects": corrects}
        found.append(("ledger", {**entry, "amount_micros": amount, "currency": "USD", "posted_at": START}))
    return found


def rows_of_later_versions(version: str) -> list[tuple[str, dict[str, object]]]:
    """What the tables hold that were new since then, and facts of a call of that version."""
    later = call_row("d", START)
    decision, leg = decision_row("d", "one"), leg_row("d", LEG)
    if version >= "0008":
        decision["qualified"] = True
        leg |= {f"{name}_ms": LEG[name] for name in ("accepted_at", "ended_at")}
    if version >= "0009":
        decision["eligible"], leg["answered_at_ms"] = '["lonestar"]', LEG["answered_at"]
    found: list[tuple[str, dict[str, object]]] = [("calls", later), ("decisions", decision), ("legs", leg)]
    place = {"call": "a", "seq": 0, "n": 3, "body": "{}"}
    step = {"buyer": "lonestar", "campaign": "", "action": "pause", "why": "full", "made_by": "desk"}
    dispute = {
        "call": "a",
        "buyer": "lonestar",
        "clause": "",
        "reason": "",
        "says": "wrong",
        "proposal": '{"outcome": "reject", "amount": "45.00", "sentences": ["It was true."]}',
    }
    recording = {"recording": "r", "path": "p", "format": "wav", "channels": "both", "started_at_ms": 0}
    recorded = {
        **recording,
        "type": "Recording",
        "at": 0,
        "announcement": None,
        "announced_at": None,
        "keep_ms": None,
    }
    del recorded["started_at_ms"]
    letter = {"webhook": "crm", "call": "a", "event": "billed", "delivery": "d1", "body": "{}"}
    since = {
        "0002": [("pauses", {**step, "made_at": START})],
        "0003": [
            ("turns", {**place, "node": "hours", "exit": "open"}),
            ("tags", {**place, "name": "lead", "value": "hot"}),
            ("consents", {**place, "answer": "ok", "version": "1", "granted": True}),
        ],
        "0004": [
            (
                "carrier_records",
                {"call": "a", "leg": "buyer-1", "carrier": "twilio", "duration_ms": 1, "received_at": 1},
            ),
            ("disputes", {**dispute, "opened_by": "lonestar", "opened_at": START}),
            (
                "dispute_decisions",
                {
                    "dispute": 1,
                    "outcome": "rejected",
                    "amount_micros": 0,
                    "why": "",
                    "made_by": "desk",
                    "made_at": START,
                },
            ),
        ],
        "0005": [("recordings", {"call": "a", "seq": 0, "n": 4, "body": json.dumps(recorded), **recording})],
        "0006": [("voicemails", {**place, "n": 5, "recording": "r", "voiced": True})],
        "0007": [
            ("webhooks", {"name": "crm", "body": '{"url":"https://crm.example.com","events":["billed"]}'}),
            ("outbox", {**letter, "made_at": START, "due_at": START}),
        ],
    }
    return found + [row for number, rows in since.items() if number <= version for row in rows]


def call_row(call: str, ended_at: int | None) -> dict[str, object]:
    numbers = {"from_number": "+15125550123", "to_number": "+15550100"}
    lived = {
        "seed": 7,
        "started_at": START,
        "ended_at": ended_at,
        "worker": "w",
        "life": "l",
        "lease_until": 0,
    }
    of = {"flow": "roofing", "revision": "sha256:aa", "campaign": "roofing", "publisher": "radio-tx"}
    return {"call": call, "carrier": "twilio", "carrier_call": f"CA{call}", **numbers, **of, **lived}


def decision_row(call: str, which: str) -> dict[str, object]:
    body = json.dumps({"candidates": CANDIDATES[which]})
    return {"call": call, "seq": 1, "n": 0, "campaign": "roofing", "chosen": None, "body": body}


def leg_row(call: str, times: dict[str, int | None]) -> dict[str, object]:
    bridged = times["accepted_at"]
    told = {"buyer": "lonestar", "outcome": "completed", "bridged_at_ms": bridged, "body": json.dumps(times)}
    return {"call": call, "leg": "buyer-1", "seq": 2, "n": 0, **told}


def place_row(call: str, state: str) -> dict[str, object]:
    of = {"call": call, "reservation": "r1", "buyer": "lonestar", "price_micros": 45_000_000}
    return {**of, "state": state, "made_at": START, "lease_until": 0}


def verdict_row(call: str) -> dict[str, object]:
    of = {"call": call, "seq": 3, "n": 0, "leg": "buyer-1", "buyer": "lonestar", "billable": True}
    money = {"revenue_micros": 45_000_000, "payout_micros": 30_000_000, "currency": "USD"}
    return {**of, "reason": "billable", **money, "body": "{}"}


async def put(database: Database, rows: list[tuple[str, dict[str, object]]]) -> None:
    async def work(connection: Connection) -> None:
        for table, row in rows:
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            # The names are the test's own.
            await connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)

    await database.write(work)


async def read(database: Database, query: str) -> list[tuple[object, ...]]:
    async def work(connection: Connection) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await connection.execute(text(query))]

    return await database.read(work)


async def bring_to(database: Database, version: str) -> None:
    def change(connection: SqlConnection) -> None:
        config = configured()
        config.attributes["connection"] = connection
        command.upgrade(config, version)

    await database.change_tables(change)


@pytest.fixture(params=["sqlite", "postgresql"])
def older_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cordboard.db'}"
    return str(request.getfixturevalue("empty_url"))


@pytest.mark.parametrize("version", VERSIONS[:-1])
async def test_what_an_older_version_kept_is_in_order_in_the_newest(older_url: str, version: str) -> None:
    database = await open_database(older_url, False)
    await bring_to(database, VERSIONS[0])
    await put(database, rows_of_the_first_version())
    await bring_to(database, version)
    await put(database, rows_of_later_versions(version))
    async with await Store.open(older_url, "worker-1", Clock()) as store:
        checks = await store.verify_ledger()
        summaries = {one.record.call: one for one in await store.calls(10)}
        (figures,) = await store.books.buyer_figures(0)
        assert len(await store.pauses()) == (version >= "0002")
        assert len(await store.disputes()) == (version >= "0004")
        assert len(await store.recordings("a")) == (version >= "0005")
        assert (await store.outbox.counts())["waiting"] == (version >= "0007")
    assert [(check.party, check.entries, check.holds) for check in checks] == [
        ("lonestar", 2, True),
        ("radio-tx", 1, True),
    ]
    assert (summaries["a"].revenue_micros, summaries["a"].payout_micros) == (40_000_000, 30_000_000)
    assert (figures.offered, figures.answered, figures.connected, figures.billed) == (4, 3, 3, 1)
    assert await read(
        database,
        "SELECT call, became, amount_micros, payout_micros, campaign, publisher FROM reservations ORDER BY call",
    ) == [
        ("a", "billed", 40_000_000, 30_000_000, "roofing", "radio-tx"),  # as it was corrected before
        ("b", "nothing", 0, 0, "roofing", "radio-tx"),
        ("c", "pending", 45_000_000, 0, "roofing", "radio-tx"),
    ]
    currencies = "SELECT call, currency FROM reservations ORDER BY call"
    assert await read(database, currencies) == [("a", "USD"), ("b", ""), ("c", "")]
    times = "SELECT call, answered_at_ms, accepted_at_ms, ended_at_ms FROM legs ORDER BY call"
    talked = (12_000, 15_000, 110_250)
    assert await read(database, times) == [
        ("a", *talked),
        ("b", None, None, 20_000),
        ("c", *talked),
        ("d", *talked),
    ]
    found = await read(database, "SELECT call, qualified, eligible FROM decisions ORDER BY call")
    assert [(call, bool(qualified), eligible) for call, qualified, eligible in found] == [
        ("a", True, '["lonestar"]'),
        ("b", False, None),
        ("c", True, '["lonestar"]'),
        ("d", True, '["lonestar"]'),
    ]
    await database.close()

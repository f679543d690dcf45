"""A database of the first version is brought up to date with its money in order."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from engine.store import Store
from engine.store.upgrade import MIGRATIONS
from tests.store.store_world import START, Clock

CALL = (
    "INSERT INTO calls (call, carrier, carrier_call, from_number, to_number, flow, revision, campaign, "
    "publisher, seed, started_at, ended_at, worker, life, lease_until) VALUES "
    "(?, 'twilio', 'CA', '+15125550123', '+15550100', 'roofing', 'sha256:aa', 'roofing', 'radio-tx', 7, ?, ?, 'w', 'l', 0)"
)
PLACE = "INSERT INTO reservations VALUES (?, 'r1', 'lonestar', 45000000, ?, ?, 0, NULL)"
VERDICT = "INSERT INTO verdicts VALUES (?, 1, 0, 'buyer-1', 'lonestar', 1, 'billable', 45000000, 30000000, 'USD', '{}')"
ENTRY = (
    "INSERT INTO ledger (call, kind, party, buyer, amount_micros, currency, posted_at, corrects) "
    "VALUES (?, ?, ?, 'lonestar', ?, 'USD', ?, ?)"
)


def first_version(path: Path) -> None:
    """One billed call with a correction, one that was not taken, one that goes on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(path) as file:
        for call, ended_at, state in (("a", START, "used"), ("b", START, "freed"), ("c", None, "used")):
            file.execute(CALL, (call, START, ended_at))
            file.execute(PLACE, (call, state, START))
        file.execute(VERDICT, ("a",))
        file.execute(ENTRY, ("a", "revenue", "lonestar", 45_000_000, START, None))
        file.execute(ENTRY, ("a", "payout", "radio-tx", 30_000_000, START, None))
        file.execute(ENTRY, ("a", "correction", "lonestar", -5_000_000, START, 1))
    file.close()


async def test_what_stands_is_chained_and_places_are_what_they_became(tmp_path: Path) -> None:
    path = tmp_path / "cordboard.db"
    first_version(path)
    async with await Store.open(f"sqlite:///{path}", "worker-1", Clock()) as store:
        checks = await store.verify_ledger()
        assert [(check.party, check.entries, check.sentence) for check in checks] == [
            ("lonestar", 2, ""),
            ("radio-tx", 1, ""),
        ]
        (a, *_) = [one for one in await store.calls(10) if one.record.call == "a"]
        assert a.revenue_micros == 40_000_000
    file = sqlite3.connect(path)
    places = file.execute(
        "SELECT call, became, amount_micros, payout_micros, campaign, publisher FROM reservations ORDER BY call"
    ).fetchall()
    file.close()
    assert places == [
        ("a", "billed", 45_000_000, 30_000_000, "roofing", "radio-tx"),
        ("b", "nothing", 0, 0, "roofing", "radio-tx"),
        ("c", "pending", 45_000_000, 0, "roofing", "radio-tx"),
    ]

"""Reservations on SQLite: one after another, and of many calls at once.

Ours is all that a call gets: its journal known to be kept, the buyer's caps and pauses looked at, the place
taken, on disk. The baseline is what any engine would have to do, with bare sqlite3, each place in a
transaction of its own. Ours and the baseline take turns, for the disk is not the same from second to second.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

from engine.core.events import CallArrived
from engine.core.limits import ScopedLimits, Window
from engine.exchange.caps import Caps
from engine.store import Store
from engine.store.tables.reservations import Granted, ReservationRequest

from .core import _figure

BASELINE = "bare sqlite3: the same counts read and the same row written in one transaction each"
AT_ONCE = 64
ROUNDS = 4

_STARTED_AT = 1_795_446_000_000
_STARTS: dict[Window, int] = dict.fromkeys(("hour", "day", "month"), _STARTED_AT - 1)
_CAPS = Caps(concurrent=1_000_000, day=1_000_000, month=1_000_000, day_spend_micros=10**15)


async def figures(count: int) -> list[dict[str, object]]:
    """Three figures of so many reservations each."""
    with tempfile.TemporaryDirectory() as folder:
        bare = _bare(Path(folder) / "bare.db")
        url = f"sqlite:///{Path(folder) / 'ours.db'}"
        async with await Store.open(url, "benchmark", lambda: _STARTED_AT) as store:
            names = [f"c{number}" for number in range(2 * count)]
            for name in names:
                store.append(name, 0, CallArrived(0, name, "b", name, "", "+15550100", _STARTED_AT, 1))
            await store.flush()
            alone_s = together_s = bare_s = cpu_s = 0.0
            for part in range(ROUNDS):
                mine, theirs = names[part:count:ROUNDS], names[count + part :: ROUNDS]
                cpu_s -= time.process_time()
                alone_s += await _one_after_another(store, mine)
                cpu_s += time.process_time()
                bare_s += _bare_reservations(bare, mine)
                together_s += await _at_once(store, theirs)
        bare.close()
    alone, together, baseline = count / alone_s, count / together_s, count / bare_s
    what = "reservations under five caps"
    return [
        _figure(f"{what}, one after another, on SQLite", "per second", alone, baseline, BASELINE),
        _figure(f"{what}, {AT_ONCE} calls at once, on SQLite", "per second", together, baseline, BASELINE),
        _figure(f"{what}, of one", "CPU ms", cpu_s / count * 1000, None, None),
    ]


async def _one_after_another(store: Store, names: list[str]) -> float:
    before = time.perf_counter()
    for name in names:
        assert isinstance(await store.reserve(_request(name)), Granted)
    return time.perf_counter() - before


async def _at_once(store: Store, names: list[str]) -> float:
    before = time.perf_counter()
    for first in range(0, len(names), AT_ONCE):
        some = names[first : first + AT_ONCE]
        granted = await asyncio.gather(*(store.reserve(_request(name)) for name in some))
        assert all(isinstance(one, Granted) for one in granted)
    return time.perf_counter() - before


def _buyer(name: str) -> str:
    return f"b{int(name[1:]) % 10}"


def _request(name: str) -> ReservationRequest:
    return ReservationRequest(
        reservation="r1",
        call=name,
        buyer=_buyer(name),
        price_micros=45_000_000,
        now_ms=_STARTED_AT,
        lease_ms=30_000,
        scopes=(ScopedLimits("buyer", _buyer(name), _CAPS.limits(), _STARTS),),
    )


def _bare(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute(
        "CREATE TABLE reservations (call TEXT, reservation TEXT, buyer TEXT, price_micros INTEGER,"
        " state TEXT, made_at INTEGER, lease_until INTEGER, settled_at INTEGER,"
        " PRIMARY KEY (call, reservation))"
    )
    connection.execute("CREATE INDEX by_buyer ON reservations (buyer, state, made_at)")
    return connection


def _bare_reservations(connection: sqlite3.Connection, names: list[str]) -> float:
    """What any engine would have to do: count under the caps and add the row, atomically and durably."""
    before = time.perf_counter()
    for name in names:
        buyer = _buyer(name)
        connection.execute("BEGIN IMMEDIATE")
        held, spent = connection.execute(
            "SELECT count(*), coalesce(sum(price_micros), 0) FROM reservations"
            " WHERE buyer = ? AND state IN ('held', 'used') AND made_at >= ?",
            (buyer, _STARTED_AT - 1),
        ).fetchone()
        assert max(held, spent // 10**9) < 1_000_000
        row = (name, "r1", buyer, 45_000_000, "held", _STARTED_AT, _STARTED_AT + 30_000, None)
        connection.execute("INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.execute("COMMIT")
    return time.perf_counter() - before

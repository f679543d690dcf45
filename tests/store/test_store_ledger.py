"""The ledger takes each bill once and never changes a row."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from engine.core.commands import Record
from engine.core.records import changed
from engine.store import BillDiffers, Store
from tests.store.store_world import PAYOUT, REVENUE, START, VERDICT, OpenStore, arrived


async def test_posting_twice_returns_the_same_entries_and_writes_nothing(store: Store) -> None:
    await store.open_call(arrived())
    first = await store.post("call-1", (REVENUE, PAYOUT), START)
    assert await store.post("call-1", (REVENUE, PAYOUT), START + 60_000) == first
    assert await store.post("call-1", (PAYOUT,), START + 60_000) == first[1:]
    view = await store.call("call-1")
    assert view is not None
    assert [(entry.entry, entry.posted_at) for entry in view.ledger] == [(1, START), (2, START)]


async def test_two_workers_that_post_at_once_make_one_bill(open_store: OpenStore) -> None:
    one, two = await open_store("worker-1"), await open_store("worker-2")
    await one.open_call(arrived())
    posts = await asyncio.gather(
        *(store.post("call-1", (REVENUE, PAYOUT), START) for store in (one, two) * 5)
    )
    assert set(posts) == {(1, 2)}


async def test_entry_numbers_go_up_and_are_never_given_twice(store: Store) -> None:
    numbers: list[int] = []
    for n in range(5):
        await store.open_call(arrived(f"call-{n}"))
        numbers += await store.post(f"call-{n}", (REVENUE, PAYOUT), START)
        await store.post(f"call-{n}", (REVENUE,), START)
    assert numbers == sorted(set(numbers))


async def test_another_amount_for_the_same_bill_is_refused_whole(store: Store) -> None:
    await store.open_call(arrived())
    await store.post("call-1", (REVENUE,), START)
    with pytest.raises(BillDiffers, match="entry 1 with 45000000 micros USD"):
        await store.post("call-1", (PAYOUT, changed(REVENUE, amount_micros=1)), START)
    view = await store.call("call-1")
    assert view is not None
    assert [entry.kind for entry in view.ledger] == ["revenue"]


@pytest.mark.parametrize("table", ["ledger", "verdicts"])
@pytest.mark.parametrize("change", ["UPDATE {} SET buyer = 'redriver'", "DELETE FROM {}"])
async def test_money_is_append_only(store: Store, tmp_path: Path, table: str, change: str) -> None:
    await store.open_call(arrived())
    store.append_commands("call-1", 0, [Record(VERDICT)])
    await store.post("call-1", (REVENUE,), START)
    stranger = sqlite3.connect(tmp_path / "cordboard.db")
    try:
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            stranger.execute(change.format(table))
    finally:
        stranger.close()


async def test_a_second_bill_is_refused_by_the_database_itself(store: Store, tmp_path: Path) -> None:
    await store.open_call(arrived())
    await store.post("call-1", (REVENUE,), START)
    copy = (
        "INSERT INTO ledger (call, kind, party, buyer, amount_micros, currency, posted_at, corrects) "
        "SELECT call, {}, party, buyer, -5000000, currency, posted_at, {} FROM ledger"
    )
    stranger = sqlite3.connect(tmp_path / "cordboard.db", isolation_level=None)
    try:
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            stranger.execute(copy.format("kind", "NULL"))
        with pytest.raises(sqlite3.IntegrityError, match="ck_ledger_corrects"):
            stranger.execute(copy.format("'correction'", "NULL"))
        stranger.execute(copy.format("'correction'", "entry"))
    finally:
        stranger.close()
    (summary,) = await store.calls(10)
    assert summary.revenue_micros == 40_000_000  # a correction counts with what it corrects


async def test_a_bill_needs_a_call(store: Store) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"):
        await store.post("never-opened", (REVENUE,), START)

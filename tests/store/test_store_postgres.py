"""The same store on a real PostgreSQL server: the stories of the other files, and what only it can show."""

# ruff: noqa: F401  fixtures of the other files, for their stories that are told again here

from __future__ import annotations

import asyncio
import inspect
import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from engine.store import CorrectionRefused, FlushFailed, Granted, Refused, Store, StoreMissing, UnusableUrl
from engine.store.databases.database import open_database, wait_for_turn
from engine.store.databases.transactions import Connection as StoreConnection
from engine.store.tables import journal
from engine.store.tables.schema import APPEND_ONLY, metadata
from tests.runtime.kept_calls import kept_call
from tests.store import (
    test_store_audits,
    test_store_caps,
    test_store_journal,
    test_store_ledger,
    test_store_marks,
    test_store_outbox,
    test_store_recordings,
    test_store_recovery,
    test_store_reports,
    test_store_reservations,
    test_store_same_caller,
    test_store_standings,
    test_store_views,
)
from tests.store.store_world import Clock, OpenStore, Server, arrived, bill, open_call
from tests.store.test_store_ledger import finished, wanted
from tests.store.test_store_reports import three
from tests.store.test_store_reservations import ask, open_calls

STORIES = (
    test_store_audits,
    test_store_caps,
    test_store_journal,
    test_store_ledger,
    test_store_marks,
    test_store_outbox,
    test_store_recordings,
    test_store_recovery,
    test_store_reports,
    test_store_reservations,
    test_store_same_caller,
    test_store_standings,
    test_store_views,
)


def told_again() -> dict[str, object]:
    """The stories that look at the store alone, not into its file; each under its own name."""
    found: dict[str, object] = {}
    for module in STORIES:
        for name, story in vars(module).items():
            if not name.startswith("test_") or not inspect.iscoroutinefunction(story):
                continue
            if "tmp_path" not in inspect.signature(story).parameters:
                assert name not in found, name
                found[name] = story
    return found


globals().update(told_again())

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def tables(server: Server) -> str:
    """A database that was brought up to date once, and is copied for each test."""
    server.psql("CREATE DATABASE tables")

    async def make() -> None:
        await (await Store.open(server.get_uri("tables"), "worker", Clock())).close()

    asyncio.run(make())
    return "tables"


@pytest.fixture
def url(server: Server, tables: str) -> str:
    """A database of the test's own."""
    name = f"calls_{next(_NUMBERS)}"
    server.psql(f"CREATE DATABASE {name} TEMPLATE {tables}")
    return server.get_uri(name)


async def test_the_migrated_tables_are_those_of_the_code(store: Store, url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        for table in APPEND_ONLY:
            with pytest.raises(DBAPIError, match=f"{table} is append-only"):
                await connection.execute(text(f"DELETE FROM {table}"))
            await connection.rollback()
    await engine.dispose()


async def test_workers_that_open_at_once_make_one_set_of_tables(empty_url: str, clock: Clock) -> None:
    stores = await asyncio.gather(*(Store.open(empty_url, f"worker-{n}", clock) for n in range(4)))
    await open_call(stores[0], arrived())
    assert await stores[3].find("call") == "call-1"
    for store in stores:
        await store.close()


async def test_many_workers_never_pass_a_cap_nor_wait_for_each_other_for_ever(
    open_store: OpenStore, clock: Clock
) -> None:
    from engine.exchange.caps import Caps, Spending

    workers = [await open_store(f"worker-{n}") for n in range(4)]
    names = await open_calls(workers[0], 40)
    caps = Caps(concurrent=9, spend=Spending(day_micros=7 * 45_000_000))

    async def one(number: int, name: str) -> Granted | Refused:
        worker = workers[number % 4]
        answer = await worker.reserve(ask(name, clock, caps))
        await worker.renew([name], clock() + 60_000)
        return answer

    answers = await asyncio.gather(*(one(number, name) for number, name in enumerate(names)))
    assert sum(isinstance(answer, Granted) for answer in answers) == 7


async def test_workers_that_bill_at_once_make_one_chain(open_store: OpenStore) -> None:
    workers = [await open_store(f"worker-{n}") for n in range(4)]

    async def calls(number: int) -> None:
        for n in range(6):
            await finished(workers[number], f"call-{number}-{n}")

    await asyncio.gather(*(calls(number) for number in range(4)))
    heads = await workers[0].verify_ledger()
    assert [(head.party, head.entries, head.code) for head in heads] == [
        ("lonestar", 24, "holds"),
        ("radio-tx", 24, "holds"),
    ]


async def test_of_workers_that_take_over_one_call_one_succeeds(open_store: OpenStore, clock: Clock) -> None:
    workers = [await open_store(f"worker-{n}") for n in range(4)]
    await open_call(workers[0], arrived())
    clock.pass_ms(10**6)
    taken = await asyncio.gather(*(worker.take_over("call-1") for worker in workers[1:]))
    assert sorted(taken) == [False, False, True]


async def test_a_whole_call_is_kept_shown_and_corrected(store: Store) -> None:
    await kept_call(store)
    view = await store.call("call-1")
    assert view is not None
    assert [entry.amount_micros for entry in view.ledger] == [45_000_000, 30_000_000]
    with pytest.raises(CorrectionRefused):
        await store.correct(wanted(45_000_000))
    await store.correct(wanted(0))
    (figures,) = await store.books.buyer_figures(0)
    assert (figures.billed, figures.revenue) == (0, {"USD": 0})
    assert [summary.billable for summary in await store.calls(10)] == [False]
    assert await bill(store, "call-1") == (1, 2, 3)


async def test_a_reader_does_not_make_tables(empty_url: str, clock: Clock) -> None:
    with pytest.raises(StoreMissing, match="no calls at postgresql://"):
        await Store.open(empty_url, "reader", clock, must_exist=True)


async def test_a_password_is_not_told(clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(UnusableUrl) as refused:
        await Store.open(f"postgresql://me:secret@/none?host={tmp_path}", "worker-1", clock)
    assert "secret" not in str(refused.value)


async def test_a_write_that_ended_a_deadlock_is_done_again(url: str) -> None:
    one, two = await open_database(url, False), await open_database(url, False)
    met = asyncio.Barrier(2)
    attempts: list[str] = []

    async def crossing(connection: StoreConnection, first: str, then: str) -> str:
        attempts.append(first)
        await wait_for_turn(connection, first)
        if len(attempts) <= 2:
            await met.wait()
        await wait_for_turn(connection, then)
        return first

    told = await asyncio.gather(
        one.write(lambda connection: crossing(connection, "a", "b")),
        two.write(lambda connection: crossing(connection, "b", "a")),
    )
    assert told == ["a", "b"]
    assert len(attempts) == 3
    await one.close()
    await two.close()


async def test_rows_wait_while_the_server_throws_us_out(
    store: Store, url: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was appended is written once the server takes it again, and no call is refused for it."""
    thrown: list[str] = []
    write = journal.write

    async def thrown_out_once(connection: StoreConnection, *rest: object) -> bool:
        if not thrown:
            thrown.append(url)
            mine = await connection.execute(text("SELECT pg_backend_pid()"))
            await asyncio.to_thread(server.psql, f"SELECT pg_terminate_backend({mine.scalar_one()})")
        return await write(connection, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "write", thrown_out_once)
    store.append("call-1", 0, arrived())
    with pytest.raises(FlushFailed, match="tried again"):
        await store.flush("call-1")
    await store.flush("call-1")
    assert await store.find("call-1") == "call-1"
    assert thrown

"""One thread writes a SQLite file: what waits stands in one transaction, and nothing is told before its commit."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, event, text

from engine.store import Store
from engine.store.databases.sqlite import SqliteDatabase
from engine.store.databases.transactions import Connection
from engine.store.errors import DatabaseFails

PROCESS = """
import asyncio, sys
from engine.exchange.caps import Caps
from engine.store import Granted, Store
from tests.store.store_world import Clock, arrived
from tests.store.test_store_reservations import ask

async def main(url, worker, calls, cap):
    clock = Clock()
    async with await Store.open(url, worker, clock) as store:
        for number in range(calls):
            first = arrived(f"{worker}-{number}")
            store.append(first.call, 0, first)
        await store.flush()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

        async def one(number):
            name = f"{worker}-{number}"
            if isinstance(await store.reserve(ask(name, clock, Caps(day=cap))), Granted):
                print(name, flush=True)

        await asyncio.gather(*(one(number) for number in range(calls)))

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""


@pytest.fixture
async def notes(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A file with one table: notes(name)."""
    database = SqliteDatabase(tmp_path / "notes.db")
    await database.change_tables(lambda connection: made(connection))
    yield database
    await database.close()


def made(connection: SqlConnection) -> None:
    connection.execute(text("CREATE TABLE notes (name TEXT PRIMARY KEY, body BLOB)"))


@pytest.fixture
def commits() -> Iterator[list[str]]:
    """Grows by one with every commit of this process."""
    counted: list[str] = []

    def count(connection: SqlConnection) -> None:
        counted.append(str(connection.engine.url))

    event.listen(Engine, "commit", count)
    yield counted
    event.remove(Engine, "commit", count)


async def note(connection: Connection, name: str, size: int = 1) -> str:
    await connection.execute(
        text("INSERT INTO notes VALUES (:name, zeroblob(:size))"), {"name": name, "size": size}
    )
    return name


async def names(database: SqliteDatabase) -> list[str]:
    async def work(connection: Connection) -> list[str]:
        rows = await connection.execute(text("SELECT name FROM notes ORDER BY name"))
        return [name for (name,) in rows]

    return await database.read(work)


def begin(path: Path) -> sqlite3.Connection:
    """Another program that keeps the file."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


async def test_what_waits_together_is_committed_together(notes: SqliteDatabase, commits: list[str]) -> None:
    other = begin(notes.path)
    writes = [asyncio.ensure_future(notes.write(lambda c, n=n: note(c, f"n{n:02d}"))) for n in range(20)]
    await asyncio.sleep(0)  # all of them are asked for
    other.execute("COMMIT")
    other.close()
    assert await asyncio.gather(*writes) == [f"n{n:02d}" for n in range(20)]
    assert len(commits) < 20
    assert await names(notes) == [f"n{n:02d}" for n in range(20)]


async def test_of_what_stands_together_a_failure_undoes_its_own_work_alone(notes: SqliteDatabase) -> None:
    async def two_of_one_name(connection: Connection) -> None:
        await note(connection, "first")
        await note(connection, "first")

    other = begin(notes.path)
    writes = [
        asyncio.ensure_future(notes.write(work))
        for work in (lambda c: note(c, "before"), two_of_one_name, lambda c: note(c, "after"))
    ]
    await asyncio.sleep(0)
    other.execute("COMMIT")
    other.close()
    before, failed, after = await asyncio.gather(*writes, return_exceptions=True)
    assert (before, after) == ("before", "after")
    assert isinstance(failed, Exception)
    assert "UNIQUE" in str(failed)
    assert await names(notes) == ["after", "before"]


async def test_a_full_disk_fails_all_that_stood_in_the_transaction_and_nothing_after(
    notes: SqliteDatabase,
) -> None:
    async def small_disk(connection: Connection) -> None:
        await connection.execute(text("PRAGMA max_page_count = 50"))

    async def large_disk(connection: Connection) -> None:
        await connection.execute(text("PRAGMA max_page_count = 100000"))

    await notes.write(small_disk)
    other = begin(notes.path)
    sizes = {"small": 1, "huge": 10**6, "later": 1}
    writes = [
        asyncio.ensure_future(notes.write(lambda c, name=name, size=size: note(c, name, size)))
        for name, size in sizes.items()
    ]
    await asyncio.sleep(0)
    other.execute("COMMIT")
    other.close()
    ends = await asyncio.gather(*writes, return_exceptions=True)
    told = [end for end in ends if isinstance(end, str)]
    assert "full" in str(ends[1])
    assert await names(notes) == sorted(told)
    await notes.write(large_disk)
    await notes.write(lambda connection: note(connection, "huge", 10**6))
    assert "huge" in await names(notes)


async def test_who_gives_up_waiting_leaves_nothing_behind(notes: SqliteDatabase) -> None:
    other = begin(notes.path)
    waiting = [asyncio.ensure_future(notes.write(lambda c, n=n: note(c, f"n{n}"))) for n in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.sleep(0)
    other.execute("COMMIT")
    other.close()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await names(notes) == ["n0", "n2"]


async def test_a_file_that_somebody_keeps_is_waited_for_and_then_told_of(
    notes: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.databases.sqlite.BUSY_TIMEOUT_MS", 50)
    other = begin(notes.path)
    with pytest.raises(DatabaseFails, match="is locked .* stop that program"):
        await notes.write(lambda connection: note(connection, "late"))
    other.execute("COMMIT")
    other.close()
    await notes.write(lambda connection: note(connection, "in time"))
    assert await names(notes) == ["in time"]


async def test_work_that_waits_for_something_else_is_refused(notes: SqliteDatabase) -> None:
    async def sleeps(connection: Connection) -> None:
        await note(connection, "half")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="something else than its connection"):
        await notes.write(sleeps)
    assert await names(notes) == []


async def process(url: str, worker: str, calls: int, cap: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROCESS,
        url,
        worker,
        str(calls),
        str(cap),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )


async def test_processes_on_one_file_together_never_pass_a_cap(store: Store, url: str) -> None:
    workers = [await process(url, f"w{number}", 40, 50) for number in range(3)]
    for worker in workers:
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n"
    ends = await asyncio.gather(*(worker.communicate(b"go\n") for worker in workers))
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sum(len(out.split()) for out, _ in ends) == 50


async def test_what_was_granted_stands_whoever_is_killed(store: Store, url: str, tmp_path: Path) -> None:
    worker = await process(url, "w", 400, 1_000)
    assert worker.stdin is not None
    assert worker.stdout is not None
    assert await worker.stdout.readline() == b"ready\n"
    worker.stdin.write(b"go\n")
    granted = [await worker.stdout.readline() for _ in range(30)]
    worker.kill()
    rest, _ = await worker.communicate()
    told = {name.decode().strip() for name in (*granted, *rest.splitlines())}
    with sqlite3.connect(tmp_path / "cordboard.db") as file:
        kept = {call for (call,) in file.execute("SELECT call FROM reservations WHERE state = 'held'")}
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()
    assert told <= kept

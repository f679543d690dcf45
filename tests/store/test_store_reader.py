"""Reads of a SQLite file: of one moment, by a few connections that change nothing, and given up at once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, event, text

from engine.store.databases.database import open_database
from engine.store.databases.sqlite import READERS, SqliteDatabase
from engine.store.databases.transactions import Connection
from engine.store.errors import DatabaseFails

ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")


async def opened(path: Path) -> SqliteDatabase:
    database = await open_database(f"sqlite:///{path}", must_exist=False)
    assert isinstance(database, SqliteDatabase)
    return database


@pytest.fixture
async def notes(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A file with one table: notes(name), in a folder whose name a URL would have to escape."""
    folder = tmp_path / "100% of calls #1"
    folder.mkdir()
    database = await opened(folder / "notes.db")
    await database.change_tables(made)
    yield database
    await database.close()


def made(connection: SqlConnection) -> None:
    connection.execute(text("CREATE TABLE notes (name TEXT PRIMARY KEY)"))


@pytest.fixture
def begun() -> Iterator[asyncio.Queue[str]]:
    """Gets the beginning of every statement of this process that reads, once a connection has it."""
    queue: asyncio.Queue[str] = asyncio.Queue()

    def put(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            queue.put_nowait(statement)

    event.listen(Engine, "before_cursor_execute", put)
    yield queue
    event.remove(Engine, "before_cursor_execute", put)


async def note(connection: Connection, name: str) -> None:
    await connection.execute(text("INSERT INTO notes VALUES (:name)"), {"name": name})


async def number(connection: Connection) -> int:
    return int((await connection.execute(text("SELECT count(*) FROM notes"))).scalar_one())


async def endless(connection: Connection) -> None:
    await connection.execute(ENDLESS)


async def test_a_read_of_several_statements_sees_one_moment(notes: SqliteDatabase) -> None:
    async def twice(connection: Connection) -> tuple[int, int]:
        before = await number(connection)
        await notes.write(lambda writing: note(writing, "meanwhile"))
        return before, await number(connection)

    assert await notes.read(twice) == (0, 0)
    assert await notes.read(number) == 1


async def test_more_reads_than_connections_are_all_answered(notes: SqliteDatabase) -> None:
    assert await asyncio.gather(*(notes.read(number) for _ in range(10 * READERS))) == [0] * 10 * READERS


async def test_a_read_cannot_write(notes: SqliteDatabase) -> None:
    with pytest.raises(DatabaseFails, match="readonly"):
        await notes.read(lambda connection: note(connection, "by the way"))
    assert await notes.read(number) == 0


async def test_an_error_of_the_work_leaves_the_connection_usable(notes: SqliteDatabase) -> None:
    async def fails(connection: Connection) -> None:
        await number(connection)
        raise LookupError("no such call")

    for _ in range(2 * READERS):
        with pytest.raises(LookupError, match="no such call"):
            await notes.read(fails)
    await notes.write(lambda connection: note(connection, "later"))
    assert await notes.read(number) == 1


async def test_who_gives_up_a_read_ends_it_and_frees_its_connection(
    notes: SqliteDatabase, begun: asyncio.Queue[str]
) -> None:
    for _ in range(3):
        reads = [asyncio.ensure_future(notes.read(endless)) for _ in range(READERS)]
        for _ in reads:
            assert (await begun.get()).startswith("WITH")
        for read in reads:
            read.cancel()
        ends = await asyncio.gather(*reads, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ends)
    assert await notes.read(number) == 0


@pytest.mark.parametrize("turns", range(0, 60, 5))
async def test_a_read_may_be_given_up_at_any_step(notes: SqliteDatabase, turns: int) -> None:
    """Before it has a connection, as it begins, between its statements, as it ends."""
    reads = [asyncio.ensure_future(notes.read(number)) for _ in range(2 * READERS)]
    for _ in range(turns):
        await asyncio.sleep(0)
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    assert await asyncio.gather(*(notes.read(number) for _ in range(2 * READERS))) == [0] * 2 * READERS


async def test_a_read_that_finds_all_readers_busy_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: asyncio.Queue[str]
) -> None:
    monkeypatch.setattr("engine.store.databases.sqlite.READ_WITHIN_S", 0.01)  # patience for a test
    database = await opened(tmp_path / "busy.db")
    reads = [asyncio.ensure_future(database.read(endless)) for _ in range(READERS)]
    for _ in reads:
        await begun.get()
    with pytest.raises(DatabaseFails, match=r"busy\.db .* all its readers; let one of them end") as failed:
        await database.read(number)
    assert failed.value.is_passing
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    await database.close()


async def test_closing_waits_for_what_is_being_read(notes: SqliteDatabase, begun: asyncio.Queue[str]) -> None:
    reads = [asyncio.ensure_future(notes.read(number)) for _ in range(2 * READERS)]
    await begun.get()
    await notes.close()
    assert await asyncio.gather(*reads) == [0] * 2 * READERS
    with pytest.raises(RuntimeError, match="was closed before"):
        await notes.read(number)


async def test_closing_does_not_wait_for_what_was_given_up(
    notes: SqliteDatabase, begun: asyncio.Queue[str]
) -> None:
    read = asyncio.ensure_future(notes.read(endless))
    await begun.get()
    read.cancel()
    await notes.close()
    assert read.cancelled()


async def test_a_file_that_is_gone_is_told_and_not_made_again(tmp_path: Path) -> None:
    database = await opened(tmp_path / "gone.db")
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(DatabaseFails, match=r"gone\.db can't be opened"):
        await database.read(number)
    await database.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_somebody_keeps_from_readers_too_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.databases.sqlite.BUSY_TIMEOUT_MS", 20)
    database = await opened(tmp_path / "kept.db")
    await database.change_tables(made)
    await database.close()
    other = sqlite3.connect(tmp_path / "kept.db", isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    database = SqliteDatabase(tmp_path / "kept.db")
    with pytest.raises(DatabaseFails, match=r"kept\.db is locked .* stop that program"):
        await database.read(number)
    other.execute("COMMIT")
    other.close()
    assert await database.read(number) == 0
    await database.close()


async def test_a_file_that_was_damaged_meanwhile_is_told(tmp_path: Path) -> None:
    database = await opened(tmp_path / "torn.db")
    await database.change_tables(made)
    await database.close()
    with (tmp_path / "torn.db").open("r+b") as pages:
        pages.seek(4096)
        pages.write(b"\xff" * 8192)
    database = SqliteDatabase(tmp_path / "torn.db")
    with pytest.raises(DatabaseFails, match=r"torn\.db is damaged .* restore the newest backup") as failed:
        await database.read(number)
    assert not failed.value.is_passing
    await database.close()

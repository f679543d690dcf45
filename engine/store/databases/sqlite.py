"""Everything that only SQLite needs: URLs, pragmas, transactions.

Theory: WAL lets readers go on beside the one writer. A writing transaction begins with BEGIN IMMEDIATE,
so it waits for its turn at the start and never fails half-way for having read first. Within a process
one thread writes (`sqlite_writer`), between processes each asks again and again for its turn.
synchronous=FULL: a commit that returned survives a power cut.
"""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from engine.store.databases.sqlite_failures import code_of, told
from engine.store.databases.sqlite_writer import Writer
from engine.store.databases.transactions import TablesChange, Work, done
from engine.store.errors import StoreMissing, UnusableUrl

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 10_000
READERS = 4
READERS_CACHE_KIB = 32_768  # of each; reports look up a call's rows by its name
_URL = re.compile(r"sqlite(?:\+aiosqlite)?:///(?P<path>.+)")
# recursive_triggers: else INSERT OR REPLACE would pass by the triggers that keep money append-only
_PRAGMAS = ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON")

T = TypeVar("T")


class Database:
    """One SQLite file, with transactions to read and to write in, in threads of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reading = _engine(path, READERS, (*_PRAGMAS, f"cache_size=-{READERS_CACHE_KIB}"))
        self._writing = _engine(path, 1, _PRAGMAS)
        event.listen(self._reading, "begin", _begin_to_read)
        event.listen(self._writing, "begin", _begin_to_write)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="cordboard-store-read")
        self._writer = Writer(self._writing)

    async def read(self, work: Work[T]) -> T:
        """Of one moment of the database, whatever is written meanwhile."""
        with told(self.path):
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def write(self, work: Work[T]) -> T:
        """In a transaction; the result is on disk, or an exception has undone the work."""
        with told(self.path):
            return await self._writer.write(work)

    async def change_tables(self, change: TablesChange) -> None:
        """In a transaction that nobody writes beside."""
        with told(self.path):
            await asyncio.to_thread(self._change_tables, change)

    async def close(self) -> None:
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        self._writing.dispose()
        self._reading.dispose()

    def _read(self, work: Work[T]) -> T:
        with self._reading.connect() as connection, connection.begin():
            return done(work, connection)

    def _change_tables(self, change: TablesChange) -> None:
        with self._writing.connect() as connection, connection.begin():
            change(connection)


async def open_database(url: str, must_exist: bool) -> Database:
    """The database at `sqlite:///relative.db` or `sqlite:////absolute.db`, made unless it `must_exist`."""
    path = path_of(url)
    try:
        has_file = await asyncio.to_thread(path.is_file)
        has_folder = await asyncio.to_thread(path.parent.is_dir)
    except OSError as error:
        raise UnusableUrl(f"{path} cannot be opened: {error}; let this user read its folder") from error
    if must_exist and not has_file:
        raise StoreMissing(f"no database at {path}; expected the one that `cordboard serve --db` wrote")
    if not has_folder:
        raise UnusableUrl(f"{url}: there is no folder {path.parent} to keep {path.name} in; make it first")
    await asyncio.to_thread(_use_wal, path)
    return Database(path)


def path_of(url: str) -> Path:
    """The file that the URL names."""
    match = _URL.fullmatch(url)
    if match is None or match["path"].startswith(":memory:") or "?" in match["path"]:
        shown = re.sub(r":[^@/]*@", ":***@", url)
        raise UnusableUrl(
            f"{shown!r} is no database; "
            "expected a file, as in sqlite:///cordboard.db, or postgresql://user@host/name"
        )
    return Path(match["path"])


def _use_wal(path: Path) -> None:
    """WAL is a property of the file. Several workers may start at once and meet in the switch."""
    with (
        told(path),
        closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)) as file,
    ):
        try:
            if _mode(file) == "wal":
                return
            # The switch itself does not wait its turn; an exclusive transaction before it does.
            file.execute("PRAGMA locking_mode=NORMAL")
            file.execute("BEGIN EXCLUSIVE")
            file.execute("COMMIT")
            file.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if _mode(file) != "wal":  # else another worker was quicker
                raise
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            raise UnusableUrl(f"{path} is no SQLite database: {error}") from error


def _mode(file: sqlite3.Connection) -> str:
    (mode,) = file.execute("PRAGMA journal_mode").fetchone()
    return str(mode)


def _engine(path: Path, connections: int, pragmas: Sequence[str]) -> Engine:
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # Transactions are begun below alone, not by the driver's guess from the statement.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    engine = create_engine(f"sqlite:///{path}", pool_size=connections, max_overflow=0)
    event.listen(engine, "connect", prepare)
    return engine


def _begin_to_read(connection: Connection) -> None:
    connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.exec_driver_sql("BEGIN")


def _begin_to_write(connection: Connection) -> None:
    """Wait for the turn, asking often: SQLite itself would ask ten times a second, and miss a busy file's."""
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if code_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up:
                raise
        else:
            return
        time.sleep(random.uniform(0.0005, 0.003))  # noqa: S311  not in step with the others

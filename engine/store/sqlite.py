"""Everything that only SQLite needs: URLs, pragmas, transactions.

Theory: WAL lets readers go on beside the one writer. A writing transaction begins with BEGIN IMMEDIATE,
so it waits for its turn at the start and never fails half-way for having read first. Within a process
writers queue at a lock, between processes at SQLite's own (busy_timeout). synchronous=FULL: a commit
that returned survives a power cut; grouped writes pay for it once in many rows.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from engine.store.errors import StoreMissing, UnusableUrl

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 10_000
_URL = re.compile(r"sqlite(?:\+aiosqlite)?:///(?P<path>.+)")
_WRITES = "cordboard_writes"
# recursive_triggers: else INSERT OR REPLACE would pass by the triggers that keep money append-only
_PRAGMAS = (
    "synchronous=FULL",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "foreign_keys=ON",
    "recursive_triggers=ON",
)


class Database:
    """One SQLite file, with transactions to read and to write in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=4, max_overflow=12)
        self._writing = asyncio.Lock()
        event.listen(self._engine.sync_engine, "connect", _prepare)
        event.listen(self._engine.sync_engine, "begin", _begin)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One moment of the database, whatever is written meanwhile."""
        async with self._engine.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that nobody writes beside; committed at the end, undone by an exception."""
        async with self._writing, self._engine.connect() as connection:
            await connection.execution_options(**{_WRITES: True})
            async with connection.begin():
                yield connection

    async def close(self) -> None:
        await self._engine.dispose()


async def open_database(url: str, must_exist: bool) -> Database:
    """The database at `sqlite:///relative.db` or `sqlite:////absolute.db`, made unless it `must_exist`."""
    path = path_of(url)
    if must_exist and not await asyncio.to_thread(path.is_file):
        raise StoreMissing(f"no database at {path}; expected the one that `cordboard serve --db` wrote")
    if not await asyncio.to_thread(path.parent.is_dir):
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
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    try:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":
            # The switch itself does not wait its turn; an exclusive transaction before it does.
            connection.execute("PRAGMA locking_mode=NORMAL")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":  # else another worker was quicker
            raise UnusableUrl(f"{path} cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        raise UnusableUrl(f"{path} is no SQLite database: {error}") from error
    finally:
        connection.close()


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Transactions are begun by _begin alone, not by the driver's guess from the statement.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

"""Everything that only SQLite needs: URLs, pragmas, transactions.

Theory: WAL lets readers go on beside the one writer. Reads go through aiosqlite (`reader`), which has a
thread for each connection. A writing transaction begins with BEGIN IMMEDIATE, so it waits for its turn at
the start and never fails half-way for having read first. Within a process one thread writes
(`sqlite_writer`), between processes each asks again and again for its turn. synchronous=FULL: a commit that
returned survives a power cut.
"""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy import AsyncAdaptedQueuePool, Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from engine.store.databases.reader import Reader
from engine.store.databases.shown_url import shown_url
from engine.store.databases.sqlite_failures import code_of, told
from engine.store.databases.sqlite_writer import Writer
from engine.store.databases.transactions import TablesChange, Work
from engine.store.errors import StoreMissing, UnusableUrl
from engine.store.private_files import keep_private, make_private

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import AdaptedConnection, DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 10_000
READERS = 4
READ_WITHIN_S = 30  # when all readers are busy: how long a read waits for one
STEPS_BETWEEN_LOOKS = 50_000  # of SQLite's virtual machine, about a millisecond
READERS_CACHE_KIB = 32_768  # of each; reports look up a call's rows by its name
_URL = re.compile(r"sqlite(?:\+aiosqlite)?:///(?P<path>.+)")
# recursive_triggers: else INSERT OR REPLACE would pass by the triggers that keep money append-only
_PRAGMAS = ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON")
_GIVEN_UP = "given up"  # what a pooled connection knows of its read

T = TypeVar("T")


class SqliteDatabase:
    """One SQLite file, with transactions to read and to write in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = Reader(_reading(path))
        self._writing = _writing(path)
        self._writer = Writer(self._writing)

    async def read(self, work: Work[T]) -> T:
        """Of one moment of the database, whatever is written meanwhile."""
        with told(self.path):
            return await self._reader.read(work)

    async def write(self, work: Work[T]) -> T:
        """In a transaction; the result is on disk, or an exception has undone the work."""
        with told(self.path):
            return await self._writer.write(work)

    async def change_tables(self, change: TablesChange) -> None:
        """In a transaction that nobody writes beside."""
        with told(self.path):
            await asyncio.to_thread(self._change_tables, change)

    async def sweep(self) -> bool:
        """VACUUM writes a new file without free space; the log, which has the old pages, is emptied then.

        Not while any call is open: nobody can write meanwhile.
        """
        with told(self.path):
            return await asyncio.to_thread(_swept, self.path)

    async def close(self) -> None:
        await self._writer.close()
        await self._reader.close()
        self._writing.dispose()

    def _change_tables(self, change: TablesChange) -> None:
        with self._writing.connect() as connection, connection.begin():
            change(connection)


async def open_database(url: str, must_exist: bool) -> SqliteDatabase:
    """The database at `sqlite:///relative.db` or `sqlite:////absolute.db`, made unless it `must_exist`."""
    path = path_of(url)
    try:
        has_file = await asyncio.to_thread(path.is_file)
        has_folder = await asyncio.to_thread(path.parent.is_dir)
    except OSError as error:
        raise UnusableUrl(f"can't open {path}: {error}; give this user read access to its folder") from error
    if must_exist and not has_file:
        raise StoreMissing(f"no database at {path}; expected the one that `cordboard serve --db` wrote")
    if not has_folder:
        raise UnusableUrl(f"{url}: folder {path.parent} doesn't exist; create it first")
    if not has_file:
        with told(path):
            await asyncio.to_thread(make_private, path)
    await asyncio.to_thread(keep_private, path, *(Path(f"{path}{end}") for end in ("-wal", "-shm")))
    await asyncio.to_thread(_use_wal, path)
    return SqliteDatabase(path)


def path_of(url: str) -> Path:
    """The file that the URL names."""
    match = _URL.fullmatch(url)
    if match is None or match["path"].startswith(":memory:") or "?" in match["path"]:
        raise UnusableUrl(
            f"{shown_url(url)!r} isn't a database URL; "
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
            raise UnusableUrl(f"{path} isn't an SQLite database: {error}") from error


def _swept(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)) as file:
        if file.execute("SELECT EXISTS (SELECT 1 FROM calls WHERE ended_at IS NULL)").fetchone()[0]:
            return False  # its call would wait, whichever worker has it
        file.execute("PRAGMA secure_delete=ON")
        file.execute("VACUUM")
        is_busy, _, _ = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not is_busy


def _mode(file: sqlite3.Connection) -> str:
    (mode,) = file.execute("PRAGMA journal_mode").fetchone()
    return str(mode)


def _reading(path: Path) -> AsyncEngine:
    """Connections of which none can change the file, and none makes one that is missing."""
    file = URL.create(
        "sqlite+aiosqlite", database=path.absolute().as_uri(), query={"mode": "rw", "uri": "true"}
    )
    engine = create_async_engine(
        file,
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
        poolclass=AsyncAdaptedQueuePool,
        hide_parameters=True,  # what callers said is in them
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=READ_WITHIN_S,
    )
    # Not mode=ro: the last connection to close tidies up the WAL, be it a reader's.
    pragmas = (*_PRAGMAS, f"cache_size=-{READERS_CACHE_KIB}", "query_only=ON")
    script = ";".join(f"PRAGMA {pragma}" for pragma in pragmas)

    def prepare(connection: AdaptedConnection, entry: ConnectionPoolEntry) -> None:
        is_given_up = entry.info[_GIVEN_UP] = threading.Event()
        try:
            # SQLite asks now and then. Its `interrupt` would miss a statement that is about to begin.
            connection.run_async(
                lambda file: file.set_progress_handler(is_given_up.is_set, STEPS_BETWEEN_LOOKS)
            )
            connection.run_async(lambda file: file.executescript(script))
        except BaseException:
            connection.run_async(lambda file: file.close())  # else its thread stays
            raise

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", _begin_to_read)
    event.listen(engine.sync_engine, "invalidate", _give_up)
    return engine


def _writing(path: Path) -> Engine:
    """The one connection that writes. Its transactions are begun below, not by the driver's guess."""

    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, "secure_delete=ON"):  # what is erased is overwritten, not only freed
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"isolation_level": None},
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
    )
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_to_write)
    return engine


def _begin_to_read(connection: Connection) -> None:
    """One moment for all that is read: the first statement's, until the transaction's end."""
    opened = cast("AdaptedConnection", connection.connection.dbapi_connection)
    opened.run_async(lambda file: file.execute("BEGIN"))  # SQLAlchemy's would cross to the thread three times


def _give_up(_connection: object, entry: ConnectionPoolEntry, _error: object) -> None:
    """A read was cancelled: end its statement, for which closing the connection would wait."""
    entry.info[_GIVEN_UP].set()


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

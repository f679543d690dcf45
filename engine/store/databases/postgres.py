"""Everything that only PostgreSQL needs: URLs, transactions, what it needs installed.

Theory: readers see one moment (REPEATABLE READ); writers commit beside each other (READ COMMITTED) and wait
for their turn at named locks where one decides by what others wrote: caps, the ledger's chains, disputes.
Within a process one transaction writes at a time, so that a worker never waits for itself. A commit that
returned is on disk (synchronous_commit is PostgreSQL's default).
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Executable, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from engine.store.databases.reader import Reader
from engine.store.databases.shown_url import shown_url
from engine.store.databases.transactions import TablesChange, Work
from engine.store.errors import DatabaseFails, StoreMissing, UnusableUrl

_SCHEMES = ("postgresql://", "postgresql+asyncpg://")
_DRIVER = "postgresql+asyncpg"

# PostgreSQL, Appendix A: classes of SQLSTATE, and two codes
_ROLLED_BACK = "40"  # for a deadlock, or to keep transactions apart
_CONNECTION, _RESOURCES, _OPERATOR, _SYSTEM = "08", "53", "57", "58"
_READ_ONLY, _LOCKED, _NOT_ALLOWED = "25006", "55P03", "42501"
_PASSING = (_ROLLED_BACK, _CONNECTION, _RESOURCES, _OPERATOR, _SYSTEM, _READ_ONLY, _LOCKED)
DEADLOCKS_MOST = 3
_SWEPT = (
    *("calls", "journal", "steps", "answers", "decisions", "legs", "carrier_legs", "verdicts", "recordings"),
    *("faults", "turns", "tags", "consents", "voicemails", "outbox", "disputes", "dispute_decisions"),
    "erasures",
)

T = TypeVar("T")


class PostgresDatabase:
    """One database of a PostgreSQL server, with transactions to do work in."""

    def __init__(self, engine: AsyncEngine, path: Path) -> None:
        self.path = path
        self._shown = shown_url(engine.url.render_as_string(hide_password=True))
        self._engine = engine
        self._reader = Reader(
            engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        )
        self._writing = asyncio.Lock()

    async def read(self, work: Work[T]) -> T:
        with _told(self._shown):
            return await self._reader.read(work)

    async def write(self, work: Work[T]) -> T:
        """Done again where the server chose it to end a deadlock with another worker."""
        with _told(self._shown):
            for _ in range(DEADLOCKS_MOST):
                try:
                    return await self._write(work)
                except DBAPIError as error:
                    if not _code_of(error).startswith(_ROLLED_BACK):
                        raise
            return await self._write(work)

    async def _write(self, work: Work[T]) -> T:
        async with self._writing, self._engine.connect() as connection, connection.begin():
            return await work(connection)

    async def change_tables(self, change: TablesChange) -> None:
        with _told(self._shown):
            async with self._writing, self._engine.connect() as connection, connection.begin():
                await connection.run_sync(change)

    async def sweep(self) -> bool:
        """VACUUM frees the dead rows. Their bytes are overwritten as the pages are used again."""
        with _told(self._shown):
            async with self._engine.connect() as connection:
                own = await connection.execution_options(isolation_level="AUTOCOMMIT")
                for table in _SWEPT:
                    await own.execute(text(f"VACUUM {table}"))
        return True

    async def close(self) -> None:
        await self._reader.close()
        await self._engine.dispose()


def turn(what: str) -> tuple[Executable, Mapping[str, str]]:
    """What waits until nobody else has this turn, and keeps it to the transaction's end."""
    statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")
    return statement, {"what": f"cordboard {what}"}


def is_url(url: str) -> bool:
    return url.startswith(_SCHEMES)


def path_of(url: str) -> Path:
    """Keys and recordings lie in the working directory, under the database's name."""
    return Path(_parsed(url).database or "cordboard")


async def open_database(url: str, must_exist: bool) -> PostgresDatabase:
    """The database, which the server must have; raises StoreMissing where its tables are missing."""
    parsed = _parsed(url)
    if importlib.util.find_spec("asyncpg") is None:
        raise UnusableUrl("PostgreSQL needs the package asyncpg: pip install 'cordboard[postgres]'")
    engine = create_async_engine(
        parsed.set(drivername=_DRIVER),
        pool_size=8,
        max_overflow=8,
        pool_pre_ping=True,
        hide_parameters=True,  # what callers said is in them
    )
    shown = shown_url(parsed.render_as_string(hide_password=True))
    try:
        async with engine.connect() as connection:
            has_tables = (await connection.execute(text("SELECT to_regclass('calls')"))).scalar() is not None
    except (DBAPIError, OSError, OverflowError, TypeError, ValueError) as error:  # the latter of its settings
        await engine.dispose()
        raise UnusableUrl(f"can't open {shown}: {error}; expected a database there") from error
    if must_exist and not has_tables:
        await engine.dispose()
        raise StoreMissing(f"no calls at {shown}; expected the database that `cordboard serve --db` wrote")
    return PostgresDatabase(engine, path_of(url))


@contextmanager
def _told(shown: str) -> Iterator[None]:
    """Say in words what the server does; what is wrong with the work itself is left as it is."""
    try:
        yield
    except (DBAPIError, OSError, PoolTimeout) as error:
        orig = getattr(error, "orig", None) or error
        gone = not isinstance(error, DBAPIError) or error.connection_invalidated
        gone = gone or isinstance(error, InterfaceError)
        code = "" if not isinstance(error, DBAPIError) else _code_of(error)
        if gone or code.startswith(_PASSING):
            told = f"{shown} is unavailable: {orig}; check that the server runs and has room"
            raise DatabaseFails(told, is_passing=True) from error
        if code == _NOT_ALLOWED:
            told = f"{shown}: {orig}; grant this user the missing rights, or make it the owner of the tables"
            raise DatabaseFails(told, is_passing=True) from error
        raise


def _code_of(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # a port that is none may be the end of a password
        cure = "in a password write @ as %40, : as %3A and / as %2F"
        raise UnusableUrl(f"an unreadable URL; expected postgresql://user@host/name; {cure}") from error
    if not parsed.database:
        shown = shown_url(parsed.render_as_string(hide_password=True))
        raise UnusableUrl(f"{shown} names no database; expected postgresql://user@host/name")
    return parsed

"""The database behind the store: one SQLite file, or a PostgreSQL that several workers share.

Everything above speaks one SQL. What differs is here and in `sqlite` and `postgres`: how a transaction
begins, who waits for whom, where files of the database's own lie.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as insert_or_meet

from engine.store.databases import postgres, sqlite
from engine.store.databases.transactions import Connection, TablesChange, Work
from engine.store.errors import DatabaseFails

T = TypeVar("T")


class Database(Protocol):
    """Transactions to do work in. Files of its own begin with `path`."""

    @property
    def path(self) -> Path: ...

    async def read(self, work: Work[T]) -> T:
        """Of one moment of the database, whatever is written meanwhile."""
        ...

    async def write(self, work: Work[T]) -> T:
        """In a transaction: what the work returns once that is on disk; an exception undoes the work."""
        ...

    async def change_tables(self, change: TablesChange) -> None:
        """In a transaction, for what alembic does."""
        ...

    async def sweep(self) -> bool:
        """Let nothing that was deleted or overwritten stay in the file, as far as that can be done here.

        False where somebody keeps the old state in use, so that it is to be tried again.
        """
        ...

    async def close(self) -> None: ...


async def open_database(url: str, must_exist: bool) -> Database:
    """The database at `sqlite:///file.db` or `postgresql://user@host/name`.

    Raises UnusableUrl where there is none, StoreMissing where one that `must_exist` was never written.
    """
    if postgres.is_url(url):
        return await postgres.open_database(url, must_exist)
    return await sqlite.open_database(url, must_exist)


def path_of(url: str) -> Path:
    """What files of the database's own begin with: the SQLite file, or the PostgreSQL database's name."""
    return postgres.path_of(url) if postgres.is_url(url) else sqlite.path_of(url)


def insert(table: Table) -> Insert:
    """An insert that may say what happens where the row already stands.

    PostgreSQL's construct compiles for SQLite as well, whose ON CONFLICT was made after it.
    """
    return insert_or_meet(table)


async def wait_for_turn(connection: Connection, *what: str) -> None:
    """Let nobody else who waits for the same change it until this transaction's end.

    In SQLite nobody can: a writing transaction is the only one. In PostgreSQL each thing is a lock, and all
    are taken in one order, so that no two transactions wait for each other.
    """
    if connection.dialect.name == "postgresql":
        for one in sorted(set(what)):
            await connection.execute(*postgres.turn(one))


def is_passing(error: BaseException) -> bool:
    """Whether the same write may succeed later: a locked file, a full disk, a lost connection."""
    return isinstance(error, DatabaseFails) and error.is_passing

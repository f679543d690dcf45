"""Brings a database's tables to the newest form, from nothing or from any earlier one.

An empty SQLite file is given what the migrations made of the first one in this process: whoever opens many
new databases applies the migrations once. One that is of the newest form already, as most are, is left as it
is, and alembic is not even loaded, which takes half a second.
"""

from __future__ import annotations

import functools
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.exc import DBAPIError

from engine.store.databases import postgres
from engine.store.errors import StoreError

MIGRATIONS = Path(__file__).parent


def upgrade(connection: Connection) -> None:
    """Apply what is missing within the connection's transaction: all of it or nothing."""
    if _is_empty(connection):
        for statement in _made_of_nothing():
            connection.exec_driver_sql(statement)
    else:
        migrate(connection)


def _is_empty(connection: Connection) -> bool:
    """Whether it is a new file of SQLite."""
    if connection.dialect.name != "sqlite":
        return False
    return connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").first() is None


def _stands_at(connection: Connection) -> frozenset[str]:
    """The migrations that its tables stand at, as alembic keeps them; none where it was never here."""
    if not inspect(connection).has_table("alembic_version"):
        return frozenset()
    return frozenset(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())


@functools.cache
def newest() -> str:
    """The migration that all tables come to, by the files' names: `v0022_wishes.py` is 0022."""
    return max(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v[0-9]*.py"))


@functools.cache
def _made_of_nothing() -> tuple[str, ...]:
    """The statements that make an empty SQLite database what all migrations make of it."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            with connection.begin():
                migrate(connection)
            made = connection.connection.driver_connection
            assert isinstance(made, sqlite3.Connection)
            return tuple(made.iterdump())[1:-1]  # but for its own transaction
    finally:
        engine.dispose()


def migrate(connection: Connection) -> None:
    """Apply the migrations that are missing, one after the other; mostly there are none."""
    if connection.dialect.name == "postgresql":
        connection.execute(*postgres.turn("tables"))
    try:
        if _stands_at(connection) != {newest()}:
            _run_migrations(connection)
    except DBAPIError as error:
        if not _is_about_tables(error):
            raise
        raise StoreError(
            f"can't upgrade the database's tables: {str(error.orig).strip()}; nothing was "
            "changed; expected tables made only by Cordboard: use a separate database, or "
            "restore a backup"
        ) from error


def _run_migrations(connection: Connection) -> None:
    from alembic import command  # half a second, for databases that are new or older
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"can't upgrade the database's tables: {error}; if a newer Cordboard wrote it, use that version"
        ) from error


def _is_about_tables(error: DBAPIError) -> bool:
    """Whether a table is missing, there already, or of another form."""
    is_sqlite = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return is_sqlite or str(getattr(error.orig, "sqlstate", None)).startswith("42")

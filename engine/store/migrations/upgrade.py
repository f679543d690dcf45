"""Brings a database's tables to the newest form, from nothing or from any earlier one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from engine.store.databases import postgres
from engine.store.errors import StoreError

MIGRATIONS = Path(__file__).parent


def upgrade(connection: Connection) -> None:
    """Apply what is missing within the connection's transaction: all of it or nothing."""
    if connection.dialect.name == "postgresql":
        connection.execute(*postgres.turn("tables"))
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
    except DBAPIError as error:
        if not _is_about_tables(error):
            raise
        raise StoreError(
            f"can't upgrade the database's tables: {str(error.orig).strip()}; nothing was "
            "changed; expected tables made only by Cordboard: use a separate database, or "
            "restore a backup"
        ) from error


def _is_about_tables(error: DBAPIError) -> bool:
    """Whether a table is missing, there already, or of another form."""
    is_sqlite = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return is_sqlite or str(getattr(error.orig, "sqlstate", None)).startswith("42")

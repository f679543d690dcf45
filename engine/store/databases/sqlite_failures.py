"""What a SQLite file does to its users, in words: locked, read-only, full, damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.store.errors import DatabaseFails

# Those that pass, so that the same may succeed later, and those that do not.
_PASSING = {
    sqlite3.SQLITE_BUSY: "is locked ({why}) by another program, perhaps a backup; stop that program",
    sqlite3.SQLITE_READONLY: "can't be written ({why}); let this user write to the file and its folder",
    sqlite3.SQLITE_FULL: "can't grow ({why}); free some disk space",
    sqlite3.SQLITE_IOERR: "can't be read or written ({why}); check its disk, or restore a backup",
    sqlite3.SQLITE_CANTOPEN: "can't be opened ({why}); give this user read and write access to its folder",
}
_DAMAGED = (
    "is damaged ({why}); stop every program that uses it, keep the file, and restore the newest backup, "
    "or what `sqlite3 FILE .recover` can save"
)
_LASTING = {sqlite3.SQLITE_CORRUPT: _DAMAGED, sqlite3.SQLITE_NOTADB: _DAMAGED}


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise DatabaseFails for what the file does; what is wrong with the work itself is left as it is."""
    try:
        yield
    except PoolTimeout as error:
        said = f"{path} is being read by reports and exports that take all its readers; let one of them end"
        raise DatabaseFails(said, is_passing=True) from error
    except (DBAPIError, sqlite3.Error) as error:
        code = code_of(error)
        sentence = _PASSING.get(code) or _LASTING.get(code)
        if sentence is None:
            raise
        said = f"{path} {sentence.format(why=_original(error))}"
        raise DatabaseFails(said, is_passing=code in _PASSING) from error


def code_of(error: DBAPIError | sqlite3.Error) -> int:
    """SQLite's primary result code; 0 where the error is not SQLite's."""
    code = getattr(_original(error), "sqlite_errorcode", 0)
    return code & 0xFF if isinstance(code, int) else 0


def _original(error: DBAPIError | sqlite3.Error) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error

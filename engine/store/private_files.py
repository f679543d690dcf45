"""Files that only their owner reads, whatever the umask: the database, and all that tells of calls."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TextIO

MODE = 0o600


def private(path: str, flags: int) -> int:
    """An opener for `open`: a file that it makes is its owner's alone. One that is there keeps its mode."""
    return os.open(path, flags, MODE)


def written_privately(path: Path, newline: str | None = None) -> TextIO:
    """The file, opened to be written anew as UTF-8. Raises OSError."""
    return open(path, "w", encoding="utf-8", newline=newline, opener=private)  # the caller closes it


def make_private(path: Path) -> None:
    """An empty file of the owner's, unless there is one. What SQLite puts beside it has the same mode."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE))


def keep_private(*paths: Path) -> None:
    """Take from all others what an older version left open to them, where the file is there and ours.

    By its name: who opens and closes a database's file lets go of the locks that SQLite holds on it.
    """
    for path in paths:
        with contextlib.suppress(OSError):
            found = path.stat()
            if found.st_uid == os.geteuid() and found.st_mode & 0o077:
                path.chmod(found.st_mode & 0o700)

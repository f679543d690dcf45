"""A network's folder: which files are its own, and what is written in them.

Rules
1. A file is the folder's own. A link may lead to another place inside the folder, and nowhere else, so that
   a folder from elsewhere can't have this machine's files read, published or printed.
2. Only regular files are opened: a pipe would never end, and a device may do anything.
3. What is too large for any network isn't read.
A file that breaks a rule is in the folder all the same, as `NotRead`, and checking it is a mistake.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.core.printable import printable
from engine.language.yaml.documents import MAX_BYTES


class NotRead(str):
    """The text of a file that isn't read: empty, and why."""

    __slots__ = ("cure", "expected", "found")

    def __new__(cls, found: str, expected: str = "", cure: str = "") -> NotRead:
        made = super().__new__(cls, "")
        made.found, made.expected, made.cure = found, expected, cure
        return made

    found: str
    expected: str
    cure: str


_MISNAMED = NotRead("the file's name holds invisible characters", cure="rename it")


def texts_of(folder: Path, patterns: Iterable[str]) -> dict[str, str]:
    """The texts of all files whose names fit, by their path in the folder, sorted by it.

    What is no UTF-8 stays visible as such (surrogate escapes), and whoever uses it reports it.
    """
    files = {file.relative_to(folder).as_posix(): file for each in patterns for file in folder.glob(each)}
    texts: dict[str, str] = {}
    for name in sorted(files):
        if _is_passed_over(files[name]):
            continue
        is_shown = printable(name) == name
        texts[printable(name)] = _text(folder, files[name]) if is_shown else _MISNAMED
    return texts


def own_files(folder: Path, pattern: str) -> Iterator[Path]:
    """The regular files of the folder itself whose names fit."""
    for file in folder.rglob(pattern):
        found = own_file(folder, file)
        if found is not None and found.is_file():
            yield file


def own_file(folder: Path, file: Path) -> Path | None:
    """Where the file is, as far as links lead inside the folder; None where that is nowhere, or outside."""
    try:
        found = file.resolve(strict=True)
        return found if found.is_relative_to(folder.resolve()) else None
    except (OSError, RuntimeError, ValueError):  # unreadable, a circle of links, a name that no file has
        return None


def content_of(file: Path, most_bytes: int) -> bytes | None:
    """What a regular file holds, None where it is none, or has more than that. Raises OSError."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK)  # a pipe isn't waited for
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        content = opened.read(most_bytes + 1)
    return content if len(content) <= most_bytes else None


def _is_passed_over(file: Path) -> bool:
    """A folder, or a link to nothing, as an editor's lock is."""
    try:
        return not file.exists() or file.is_dir()
    except OSError:  # below a folder that can't be read: said where it is read
        return False


def _text(folder: Path, file: Path) -> str:
    own = own_file(folder, file)
    try:
        if own is None and not file.is_symlink():
            file.stat()  # says why
        if own is None:
            return NotRead(
                "this is a link that leaves the network's folder", cure="put a copy of the file here"
            )
        if not own.is_file():
            return NotRead("this isn't a regular file", "a file of text", "remove it")
        content = content_of(own, MAX_BYTES)
    except OSError as problem:
        return NotRead(f"the file can't be read ({problem.strerror})")
    if content is None:
        return NotRead("the file is too large", "at most 8 MiB", "split it into several files")
    return content.decode("utf-8", "surrogateescape")

"""Lists that terms name: written in place, or in a text file beside network.yaml, part of the revision.

A file holds its entries one after another, apart by spaces, commas or lines; what follows a # is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.core.outside_text import quoted
from engine.core.places import Place
from engine.language.mistakes import Mistakes, suggestion
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import text_at, value_at

LIST_SUFFIX = ".txt"

_ORDINARY = re.compile(r"[-+0-9.*()]{1,20}", re.ASCII)  # a number of any kind, mistyped or not


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One of a list, and where it stands."""

    text: str
    place: Place
    shown: str  # how a message calls it


@dataclass(frozen=True, slots=True)
class Listed:
    """A list's entries; `source` is its file, "" where it is written in place."""

    entries: tuple[ListEntry, ...]
    source: str


def read_list(
    document: Document, path: Pointer, files: Mapping[str, str], mistakes: Mistakes
) -> Listed | None:
    """The list at a path; None where there is none, or its file is not there."""
    value = value_at(document, path)
    if isinstance(value, list):
        places = ((index, document.place((*path, index))) for index in range(len(value)))
        written = ((document.raw((*path, index)) or "", place) for index, place in places)
        return Listed(tuple(ListEntry(text, place, quoted(text)) for text, place in written), "")
    source = text_at(document, (*path, "file"))
    if source is None:
        return None
    if source not in files:
        known = [name for name in files if name.endswith(LIST_SUFFIX)]
        found = f"{subject(path)}network.yaml lists '{source}', and that file doesn't exist"
        cure = suggestion(source, known) if known else "create it, with one entry per line"
        mistakes.error(document.place((*path, "file")), found, cure=cure)
        return None
    held = _entries(source, files[source])
    if not held:
        found = f"{subject(path)}the list '{source}' is empty"
        cure = f"put an entry in it, or remove '{path[-1]}'"
        mistakes.warn(document.place((*path, "file")), found, cure=cure)
    return Listed(held, source)


@lru_cache(maxsize=256)  # buyers who are sold to by template share their lists
def _entries(source: str, text: str) -> tuple[ListEntry, ...]:
    return tuple(_read(source, text))


def _read(source: str, text: str) -> Iterator[ListEntry]:
    """A file that is no list at all is not told word by word: one foreign word of it is quoted."""
    is_foreign_quoted = False
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        written = line.partition("#")[0].replace(",", " ")
        column = 0
        for word in written.split():
            column = written.index(word, column)
            shown = quoted(word)
            if _ORDINARY.fullmatch(word) is None:
                shown, is_foreign_quoted = "this" if is_foreign_quoted else shown, True
            yield ListEntry(word, Place(source, number, column + 1), shown)
            column += len(word)

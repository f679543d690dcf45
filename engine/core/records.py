"""Records with some fields changed: `dataclasses.replace` at half its price, for what a call does often."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

Record = TypeVar("Record")


def changed(record: Record, **changes: object) -> Record:
    """The record with these fields instead. For dataclasses of two fields and more, each given to init."""
    kind: Any = type(record)
    names, read = _reader(kind)
    made: Record = kind(**{**dict(zip(names, read(record), strict=True)), **changes})
    return made


@cache
def _reader(kind: Any) -> tuple[tuple[str, ...], Callable[[object], tuple[object, ...]]]:
    names = tuple(field.name for field in dataclasses.fields(kind))
    return names, attrgetter(*names)

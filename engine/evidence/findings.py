"""What a check of evidence found: line by line, each with what it looked at and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from engine.core.journal import Json

Outcome = Literal["holds", "fails", "not_checked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report: `what` was looked at, its outcome, and a sentence on it."""

    what: str
    outcome: Outcome
    sentence: str


def holds(what: str, sentence: str) -> Finding:
    return Finding(what, "holds", sentence)


def fails(what: str, sentence: str) -> Finding:
    return Finding(what, "fails", sentence)


def not_checked(what: str, sentence: str) -> Finding:
    return Finding(what, "not_checked", sentence)


def differences(kept: Json, found: Json, path: str = "") -> Iterator[tuple[str, Json, Json]]:
    """Where two JSON values part: (path, kept, found) for each leaf that differs."""
    if isinstance(kept, dict) and isinstance(found, dict):
        for key in [*kept, *(key for key in found if key not in kept)]:
            yield from differences(kept.get(key), found.get(key), f"{path}.{key}" if path else key)
    elif isinstance(kept, list) and isinstance(found, list):
        for index, (one, other) in enumerate(zip_longest(kept, found)):
            yield from differences(one, other, f"{path}[{index}]")
    elif kept != found:
        yield path, kept, found


def briefly(value: Json) -> str:
    """A value as a sentence holds it."""
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "…"

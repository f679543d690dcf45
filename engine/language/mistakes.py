"""An operator's mistakes: where, what was found, what was expected, and how to mend it.

All mistakes are collected in one pass and shown in the order of the files, never one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz, process

from engine.core.places import Place
from engine.core.printable import printable

Severity = Literal["error", "warning"]

_LIKENESS = 65.0  # of 100: "nead" is near "need", "city" is not near "need"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to mend. An error stops a flow from being published, a warning does not."""

    place: Place
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.place}: {'warning: ' if self.severity == 'warning' else ''}{self.message}"


class Mistakes:
    """The mistakes of one pass: each once, sorted by place.

    A draft is judged; a revision that is kept is only read. So there are two kinds of error: what cannot be
    read (`error`) and what can, but must not be published (`refuse`). Of a kept revision the first alone
    counts, for the rules of its own day let it pass.
    """

    __slots__ = ("_found", "is_judging")

    def __init__(self, mistakes: Iterable[Mistake] = (), *, is_judging: bool = True) -> None:
        self._found: set[Mistake] = set(mistakes)
        self.is_judging = is_judging

    def apart(self) -> Mistakes:
        """A list of its own for a part, in the same spirit."""
        return Mistakes(is_judging=self.is_judging)

    def add(self, *mistakes: Mistake) -> None:
        self._found.update(mistakes)

    def error(self, place: Place, found: str, *, expected: str = "", cure: str = "") -> None:
        self._found.add(Mistake(place, phrase(found, expected=expected, cure=cure)))

    def unread(self, place: Place, found: str) -> None:
        """What a kept revision has there that nobody could read; of a draft the schema has said so."""
        if not self.is_judging:
            self.error(place, found)

    def refuse(self, place: Place, found: str, *, expected: str = "", cure: str = "") -> None:
        """An error of a draft alone: there is a value, and it breaks a rule."""
        if self.is_judging:
            self.error(place, found, expected=expected, cure=cure)

    def warn(self, place: Place, found: str, *, expected: str = "", cure: str = "") -> None:
        if self.is_judging:
            self._found.add(Mistake(place, phrase(found, expected=expected, cure=cure), "warning"))

    @property
    def has_errors(self) -> bool:
        return any(mistake.severity == "error" for mistake in self._found)

    def __iter__(self) -> Iterator[Mistake]:
        return iter(sorted(self._found))

    def __len__(self) -> int:
        return len(self._found)

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self)


def phrase(found: str, *, expected: str = "", cure: str = "") -> str:
    """One sentence in the order that an operator needs: found; expected …; the cure."""
    said = "; ".join(part for part in (found, expected and f"expected {expected}", cure) if part)
    return printable(said)  # what was found may be anything, and a terminal shows it


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, or None where nothing is alike."""
    given = tuple(candidates)
    names, folded = _in_order(given if word not in given else tuple(name for name in given if name != word))
    found = process.extractOne(word.casefold(), folded, scorer=fuzz.ratio, score_cutoff=_LIKENESS)
    return None if found is None else names[found[2]]


@lru_cache(maxsize=4)
def _in_order(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Each name once, in order, and as it is compared. Kept: a large flow may ask the same for every node."""
    ordered = sorted(set(names))
    return ordered, [name.casefold() for name in ordered]


def listed(names: Iterable[str], limit: int = 8) -> str:
    """``a, b and c``: names for a message, in order; the rest of a long list is counted."""
    words = list(names)
    if len(words) > limit:
        words = [*words[:limit], f"{len(words) - limit} more"]
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part) if words else "none"


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """The cure for an unknown word: the nearest right one, or all of them where none is near."""
    names = list(candidates)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean '{near}'?"
    return f"available: {listed(sorted(names))}" if names else ""

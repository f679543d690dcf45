"""A buyer's `area` as written → a condition: states, counties, ZIP codes and circles, any of which will do.

Each of them is one clause, traced by its line like those of `accepts`. ZIP lists and circles are sets of
codes, settled when the network is read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from engine.core.conditions import AnyOf, Clause, Condition, Selection
from engine.core.places import Place
from engine.language.lists import ListEntry, read_list
from engine.language.mistakes import Mistakes, nearest
from engine.language.names import Names
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.understanding.zip_table import zip_table

DEFAULT_ANSWER = "zip"

_ZIP = re.compile(r"\d{5}", re.ASCII)
_SHOWN = 6  # longer lists are told by their length


def read_area(
    document: Document, path: Pointer, names: Names, files: Mapping[str, str], mistakes: Mistakes
) -> Condition | None:
    """The condition that the area is; None where there is none or it is mistaken."""
    if not mapping_at(document, path):
        return None
    return _AreaReader(document, path, names, files, mistakes).condition()


class _AreaReader:
    def __init__(
        self, document: Document, path: Pointer, names: Names, files: Mapping[str, str], mistakes: Mistakes
    ) -> None:
        self.document = document
        self.path = path
        self.names = names
        self.files = files
        self.mistakes = mistakes
        self.answer = text_at(document, (*path, "answer")) or DEFAULT_ANSWER

    def condition(self) -> Condition | None:
        if f"{self.answer}.state" not in self.names.types:
            if self.answer not in self.names.unsure:
                found = f"{subject(self.path)}its area uses '{self.answer}', which isn't a ZIP answer here"
                cure = "declare 'zip: {type: zip}' in the flow, or name the answer: 'answer: …'"
                self._mistake(self.document.key_place(self.path), found, cure)
            return None
        clauses = tuple(self._clauses())
        return clauses[0] if len(clauses) == 1 else AnyOf(clauses)

    def _clauses(self) -> Iterator[Clause]:
        if states := self._texts("states"):
            self._check_places("states", lambda: frozenset(state for _, state in _known_counties()))
            yield self._clause("states", f"{self.answer}.state", states, _told(states))
        if counties := self._texts("counties"):
            self._check_places(
                "counties", lambda: frozenset(f"{county}, {state}" for county, state in _known_counties())
            )
            yield self._counties(counties)
        yield from self._zips()
        circles = value_at(self.document, (*self.path, "within"))
        if isinstance(circles, dict):
            yield from self._circle((*self.path, "within"))
        for index in range(len(circles) if isinstance(circles, list) else 0):
            yield from self._circle((*self.path, "within", index))

    def _texts(self, setting: str) -> list[str]:
        path = (*self.path, setting)
        listed = value_at(self.document, path)
        count = len(listed) if isinstance(listed, list) else 0
        return [self.document.raw((*path, index)) or "" for index in range(count)]

    def _check_places(self, setting: str, all_known: Callable[[], frozenset[str]]) -> None:
        """Warn of what no ZIP code lies in: no caller would ever be there."""
        if not self.mistakes.is_judging:
            return
        known = all_known()
        for index, written in enumerate(self._texts(setting)):
            if written not in known:
                near = nearest(written, known)
                cure = f"did you mean '{near}'?" if near else "remove it; no caller can be there"
                place = self.document.place((*self.path, setting, index))
                self.mistakes.warn(place, f"{subject(self.path)}'{written}' has no ZIP codes", cure=cure)

    def _counties(self, counties: Iterable[str]) -> Clause:
        """Counties are named with their states, for most names are those of several."""
        names = (f"{self.answer}.county", f"{self.answer}.state")
        wanted = frozenset(counties)
        pairs = frozenset((county, state) for county, _, state in (each.rpartition(", ") for each in wanted))
        place = self.document.key_place((*self.path, "counties"))
        return self._selecting(f"{names[0]} in {_told(wanted)}", place, Selection(names, pairs))

    def _zips(self) -> Iterator[Clause]:
        listed = read_list(self.document, (*self.path, "zips"), self.files, self.mistakes)
        if listed is None:
            return
        for entry in listed.entries:
            self._check_zip(entry)
        codes = sorted({entry.text for entry in listed.entries})
        told = f"{listed.source} ({len(codes)} ZIPs)" if listed.source else _told(codes)
        yield self._clause("zips", self.answer, codes, told)

    def _check_zip(self, entry: ListEntry) -> None:
        if not self.mistakes.is_judging or entry.text in _known_zips():
            return
        if _ZIP.fullmatch(entry.text) is None:
            found = f"{subject(self.path)}{entry.shown} isn't a ZIP code"
            self.mistakes.error(entry.place, found, expected='five digits, as in "78701"')
        else:
            found = f"{subject(self.path)}ZIP code {entry.text} doesn't exist"
            self.mistakes.warn(entry.place, found, cure="remove it; no caller can have it")

    def _circle(self, path: Pointer) -> Iterator[Clause]:
        miles = value_at(self.document, (*path, "miles"))
        of = self.document.raw((*path, "of"))
        if isinstance(miles, bool) or not isinstance(miles, int | float) or of is None:
            return  # refused by the schema
        codes = self.document.reference.circle(miles, of)
        if codes is None:
            found = f"{subject(path)}'{of}' isn't a place we know"
            expected = 'a ZIP code, as in "78701", or a point, as in "30.27, -97.74"'
            self.mistakes.error(self.document.place((*path, "of")), found, expected=expected)
            return
        text = f"{self.answer} within {miles} miles of {of}"
        yield self._selecting(text, self.document.key_place(path), Selection((self.answer,), codes))

    def _clause(self, setting: str, name: str, values: Iterable[str], told: str) -> Clause:
        place = self.document.key_place((*self.path, setting))
        return self._selecting(f"{name} in {told}", place, Selection((name,), frozenset(values)))

    def _selecting(self, text: str, place: Place, selection: Selection) -> Clause:
        return Clause(text, place, selection.names, (self.answer,), selection.evaluate, selection)

    def _mistake(self, place: Place, found: str, cure: str) -> None:
        self.mistakes.error(place, found, cure=cure)


@cache
def _known_counties() -> frozenset[tuple[str, str]]:
    """Every county that the ZIP data names, with its state; "" for the codes that have none."""
    table = zip_table()
    places = [place for code in table.codes() if (place := table.place(code)) is not None]
    return frozenset((place.county or "", place.state) for place in places)


@cache
def _known_zips() -> frozenset[str]:
    return frozenset(zip_table().codes())


def _told(values: Iterable[str]) -> str:
    """The list as a trace shows it; a long one by its hash, for lists that are told alike must be alike."""
    values = sorted(values)
    if len(values) <= _SHOWN:
        return "[" + ", ".join(f'"{value}"' for value in values) + "]"
    digest = hashlib.sha256(" ".join(values).encode()).hexdigest()[:8]
    return f'["{values[0]}", "{values[1]}", … {len(values)} in all, {digest}]'

"""Every ZIP code of the United States with its place, in about 3 MB.

The data is the package zipcodes': 42,789 codes, post-office boxes, military and retired ones among them.
Its own look-up scans all of them, a fifth of a millisecond each; this table answers in a microsecond. It
is one text with a line for each code and, by code, where the line begins. Loading takes half a second,
most of it in the package, which keeps some 35 MB of its own.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

CODES = 100_000


@dataclass(frozen=True, slots=True)
class ZipPlace:
    """Where a ZIP code is. What the data does not know is None: a military code has no county."""

    code: str
    city: str
    county: str | None  # as the data has it: "Travis County", "Orleans Parish"
    state: str  # two letters; AA, AE and AP are military
    timezone: str | None  # an IANA name
    latitude: float | None
    longitude: float | None


class ZipTable:
    """Look-ups by code."""

    __slots__ = ("_areas", "_begins", "_lines", "size")

    def __init__(
        self, lines: str, begins: array[int], size: int, areas: Mapping[str, tuple[str, ...]]
    ) -> None:
        """`areas` are the states of each telephone area code."""
        self._lines = lines
        self._begins = begins
        self._areas = areas
        self.size = size

    def place(self, code: str) -> ZipPlace | None:
        """The place of five digits, None where no such ZIP exists."""
        if len(code) != 5 or not (code.isascii() and code.isdigit()):
            return None
        number = int(code)
        begin, end = self._begins[number], self._begins[number + 1]
        if begin == end:
            return None
        city, county, state, timezone, latitude, longitude = self._lines[begin:end].split("\t")
        return ZipPlace(
            code=code,
            city=city,
            county=county or None,
            state=state,
            timezone=timezone or None,
            latitude=float(latitude) if latitude else None,
            longitude=float(longitude) if longitude else None,
        )

    def states_of_area(self, area: str) -> tuple[str, ...]:
        """The states that have ZIP codes with this telephone area code, in order; none where it has none."""
        return self._areas.get(area, ())

    def codes(self) -> tuple[str, ...]:
        """Every code that exists, in order."""
        begins = self._begins
        return tuple(f"{number:05d}" for number in range(CODES) if begins[number] < begins[number + 1])


@cache
def zip_table() -> ZipTable:
    """The table, loaded at the first use and kept."""
    import zipcodes  # some 35 MB that a network without ZIP codes does without

    lines: list[str] = []
    begins = array("I", bytes(4 * (CODES + 1)))
    areas: dict[str, set[str]] = {}
    size = at = 0
    for first in range(0, CODES, 1000):  # a thousand codes at a time: the package's records are large
        records = zipcodes.similar_to(f"{first // 1000:02d}")  # type: ignore[no-untyped-call]
        known = {record["zip_code"]: record for record in records}
        size += len(known)
        for record in records:
            for area in record["area_codes"]:
                areas.setdefault(area, set()).add(record["state"])
        for number in range(first, first + 1000):
            begins[number] = at
            record = known.get(f"{number:05d}")
            if record is not None:
                lines.append(line := _line(record))
                at += len(line)
    begins[CODES] = at
    states = {area: tuple(sorted(found)) for area, found in areas.items()}
    return ZipTable("".join(lines), begins, size, states)


def _line(record: dict[str, str]) -> str:
    located = float(record["lat"]) != 0 or float(record["long"]) != 0  # military codes say 0, 0
    return "\t".join(
        (
            record["city"],
            record["county"],
            record["state"],
            record["timezone"] if "/" in record["timezone"] else "",  # one record names a town instead
            record["lat"] if located else "",
            record["long"] if located else "",
        )
    )

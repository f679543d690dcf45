"""Reference data: what packages said of time zones, holidays and ZIP codes, as a revision keeps it.

`reference-data.json` is a file of every revision since format 2, written when it is published and hashed
into its name. It holds what the network asks for and nothing else:

    {"format": 2,
     "zones": {"America/Chicago": "VFppZjI…"},          TZif in base64
     "holidays": {"us_holidays": {"2026": {"2026-01-01": "New Year's Day"}}},
     "circles": {"25 of 78701": "78610 78617 78701-78705"}}

A revision that is read again takes its answers from there, and asks the installed packages for years that
are not in it. A revision of format 1 has no such file: `first_format.json` has the holidays of its day, and
the zones of the United States, Canada and Mexico in which every tzdata of its day kept the same time. For
the others (such as America/Vancouver, whose law changed) nobody knows which its calls ran by, and the
installed packages answer.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.core.json_values import JsonObject
from engine.language.kept.packages import INSTALLED, Packages, zone_from

_CODES = 100_000  # that five digits can be

REFERENCE_FILE = "reference-data.json"

YEARS_BACK, YEARS_AHEAD = 1, 10
"""The years of holidays that are kept, from that of the publishing."""


class ReferenceUnreadable(ValueError):
    """The file is not what `frozen` writes."""


class Reference:
    """The almanac of one revision, and its circles. What it was asked it remembers: that is frozen."""

    def __init__(self, kept: Mapping[str, Any] | None = None, packages: Packages = INSTALLED) -> None:
        """`kept` is the file's content; raises ReferenceUnreadable where it is something else."""
        self.packages = packages
        try:
            held = {} if kept is None else kept
            self._rules = {key: base64.b64decode(text) for key, text in held.get("zones", {}).items()}
            self._zones = {key: zone_from(key, rules) for key, rules in self._rules.items()}
            self._holidays: dict[str, dict[int, Mapping[str, str]]] = {
                calendar: {int(year): dict(days) for year, days in years.items()}
                for calendar, years in held.get("holidays", {}).items()
            }
            self._circles = {told: _codes(text) for told, text in held.get("circles", {}).items()}
        except (ValueError, TypeError, AttributeError) as problem:
            raise ReferenceUnreadable(f"it isn't the reference data of a revision: {problem}") from problem

    def has_zone(self, key: str) -> bool:
        return key in self._zones or self.packages.zone_file(key) is not None

    def zone(self, key: str) -> ZoneInfo:
        if key not in self._zones:
            rules = self.packages.zone_file(key)
            if rules is None:
                raise ValueError(f"time zone '{key}' doesn't exist")
            self._rules[key] = rules
            self._zones[key] = zone_from(key, rules)
        return self._zones[key]

    def holidays(self, calendar: str, year: int) -> Mapping[str, str]:
        years = self._holidays.setdefault(calendar, {})
        if year not in years:
            years[year] = self.packages.holidays(calendar, year)
        return years[year]

    def circle(self, miles: float, of: str) -> frozenset[str] | None:
        """The ZIP codes within; None where `of` is no place."""
        told = f"{miles} of {of}"
        if told not in self._circles:
            codes = self.packages.circle(miles, of)
            if codes is None:
                return None
            self._circles[told] = codes
        return self._circles[told]

    def frozen(self, format_number: int, year: int) -> str:
        """The file's text: all that was asked for, holidays for the years around that of the publishing."""
        years = range(year - YEARS_BACK, year + YEARS_AHEAD + 1)
        document: JsonObject = {
            "format": format_number,
            "zones": {key: base64.b64encode(rules).decode("ascii") for key, rules in self._rules.items()},
            "holidays": {
                calendar: {str(each): dict(self.holidays(calendar, each)) for each in years}
                for calendar in self._holidays
            },
            "circles": {told: _ranges(codes) for told, codes in self._circles.items()},
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@cache
def first_format() -> Mapping[str, Any]:
    """What stands in for the reference data of revisions that bring none."""
    kept = json.loads(Path(__file__).with_name("first_format.json").read_text("utf-8"))
    zones = kept["zones"]
    same = {key: zones[other] for key, other in kept["same_zones"].items()}
    return {"zones": {**zones, **same}, "holidays": kept["holidays"]}


def read_reference(text: str) -> dict[str, Any]:
    """The file's content, its format among it; raises ReferenceUnreadable."""
    try:
        kept = json.loads(text)
    except ValueError as problem:
        raise ReferenceUnreadable(f"it isn't JSON: {problem}") from problem
    if not isinstance(kept, dict) or type(kept.get("format")) is not int:
        raise ReferenceUnreadable("it has no format number")
    return kept


def _ranges(codes: Iterable[str]) -> str:
    """ "78610 78701-78705": neighbours have their codes in a row, which halves a long list."""
    runs: list[tuple[str, str]] = []
    for code in sorted(codes):
        if runs and int(runs[-1][1]) + 1 == int(code):
            runs[-1] = (runs[-1][0], code)
        else:
            runs.append((code, code))
    return " ".join(first if first == last else f"{first}-{last}" for first, last in runs)


def _codes(text: str) -> frozenset[str]:
    codes: set[str] = set()
    for run in text.split():
        first, _, last = run.partition("-")
        codes.update(f"{number:05d}" for number in range(int(first), min(int(last or first) + 1, _CODES)))
    return frozenset(codes)

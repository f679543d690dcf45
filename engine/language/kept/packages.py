"""What the installed packages say: time zones, holidays, where ZIP codes are.

An upgrade of one of them changes what they say. So a revision keeps what they said when it was published
(`reference`), and only a draft, or a revision older than that, asks them here.
"""

from __future__ import annotations

import io
import re
import zoneinfo
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from engine.exchange.calendars import HOLIDAY_CALENDARS

_ZONE = re.compile(r"[A-Za-z][\w+-]*(/[A-Za-z][\w+-]*)*", re.ASCII)
_POINT = re.compile(r"(-?\d{1,2}(?:\.\d+)?) *, *(-?\d{1,3}(?:\.\d+)?)", re.ASCII)


class Packages(Protocol):
    """Where reference data comes from that no revision brings."""

    def zone_file(self, key: str) -> bytes | None:
        """The zone's rules in TZif (RFC 9636); None where there is no such zone."""
        ...

    def holidays(self, calendar: str, year: int) -> Mapping[str, str]:
        """ISO date → the holiday's name. The calendar is one of HOLIDAY_CALENDARS."""
        ...

    def circle(self, miles: float, of: str) -> frozenset[str] | None:
        """The ZIP codes at most so far from a ZIP code or a point; None where that is no place."""
        ...


class InstalledPackages:
    """The system's time zones, else those of tzdata; holidays; zipcodes."""

    def zone_file(self, key: str) -> bytes | None:
        return _zone_file(key)

    def holidays(self, calendar: str, year: int) -> Mapping[str, str]:
        return _holidays(calendar, year)

    def circle(self, miles: float, of: str) -> frozenset[str] | None:
        from engine.understanding.zip_circles import zips_within  # the ZIP data, for areas alone

        centre = _centre(of)
        return None if centre is None else zips_within(miles, centre)


INSTALLED = InstalledPackages()


def zone_from(key: str, rules: bytes) -> ZoneInfo:
    """The clock that a TZif file describes."""
    return ZoneInfo.from_file(io.BytesIO(rules), key=key)


@cache
def _zone_file(key: str) -> bytes | None:
    """Looked for where Python's own `zoneinfo` looks, in its order."""
    if _ZONE.fullmatch(key) is None:
        return None
    for folder in zoneinfo.TZPATH:
        file = Path(folder, key)
        if file.is_file():
            return _rules(file.read_bytes())
    from importlib import resources  # a system with zones of its own does without

    *folders, name = key.split("/")
    try:
        return _rules(resources.files("tzdata.zoneinfo").joinpath(*folders, name).read_bytes())
    except (OSError, ModuleNotFoundError):
        return None


def _rules(content: bytes) -> bytes | None:
    """The file's content where it is a zone's: tables of zones lie among them."""
    return content if content.startswith(b"TZif") else None


@cache
def _holidays(calendar: str, year: int) -> Mapping[str, str]:
    import holidays  # half a second, and only for networks that close on holidays

    days = holidays.country_holidays(HOLIDAY_CALENDARS[calendar], years=year, language="en_US")
    return {day.isoformat(): name for day, name in sorted(days.items()) if day.year == year}


def _centre(of: str) -> tuple[float, float] | None:
    """Latitude and longitude."""
    from engine.understanding.zip_circles import point_of

    match = _POINT.fullmatch(of)
    if match is not None:
        return float(match[1]), float(match[2])
    return point_of(of)

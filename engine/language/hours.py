"""A buyer's `hours` as written → `Hours`: spans of days, windows of a day, days off."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from engine.exchange.calendars import HOLIDAY_CALENDARS
from engine.exchange.hours import WEEKDAYS
from engine.exchange.terms import Hours, Window
from engine.language.documents import Document, Pointer
from engine.language.lookup import mapping_at, text_at, value_at
from engine.language.mistakes import Mistakes, suggestion
from engine.language.shapes import subject

_DAYS = re.compile(rf"({'|'.join(WEEKDAYS)})(?:-({'|'.join(WEEKDAYS)}))?")
_WINDOW = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


@cache
def zones() -> frozenset[str]:
    """Every time zone's name."""
    return frozenset(available_timezones())


def check_zone(document: Document, path: Pointer, mistakes: Mistakes) -> None:
    """Whether the zone that is named there exists."""
    zone = text_at(document, path)
    if zone and zone not in zones():
        found = f"{subject(path)}'{zone}' is no time zone"
        mistakes.error(document.place(path), found, cure=suggestion_of_zone(zone))


def suggestion_of_zone(zone: str) -> str:
    """The nearest zone, or an example where none is near."""
    cure = suggestion(zone, zones())
    return cure if cure.startswith("did you mean") else "write one like America/Chicago"


def read_hours(document: Document, path: Pointer, mistakes: Mistakes) -> Hours | None:
    """The hours at a path; None where there are none or they are mistaken."""
    zone = text_at(document, (*path, "zone"))
    check_zone(document, (*path, "zone"), mistakes)
    windows: dict[int, tuple[Window, ...]] = {}
    for key in mapping_at(document, path):
        match = _DAYS.fullmatch(key)
        if match is None:
            continue  # zone, closed, or refused by the schema
        own = _windows(document, (*path, key), mistakes)
        for day in _days(document, (*path, key), match[1], match[2] or match[1], mistakes):
            if day in windows:
                found = f"{subject(path)}{WEEKDAYS[day]} is given twice, again by '{key}'"
                mistakes.error(document.key_place((*path, key)), found, cure="name each day once")
            windows[day] = own
    dates, calendars = _closed(document, (*path, "closed"), mistakes)
    if zone is None:
        return None
    if not windows and document.has(path):
        found = f"{subject(path)}its hours name no day, so it would never be open"
        mistakes.error(document.key_place(path), found, cure='add a line such as mon-fri: ["08:00-18:00"]')
    return Hours(zone, windows, dates, calendars, document.key_place(path))


def _days(document: Document, path: Pointer, first: str, last: str, mistakes: Mistakes) -> range:
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    if end < start:
        found = f"{subject(path)}the span '{path[-1]}' runs backwards; a week begins on mon"
        cure = f"write two lines, {first}-sun and mon-{last}".replace("sun-sun", "sun").replace(
            "mon-mon", "mon"
        )
        mistakes.error(document.key_place(path), found, cure=cure)
    return range(start, end + 1)


def _windows(document: Document, path: Pointer, mistakes: Mistakes) -> tuple[Window, ...]:
    listed = value_at(document, path)
    windows: list[Window] = []
    for index, text in enumerate(listed if isinstance(listed, list) else []):
        match = _WINDOW.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            continue
        start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
        place = document.place((*path, index))
        if start >= end:
            cure = "write the earlier time first; past midnight, end at 24:00 and go on the next day"
            mistakes.error(place, f"{subject(path)}the window {text} ends before it begins", cure=cure)
        elif any(start < other_end and other_start < end for other_start, other_end in windows):
            found = f"{subject(path)}the window {text} overlaps another of the same day"
            mistakes.error(place, found, cure="join the two, or move one")
        else:
            windows.append((start, end))
    return tuple(sorted(windows))


def _closed(document: Document, path: Pointer, mistakes: Mistakes) -> tuple[frozenset[str], tuple[str, ...]]:
    listed = value_at(document, path)
    dates: set[str] = set()
    calendars: list[str] = []
    for index, text in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(text, str):
            continue
        place = document.place((*path, index))
        if text in HOLIDAY_CALENDARS:
            calendars.append(text)
        elif not text[:1].isdigit():
            found = f"{subject(path)}'{text}' is no calendar of holidays"
            mistakes.error(place, found, cure=suggestion(text, HOLIDAY_CALENDARS))
        elif _is_date(text):
            dates.add(text)
        else:
            mistakes.error(
                place, f"{subject(path)}'{text}' is no day of the calendar", expected='"2026-12-24"'
            )
    return frozenset(dates), tuple(calendars)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

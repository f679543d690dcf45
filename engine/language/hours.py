"""A buyer's `hours` as written → `Hours`: spans of days, windows of a day, days off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from engine.exchange.calendars import HOLIDAY_CALENDARS
from engine.exchange.hours import DAY_MINUTES, WEEKDAYS
from engine.exchange.terms import Hours, Window
from engine.language.mistakes import Mistakes, suggestion
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at

_DAYS = re.compile(rf"({'|'.join(WEEKDAYS)})(?:-({'|'.join(WEEKDAYS)}))?")
_LONGEST_NIGHT = 16 * 60  # minutes; a longer window past midnight is likely two times in the wrong order

_WINDOW = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


@cache
def zones() -> frozenset[str]:
    """Every time zone's name."""
    return frozenset(available_timezones())


def check_zone(document: Document, path: Pointer, mistakes: Mistakes) -> None:
    """Whether the zone that is named there exists."""
    zone = text_at(document, path)
    is_known = zone in zones() if mistakes.is_judging else not zone or document.reference.has_zone(zone)
    if zone and not is_known:
        found = f"{subject(path)}'{zone}' isn't a time zone"
        mistakes.error(document.place(path), found, cure=suggestion_of_zone(zone))


def suggestion_of_zone(zone: str) -> str:
    """The nearest zone, or an example where none is near."""
    cure = suggestion(zone, zones())
    return cure if cure.startswith("did you mean") else "use one such as America/Chicago"


def hours_at(
    document: Document, path: Pointer, schedules: Mapping[str, Hours | None], mistakes: Mistakes
) -> Hours | None:
    """The hours at a path, written out or by the name of a schedule; None where there are none."""
    name = text_at(document, path)
    if name is None:
        return read_hours(document, path, mistakes)
    if name not in schedules:
        found = f"{subject(path)}schedule '{name}' doesn't exist"
        mistakes.error(document.place(path), found, cure=suggestion(name, schedules))
    return schedules.get(name)


def read_hours(document: Document, path: Pointer, mistakes: Mistakes) -> Hours | None:
    """The hours that are written out at a path; None where there are none or they are mistaken."""
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
                found = f"{subject(path)}{WEEKDAYS[day]} is given twice; '{key}' repeats it"
                mistakes.refuse(document.key_place((*path, key)), found, cure="name each day once")
            windows[day] = own
    closed, calendars = _closed(document, (*path, "closed"), mistakes)
    dates = _dates(document, (*path, "dates"), closed, mistakes)
    if zone is None:
        return None
    if not windows and not dates and document.has(path):
        found = f"{subject(path)}its hours have no days, so it would never be open"
        mistakes.refuse(document.key_place(path), found, cure='add a line such as mon-fri: ["08:00-18:00"]')
    return Hours(zone, windows, closed, calendars, document.key_place(path), dates)


def _dates(
    document: Document, path: Pointer, closed: frozenset[str], mistakes: Mistakes
) -> dict[str, tuple[Window, ...]]:
    """The days that have windows of their own."""
    dates: dict[str, tuple[Window, ...]] = {}
    for day in mapping_at(document, path):
        place = document.key_place((*path, day))
        if not _is_date(day):
            mistakes.refuse(place, f"{subject(path)}'{day}' isn't a date", expected='"2026-12-24"')
        if day in closed:
            found = f"{subject(path)}{day} is closed, but it also has hours of its own"
            mistakes.refuse(place, found, cure="remove it from 'closed' or from 'dates'")
        dates[day] = _windows(document, (*path, day), mistakes)
    return dates


def _days(document: Document, path: Pointer, first: str, last: str, mistakes: Mistakes) -> range:
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    if end < start:
        found = f"{subject(path)}the span '{path[-1]}' runs backwards; weeks start on mon"
        cure = f"write two lines, {first}-sun and mon-{last}".replace("sun-sun", "sun").replace(
            "mon-mon", "mon"
        )
        mistakes.refuse(document.key_place(path), found, cure=cure)
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
        if end < start:
            end += DAY_MINUTES  # past midnight, into the next day
            if end - start > _LONGEST_NIGHT:
                found = f"{subject(path)}window {text} runs past midnight for {(end - start) // 60} hours"
                mistakes.warn(place, found, cure="if you didn't mean that, write the earlier time first")
        if start == end:
            cure = 'write "00:00-24:00" for a whole day'
            mistakes.error(place, f"{subject(path)}window {text} is empty", cure=cure)
        elif any(start < other_end and other_start < end for other_start, other_end in windows):
            found = f"{subject(path)}window {text} overlaps another on the same day"
            mistakes.error(place, found, cure="merge the two, or move one")
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
            found = f"{subject(path)}'{text}' isn't a holiday calendar"
            mistakes.error(place, found, cure=suggestion(text, HOLIDAY_CALENDARS))
        elif _is_date(text):
            dates.add(text)
        else:
            mistakes.error(place, f"{subject(path)}'{text}' isn't a date", expected='"2026-12-24"')
    return frozenset(dates), tuple(calendars)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

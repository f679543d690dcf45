"""Is a buyer open at an instant, by the clock on its own wall?

Rules
1. Instants are milliseconds since 1970, UTC; they become wall time in the schedule's zone, so a window
   keeps its hours when daylight saving begins or ends. An hour that comes twice is open twice.
2. A window holds its first minute and not its last: 08:00-12:00 is open at 08:00:00 and closed at 12:00:00.
3. A window belongs to the day on which it begins, also where it ends in the next: fri 22:00-02:00 is open
   on Saturday at 01:59. On the morning after a closed day nothing of that day's goes on.
4. A closed date or holiday closes the whole day, whatever the windows say. A date with windows of its own
   has these alone, whether or not it is a holiday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.exchange.almanac import Almanac
from engine.exchange.terms import Hours, Window

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DAY_MINUTES = 24 * 60

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether it is open, and what says so, as a trace shows it.

    `values` has `local`, the time on the wall ("Mon 12:31"), and `closed`, the date or the holiday that
    closes the day, where one does.
    """

    is_open: bool
    values: Mapping[str, str]

    def __str__(self) -> str:
        return ", ".join(self.values.values())


@dataclass(frozen=True, slots=True)
class NamedSchedule:
    """Hours that the network has under `schedules`: the market knows them (`Market.schedule`)."""

    name: str


class Schedule:
    """Hours made ready to be asked. Schedules of one `text` are open at the same instants."""

    __slots__ = (
        *("_almanac", "_calendars", "_closed_dates", "_dates", "_passes_midnight", "_windows"),
        *("text", "zone"),
    )

    def __init__(self, hours: Hours, almanac: Almanac) -> None:
        self.text = hours_text(hours)
        self.zone = almanac.zone(hours.zone)
        self._almanac = almanac
        self._windows = tuple(tuple(hours.windows.get(day, ())) for day in range(7))
        self._closed_dates = hours.closed_dates
        self._dates = hours.dates
        self._calendars = hours.closed_holidays
        every = (*self._windows, *hours.dates.values())
        self._passes_midnight = any(end > DAY_MINUTES for windows in every for _, end in windows)
        for calendar in self._calendars:
            almanac.holidays(calendar, 2026)  # any year: it loads the calendar now and not in a call

    def at(self, instant_ms: int) -> Opening:
        local = local_time(instant_ms, self.zone)
        today = local.date()
        spoken = f"{WEEKDAYS[today.weekday()].capitalize()} {local:%H:%M}"
        closed_for = self._closed_for(today)
        if closed_for:
            return Opening(False, {"local": spoken, "closed": closed_for})
        minute = local.hour * 60 + local.minute
        is_open = any(start <= minute < end for start, end in self._windows_of(today))
        return Opening(is_open or self._goes_on(today, minute), {"local": spoken})

    def _goes_on(self, today: date, minute: int) -> bool:
        """Whether a window of yesterday's is still open."""
        if not self._passes_midnight:
            return False
        yesterday = today - timedelta(days=1)
        since_then = DAY_MINUTES + minute
        return any(start <= since_then < end for start, end in self._windows_of(yesterday)) and not (
            self._closed_for(yesterday)
        )

    def _windows_of(self, day: date) -> tuple[Window, ...]:
        own = self._dates.get(day.isoformat()) if self._dates else None
        return self._windows[day.weekday()] if own is None else own

    def _closed_for(self, today: date) -> str:
        if not (self._closed_dates or self._calendars):
            return ""
        day = today.isoformat()
        if day in self._closed_dates:
            return day
        if day in self._dates:
            return ""
        for calendar in self._calendars:
            holiday = self._almanac.holidays(calendar, today.year).get(day)
            if holiday is not None:
                return holiday
        return ""


def local_time(instant_ms: int, zone: ZoneInfo) -> datetime:
    """The wall time of an instant, exact to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=instant_ms)).astimezone(zone)


def hours_text(hours: Hours) -> str:
    """The whole agreement in one line, as traces show it: days of like windows together."""
    runs: list[tuple[int, int, tuple[Window, ...]]] = []
    for day in range(7):
        windows = tuple(sorted(hours.windows.get(day, ())))
        if windows and runs and runs[-1][1] == day - 1 and runs[-1][2] == windows:
            runs[-1] = (runs[-1][0], day, windows)
        elif windows:
            runs.append((day, day, windows))
    opened = "; ".join(f"{_days(first, last)} {_told(windows)}" for first, last, windows in runs)
    closed = ", ".join((*hours.closed_holidays, *sorted(hours.closed_dates)))
    told = f"hours {opened or 'never'} {hours.zone}" + (f", closed {closed}" if closed else "")
    for special, windows in sorted(hours.dates.items()):
        told += f", {special} {_told(windows) or 'closed'}"
    return told


def window_starts(instant_ms: int, zone: ZoneInfo) -> tuple[int, int, int]:
    """When the hour, the day and the month of this instant began in the zone: what caps count from.

    An hour that comes twice counts as two. A day whose midnight is skipped begins at its first instant.
    """
    local = local_time(instant_ms, zone)
    into_hour_ms = (local.minute * 60 + local.second) * 1000 + local.microsecond // 1000
    day = datetime(local.year, local.month, local.day, tzinfo=zone)
    month = day.replace(day=1)
    return instant_ms - into_hour_ms, _instant_ms(day), _instant_ms(month)


def _instant_ms(local: datetime) -> int:
    return (local - _EPOCH) // timedelta(milliseconds=1)


def _days(first: int, last: int) -> str:
    return WEEKDAYS[first] if first == last else f"{WEEKDAYS[first]}-{WEEKDAYS[last]}"


def _told(windows: Iterable[Window]) -> str:
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in windows)


def _clock(minute: int) -> str:
    if minute > DAY_MINUTES:
        minute -= DAY_MINUTES
    return f"{minute // 60:02d}:{minute % 60:02d}"

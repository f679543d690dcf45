"""When and from where generated callers call: whatever the terms of either network tell apart.

Every edge of every window of hours, every day that is an exception, both sides of each bound that a condition
sets to the time of a call, the numbers that conditions and lists name, the ZIP codes that no clause tells
apart as one area.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.core.conditions import Clause
from engine.core.flow import Flow
from engine.exchange.almanac import Almanac
from engine.exchange.hours import DAY_MINUTES, Schedule, hours_text
from engine.exchange.terms import Buyer, Campaign, Hours, Network, Terms, Window

FIRST_DAY = date(2026, 11, 22)  # a Sunday; the week has a holiday
DAYS = 7
MOST_EDGES = 4_000

_MINUTE = timedelta(minutes=1)
_CLOCK = re.compile(r'"([01]\d|2[0-3]):([0-5]\d)"', re.ASCII)
_DATE = re.compile(r'"(\d{4}-\d{2}-\d{2})"', re.ASCII)
_NUMBER = re.compile(r'"(\+\d{1,15})"', re.ASCII)
_WHOLE = re.compile(r"(?<![\w\"])(\d{1,2})(?![\w\"])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Occasions:
    """What callers of both networks are drawn from."""

    zone: ZoneInfo
    wanted_codes: Sequence[str] = ()  # from where some buyer takes some caller
    areas: Sequence[Sequence[str]] = ()  # ZIP codes that no clause tells apart
    edges: Sequence[int] = ()  # instants around which something opens, closes or turns
    numbers: Sequence[str] = ()  # callers whom a list or a condition names, or how their numbers begin
    spans: Sequence[int] = ()  # how long ago an earlier call matters, in milliseconds


def edges_of(networks: Iterable[Network], flows: Iterable[Flow]) -> list[int]:
    """Instants on both sides of every edge, earliest first; of very many, so many drawn evenly."""
    found: set[int] = set()
    for network in networks:
        days = _days_of_week()
        zone = network.almanac.zone(network.zone)
        for clause in _clauses(network):
            found.update(_edges_of_clause(clause, days, zone))
        schedules = [*network.schedules.values(), *(b.hours for b in network.buyers.values() if b.hours)]
        for hours in {hours_text(each): each for each in schedules}.values():
            found.update(_edges_of_hours(hours, network.almanac))
        midnights = (datetime.combine(day, time(), zone) for day in days)
        found.update(_ms(each) for midnight in midnights for each in (midnight - _MINUTE, midnight))
    for flow in flows:
        for schedule in _schedules(flow):
            found.update(_openings(schedule))
    edges = sorted(found)
    if len(edges) > MOST_EDGES:
        edges = sorted(random.Random(0).sample(edges, MOST_EDGES))  # noqa: S311  no secret
    return edges


def numbers_of(networks: Iterable[Network]) -> list[str]:
    """The numbers and the beginnings of numbers that the networks know callers by."""
    found: set[str] = set()
    for network in networks:
        if network.callers is not None:
            found.update(network.callers.blocked, network.callers.blocked_prefixes)
        for clause in _clauses(network):
            if "call.from" in clause.names:
                found.update(_NUMBER.findall(clause.text))
    return sorted(found)


def _schedules(flow: Flow) -> Iterator[Schedule]:
    """The hours that nodes of the flow have written out."""
    for placed in flow.nodes.values():
        if is_dataclass(placed.node):
            held = (getattr(placed.node, setting.name) for setting in fields(placed.node))
            yield from (each for each in held if isinstance(each, Schedule))


def spans_of(networks: Iterable[Network]) -> list[int]:
    """Within what time the networks' terms look for earlier calls."""
    found: set[int] = set()
    for network in networks:
        parties: list[Buyer | Campaign] = [*network.buyers.values(), *network.campaigns.values()]
        found.update(each.duplicates.within_ms for each in parties if each.duplicates is not None)
        found.update(each.duplicates.within_ms for each in _terms(network) if each.duplicates is not None)
    return sorted(found)


def _terms(network: Network) -> list[Terms]:
    payouts = (campaign.payout for campaign in network.campaigns.values())
    billables = (buyer.billable for buyer in network.buyers.values())
    return [*(each for each in payouts if each is not None), *billables]


def _clauses(network: Network) -> list[Clause]:
    conditions = [each.when for each in _terms(network)]
    for buyer in network.buyers.values():
        conditions += (buyer.area, buyer.accepts)
    leaves = [leaf for condition in conditions if condition is not None for leaf in condition.leaves()]
    return list({leaf.text: leaf for leaf in leaves}.values())


def _edges_of_clause(clause: Clause, days: Sequence[date], zone: ZoneInfo) -> Iterator[int]:
    """Both sides of every time of day and every date that the clause names."""
    if "call.date" in clause.names:
        for written in _DATE.findall(clause.text):
            if (day := _date(written)) is not None:
                yield from (_ms(datetime.combine(day + timedelta(n), time(12), zone)) for n in (-1, 0, 1))
    clocks = [time(int(hour), int(minute)) for hour, minute in _CLOCK.findall(clause.text)]
    clocks += [time(int(hour)) for hour in _WHOLE.findall(clause.text) if int(hour) < 24]
    if {"call.hour", "call.time"} & {*clause.names}:
        for at in (datetime.combine(day, clock, zone) for day in days for clock in clocks):
            yield from (_ms(at - _MINUTE), _ms(at), _ms(at + timedelta(hours=1)))


def _edges_of_hours(hours: Hours, almanac: Almanac) -> Iterator[int]:
    zone = almanac.zone(hours.zone)
    for day in sorted({*_days_of_week(), *_exceptions(hours, almanac)}):
        windows = hours.dates.get(day.isoformat(), hours.windows.get(day.weekday(), ()))
        yield _ms(datetime.combine(day, time(12), zone))
        yield from _edges_of_windows(day, windows, zone)


def _edges_of_windows(day: date, windows: Iterable[Window], zone: ZoneInfo) -> Iterator[int]:
    for minute in (minute for window in windows for minute in window):
        clock = time(*divmod(minute % DAY_MINUTES, 60))
        at = datetime.combine(day + timedelta(minute // DAY_MINUTES), clock, zone)
        yield from (_ms(at - _MINUTE), _ms(at))


def _exceptions(hours: Hours, almanac: Almanac) -> Iterator[date]:
    """Days with hours of their own, and holidays from the first day to a year later."""
    for written in (*hours.closed_dates, *hours.dates):
        if (day := _date(written)) is not None:
            yield day
    last = FIRST_DAY.replace(year=FIRST_DAY.year + 1)
    for calendar in hours.closed_holidays:
        for year in (FIRST_DAY.year, last.year):
            days = (_date(written) for written in almanac.holidays(calendar, year))
            yield from (day for day in days if day is not None and FIRST_DAY <= day < last)


def _openings(schedule: Schedule) -> Iterator[int]:
    """Where a schedule whose windows are its own secret opens or closes within the week."""
    at = _ms(datetime.combine(FIRST_DAY, time(), schedule.zone))
    was_open = schedule.at(at).is_open
    for _ in range(DAYS * 24 * 12):
        at += 300_000
        if (is_open := schedule.at(at).is_open) != was_open:
            was_open = is_open
            yield from (at - 300_000, at)


def _days_of_week() -> list[date]:
    return [FIRST_DAY + timedelta(day) for day in range(DAYS)]


def _date(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _ms(at: datetime) -> int:
    return int(at.timestamp()) * 1000

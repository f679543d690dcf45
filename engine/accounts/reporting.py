"""Reports and their days, as the command and the API show them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from engine.accounts.funnels import funnel
from engine.accounts.report_rows import NodeRow, Rows, counted
from engine.accounts.revisions import revision_if_readable
from engine.exchange.market import NetworkMarket
from engine.language.networks import DEFAULT_ZONE
from engine.store.errors import ReportRefused
from engine.store.reports.counts import Span
from engine.store.store import Store

ReportBy = Literal["campaign", "publisher", "buyer", "node", "reason", "day"]
REPORTS: tuple[ReportBy, ...] = get_args(ReportBy)
DAYS = (date(1970, 1, 2), date(9998, 12, 30))  # whose midnights are instants in every zone


async def network_zone(store: Store) -> ZoneInfo:
    """The zone of the network that was put into service last."""
    for name in (await store.revisions())[:1]:
        revision = await revision_if_readable(store, name)
        if revision is not None and isinstance(revision.market, NetworkMarket):
            return ZoneInfo(revision.market.network.zone)
    return ZoneInfo(DEFAULT_ZONE)


def span_of(first: date | None, last: date | None, campaign: str | None, zone: ZoneInfo) -> Span:
    """From the first day's midnight to the end of the last day, by the zone's calendar.

    Raises ReportRefused for days that cannot be meant, or that run backwards.
    """
    for found in (first, last):
        if found is not None and not DAYS[0] <= found <= DAYS[1]:
            raise ReportRefused(f"found the day {found}; expected one from {DAYS[0]} to {DAYS[1]}")
    if first is not None and last is not None and last < first:
        raise ReportRefused(f"the first day, {first}, is after the last, {last}; swap them")
    return Span(
        None if first is None else _midnight_ms(first, zone),
        None if last is None else _midnight_ms(last + timedelta(days=1), zone),
        campaign,
    )


async def report(store: Store, by: ReportBy, span: Span, zone: ZoneInfo) -> Rows:
    """The report's rows. Raises ReportRefused."""
    if by == "node":
        return [NodeRow.of(one) for one in await funnel(store, span)]
    found = await store.books.report(by, span, zone)
    return cast(Rows, [counted(by, row, found.currency) for row in found.rows])


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)

"""Reports and their days, as the command and the API show them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from engine.accounts.funnels import funnel
from engine.accounts.report_rows import NodeRow, Rows, counted
from engine.accounts.revisions import revision_if_readable
from engine.exchange.market import NetworkMarket
from engine.exchange.terms import Network
from engine.language.mistakes import suggestion
from engine.language.networks import DEFAULT_ZONE
from engine.store.errors import ReportRefused
from engine.store.reports.names import Name
from engine.store.reports.spans import Span
from engine.store.store import Store
from engine.wording.ledger import chain_sentence

ReportBy = Literal["campaign", "publisher", "buyer", "node", "reason", "day", "tag"]
REPORTS: tuple[ReportBy, ...] = get_args(ReportBy)
DAYS = (date(1970, 1, 2), date(9998, 12, 30))  # whose midnights are instants in every zone


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls are asked for: of these days, these parties, with `tag` (NAME, or NAME=VALUE).

    `practice` asks for the practice calls instead of the others.
    """

    first: date | None = None
    last: date | None = None
    campaign: str | None = None
    publisher: str | None = None
    buyer: str | None = None
    tag: str | None = None
    practice: bool = False


async def network_zone(store: Store) -> ZoneInfo:
    """The zone of the network that was put into service last."""
    network = await _network(store)
    return ZoneInfo(DEFAULT_ZONE if network is None else network.zone)


def span_of(asked: Asked, zone: ZoneInfo) -> Span:
    """From the first day's midnight to the end of the last day, by the zone's calendar.

    Raises ReportRefused for days that cannot be meant, or that run backwards.
    """
    first, last = asked.first, asked.last
    for found in (first, last):
        if found is not None and not DAYS[0] <= found <= DAYS[1]:
            raise ReportRefused(f"found the day {found}; expected one from {DAYS[0]} to {DAYS[1]}")
    if first is not None and last is not None and last < first:
        raise ReportRefused(f"the first day, {first}, is after the last, {last}; swap them")
    tag, is_valued, value = (asked.tag or "").partition("=")
    return Span(
        None if first is None else _midnight_ms(first, zone),
        None if last is None else _midnight_ms(last + timedelta(days=1), zone),
        asked.campaign,
        asked.publisher,
        asked.buyer,
        tag or None,
        value if is_valued else None,
        asked.practice,
    )


async def _check_chains(store: Store, span: Span) -> None:
    """Raise ReportRefused where a chain that counts is broken: its amounts prove nothing."""
    broken = await store.audits.broken(span)
    if broken is not None:
        said = chain_sentence(broken.code, broken.details)
        whose = f"the ledger of {broken.party}" if broken.party else "the ledger"
        raise ReportRefused(
            f"{whose} is broken: {said}; `cordboard ledger verify` has all; "
            "add --even-if-broken (over the API even_if_broken=true) to report all the same"
        )


async def check_names(store: Store, span: Span) -> None:
    """Raise ReportRefused for a campaign, publisher, buyer or tag that nothing here is of.

    A misspelt name must not answer with nothing, as if there had been no calls.
    """
    asked: tuple[tuple[Name, str | None], ...] = (
        ("campaign", span.campaign),
        ("publisher", span.publisher),
        ("buyer", span.buyer),
        ("tag", span.tag),
    )
    for kind, name in asked:
        if name is None or await store.books.occurs(kind, name):
            continue
        known = {*await store.books.names(kind), *_parties(await _network(store), kind)}
        if name not in known:
            cure = suggestion(name, known) or f"there is no {kind} yet"
            raise ReportRefused(f"{kind} '{name}' doesn't exist; {cure}")


async def report(
    store: Store, by: ReportBy, span: Span, zone: ZoneInfo, *, even_if_broken: bool = False
) -> Rows:
    """The report's rows. Raises ReportRefused, also for amounts of a ledger that is broken."""
    if by == "tag" and span.tag is None:
        raise ReportRefused("a report by tag needs the tag's name; add --tag NAME")
    if by != "tag" and span.tag is not None and span.tag_value is None:
        raise ReportRefused(f"found the tag '{span.tag}'; expected {span.tag}=VALUE, or a report by tag")
    await check_names(store, span)
    if by == "node":
        return [NodeRow.of(one) for one in await funnel(store, span)]
    if not even_if_broken:
        await _check_chains(store, span)
    found = await store.books.report(by, span, zone)
    return cast(Rows, [counted(by, row) for row in found.rows])


async def _network(store: Store) -> Network | None:
    """The network that was put into service last."""
    for name in (await store.revisions())[:1]:
        revision = await revision_if_readable(store, name)
        if revision is not None and isinstance(revision.market, NetworkMarket):
            return revision.market.network
    return None


def _parties(network: Network | None, kind: Name) -> Collection[str]:
    """Those of the network, which may have had no call yet."""
    if network is None or kind == "tag":
        return ()
    named: Mapping[Name, Collection[str]] = {
        "campaign": network.campaigns,
        "publisher": network.publishers,
        "buyer": network.buyers,
    }
    return named[kind]


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)

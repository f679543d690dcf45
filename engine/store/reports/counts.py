"""Reports: what became of calls, counted in the database by campaign, publisher, buyer, reason, day or tag.

Rules
1. A call belongs to the moment at which it began, with all that came of it later: its corrections too.
2. Money is what stands in the ledger, by currency. A call is billed where revenue stands of it.
3. Talk time is that of bridged legs that ended, without what a broken stream kept apart; by the carrier where
   its record corrected ours.
4. A leg that failed for the carrier's sake or ours is no offer.
5. A phone call counts once, in however many records it is: as its first record is.
6. Practice calls are counted by themselves, and only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    Table,
    TableValuedAlias,
    case,
    distinct,
    func,
    literal,
    select,
    true,
)
from sqlalchemy import cast as cast_to

from engine.store.databases.transactions import Connection
from engine.store.reports.spans import Span, value_of_tag
from engine.store.tables.calls import phone_call
from engine.store.tables.legs import TALK_MS
from engine.store.tables.schema import calls, decisions, ledger, legs, verdicts

By = Literal["campaign", "publisher", "buyer", "reason", "day", "tag"]

NOT_JUDGED = "not_judged"  # the reason of a call of which no leg was judged
DAY_MS = 86_400_000

_c = calls.c
PHONE_CALL = phone_call(_c)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Turnover:
    """What stands of calls in one currency: of how many anything is owed, how much, what is paid for them."""

    billed: int = 0
    revenue_micros: int = 0
    payout_micros: int = 0

    @property
    def margin_micros(self) -> int:
        return self.revenue_micros - self.payout_micros


@dataclass(slots=True)
class Totals:
    """What became of the calls of one campaign, publisher, buyer, reason, day or value of a tag.

    Of a buyer: `qualified` are the calls that it could have taken, `calls` those that were offered to it,
    `answered` those that it picked up; `offers` are its legs, `accepted` those that it took. `money` is by
    currency, for amounts of two don't add up.
    """

    key: str
    calls: int = 0
    answered: int = 0
    qualified: int = 0
    bridged: int = 0
    money: dict[str, Turnover] = field(default_factory=dict)
    talks: int = 0
    talk_ms: int = 0
    offers: int = 0
    accepted: int = 0
    near_misses_by_buyer: int = 0
    near_misses_by_caller: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def billed(self) -> int:
        return sum(money.billed for money in self.money.values())


@dataclass(frozen=True, slots=True)
class CountReport:
    """One row a key, by name."""

    rows: tuple[Totals, ...]


async def totals(connection: Connection, by: By, span: Span, zone: ZoneInfo) -> CountReport:
    """Count them. Days begin at midnight of the zone."""
    counting = _Counting(connection, by, span)
    if by == "day":
        counting.day = await _day(connection, span, zone)
    if by == "buyer":
        await counting.eligible()
    else:
        await counting.calls()
        await counting.qualified()
    await counting.legs()
    await counting.verdicts()
    await counting.money()
    rows = counting.rows.values()
    if by == "day":
        for row in rows:
            row.key = (_EPOCH + timedelta(days=int(row.key))).date().isoformat()
    return CountReport(tuple(sorted(rows, key=lambda row: row.key)))


class _Counting:
    """Rows that fill, one query after the other."""

    def __init__(self, connection: Connection, by: By, span: Span) -> None:
        self.rows: dict[str, Totals] = {}
        self.day: ColumnElement[Any] = literal(0)
        self._connection = connection
        self._by = by
        self._span = span

    async def calls(self) -> None:
        key = self._key(calls).label("key")
        is_first = _c.again_of == ""
        number = func.sum(case((is_first, 1), else_=0))
        answered = func.sum(case((is_first & (_c.flow != ""), 1), else_=0))
        for name, *counted in await self._read(select(key, number, answered).group_by("key")):
            row = self._row(name)
            row.calls, row.answered = map(int, counted)

    async def qualified(self) -> None:
        d = decisions.c
        key = self._key(decisions).label("key")
        query = select(key, func.count(distinct(PHONE_CALL))).join_from(calls, decisions, d.call == _c.call)
        if self._span.buyer is not None:
            names = _names_in(d.eligible, self._connection.dialect.name)
            query = query.join(names, true()).where(names.c.value == self._span.buyer)
        able = self._span.begun(query.where(d.qualified).group_by("key"))
        for name, number in await self._connection.execute(able):
            self._row(name).qualified = number

    async def eligible(self) -> None:
        """By buyer: the calls that a decision found it able to take, whoever got them."""
        d = decisions.c
        names = _names_in(d.eligible, self._connection.dialect.name)
        buyer = names.c.value.label("buyer")  # no "key": SQLite's lists have a column of that name, the place
        query = select(buyer, func.count(distinct(PHONE_CALL))).join_from(calls, decisions, d.call == _c.call)
        able = query.join(names, true()).where(d.qualified).group_by(names.c.value)
        if self._span.buyer is not None:
            able = able.where(names.c.value == self._span.buyer)
        for name, number in await self._connection.execute(self._span.begun(able)):
            self._row(name).qualified = number

    async def legs(self) -> None:
        g = legs.c
        key = self._key(legs).label("key")
        bridged = case((g.bridged_at_ms.is_not(None), PHONE_CALL))
        query = select(
            key,
            func.count(distinct(PHONE_CALL)),
            func.count(),
            func.count(g.accepted_at_ms),
            func.count(distinct(case((g.answered_at_ms.is_not(None), PHONE_CALL)))),
            func.count(distinct(bridged)),
            func.count(TALK_MS),
            func.coalesce(func.sum(TALK_MS), 0),
        ).join_from(calls, legs, g.call == _c.call)
        own = self._span.owned(query.where(g.buyer.is_not(None), ~g.is_ours).group_by("key"), legs)
        for name, *counts in await self._read(own):
            row = self._row(name)
            offered, row.offers, row.accepted, answered, *talked = map(int, counts)
            row.bridged, row.talks, row.talk_ms = talked
            if self._by == "buyer":
                row.calls, row.answered = offered, answered

    async def verdicts(self) -> None:
        v = verdicts.c
        key = self._key(verdicts).label("key")
        query = select(key, v.reason, v.near_miss_by, func.count()).join_from(
            calls, verdicts, v.call == _c.call
        )
        grouped = self._span.owned(query.group_by("key", v.reason, v.near_miss_by), verdicts)
        for name, reason, near_miss_by, number in await self._read(grouped):
            row = self._row(name)
            row.reasons[reason] = row.reasons.get(reason, 0) + number
            row.near_misses_by_buyer += number if near_miss_by == "buyer" else 0
            row.near_misses_by_caller += number if near_miss_by == "caller" else 0

    async def money(self) -> None:
        """What stands of each call first, for a call is billed where anything does."""
        bill = ledger.alias("bill")
        e = ledger.c
        kind = func.coalesce(bill.c.kind, e.kind)
        key = self._key(ledger).label("key")
        amounts_of_calls = (
            select(
                key,
                e.currency,
                func.sum(case((kind == "revenue", e.amount_micros), else_=0)).label("revenue"),
                func.sum(case((kind == "payout", e.amount_micros), else_=0)).label("payout"),
            )
            .join_from(calls, ledger, e.call == _c.call)
            .outerjoin(bill, bill.c.entry == e.corrects)
            .group_by("key", PHONE_CALL, e.currency)
        )
        standing = self._span.owned(self._span.of(amounts_of_calls), ledger).subquery()
        s = standing.c
        billed = func.sum(case((s.revenue > 0, 1), else_=0))
        sums = select(s.key, s.currency, billed, func.sum(s.revenue), func.sum(s.payout))
        found = await self._connection.execute(sums.group_by(s.key, s.currency).order_by(s.currency))
        for name, currency, *amounts in found:
            self._row(name).money[currency] = Turnover(*map(int, amounts))

    def _key(self, table: Table) -> ColumnElement[Any]:
        if self._by == "day":
            return self.day
        if self._by == "reason":
            return _reason(self._span.buyer)
        if self._by == "tag":
            return value_of_tag(self._span.tag or "")
        return cast("ColumnElement[Any]", table.c.buyer if self._by == "buyer" else _c[self._by])

    def _row(self, key: object) -> Totals:
        return self.rows.setdefault(str(key), Totals(str(key)))

    async def _read(self, query: Select[Any]) -> Iterable[Any]:
        return await self._connection.execute(self._span.of(query))


def _names_in(listed: ColumnElement[Any], dialect: str) -> TableValuedAlias:
    """A row for each name of a JSON list, in its column `value`."""
    if dialect == "postgresql":
        return func.json_array_elements_text(cast_to(listed, JSON)).table_valued("value")
    return func.json_each(listed).table_valued("value")


def _reason(buyer: str | None) -> ColumnElement[Any]:
    """Why the call was billed or not: the verdict that billed it, else the last one."""
    v = verdicts.alias("why")
    of_call = select(v.c.reason).where(v.c.call == _c.call)
    if buyer is not None:
        of_call = of_call.where(v.c.buyer == buyer)
    first = of_call.order_by(v.c.billable.desc(), v.c.seq.desc(), v.c.n.desc()).limit(1)
    return func.coalesce(first.correlate(calls).scalar_subquery(), NOT_JUDGED)


async def _day(connection: Connection, span: Span, zone: ZoneInfo) -> ColumnElement[Any]:
    """The number of the zone's day in which a call began, since 1970. A zone's offset changes a few times."""
    query = span.of(select(func.min(_c.started_at), func.max(_c.started_at)))
    first, last = (await connection.execute(query)).one()
    if first is None:
        return _c.started_at // DAY_MS
    changes = list(offsets(zone, int(first), int(last)))
    until, (_, last_ms) = changes[:-1], changes[-1]
    whens = [(_c.started_at < until_ms, offset_ms) for until_ms, offset_ms in until]
    offset = case(*whens, else_=last_ms) if whens else literal(last_ms)
    return (_c.started_at + offset) // DAY_MS


def offsets(zone: ZoneInfo, first_ms: int, last_ms: int) -> Iterable[tuple[int, int]]:
    """(until, offset) in milliseconds for every stretch of one offset from UTC between the two instants."""
    at_ms = first_ms
    while True:
        offset_ms, before_ms = _offset(zone, at_ms), at_ms
        while at_ms <= last_ms and _offset(zone, at_ms) == offset_ms:
            before_ms, at_ms = at_ms, at_ms + DAY_MS
        if at_ms > last_ms and _offset(zone, last_ms) == offset_ms:
            yield last_ms + 1, offset_ms
            return
        while at_ms - before_ms > 1:
            middle_ms = (before_ms + at_ms) // 2
            if _offset(zone, middle_ms) == offset_ms:
                before_ms = middle_ms
            else:
                at_ms = middle_ms
        yield at_ms, offset_ms


def _offset(zone: ZoneInfo, at_ms: int) -> int:
    offset = (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone).utcoffset()
    return round((offset or timedelta()).total_seconds() * 1000)

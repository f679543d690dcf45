"""Figures of buyers over a span of time: what became of their calls, and who hung up just too early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from engine.store.databases.transactions import Connection
from engine.store.tables.calls import phone_call
from engine.store.tables.schema import calls, ledger, legs, verdicts

_l, _v = legs.c, verdicts.c


@dataclass(frozen=True, slots=True)
class BuyerFigures:
    """A buyer's calls: offered, answered, connected, billed; what stands of its bills.

    `near_misses_by_buyer` are the *buzzers*: talks that the buyer ended just before they would have been
    billed. `billed` calls are those of which revenue stands; `revenue` has what stands by currency, that of
    the newest bill last.
    """

    buyer: str
    offered: int
    answered: int
    connected: int
    near_misses_by_buyer: int
    near_misses_by_caller: int
    billed: int
    revenue: Mapping[str, int]


async def of_buyers(connection: Connection, since_ms: int) -> Sequence[BuyerFigures]:
    """Every buyer that was called in a call that began since then, by name."""
    judged = await _by_buyer(connection, _judged(since_ms))
    billed: dict[str, int] = {}
    revenue: dict[str, dict[str, int]] = {}
    for buyer, currency, number, micros in await connection.execute(_revenue(since_ms)):
        billed[buyer] = billed.get(buyer, 0) + int(number)
        revenue.setdefault(buyer, {})[currency] = int(micros)
    legs_ = await _by_buyer(connection, _legs(since_ms))
    return [
        _figures(buyer, legs_[buyer], judged.get(buyer, (0, 0)), billed.get(buyer, 0), revenue.get(buyer, {}))
        for buyer in sorted(legs_)
    ]


def _figures(
    buyer: str, offers: Sequence[int], misses: Sequence[int], billed: int, revenue: Mapping[str, int]
) -> BuyerFigures:
    offered, answered, connected = offers
    by_buyer, by_caller = misses
    return BuyerFigures(buyer, offered, answered, connected, by_buyer, by_caller, billed, revenue)


async def _by_buyer(connection: Connection, query: Select[tuple[object, ...]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for row in await connection.execute(query):
        buyer, *counts = cast("tuple[str, *tuple[int | None, ...]]", tuple(row))
        found[buyer] = tuple(int(count or 0) for count in counts)
    return found


def _counted(since_ms: int) -> tuple[ColumnElement[bool], ...]:
    return calls.c.started_at >= since_ms, calls.c.practice.is_(False)


def _legs(since_ms: int) -> Select[tuple[object, ...]]:
    counts = (func.count(), func.count(_l.answered_at_ms), func.count(_l.bridged_at_ms))
    of_calls = select(_l.buyer, *counts).join(calls, calls.c.call == _l.call)
    offered = of_calls.where(_l.buyer.is_not(None), ~_l.is_ours, *_counted(since_ms))
    return offered.group_by(_l.buyer)


def _judged(since_ms: int) -> Select[tuple[object, ...]]:
    counts = (
        _number(_v.near_miss_by == "buyer"),
        _number(_v.near_miss_by == "caller"),
    )
    of_calls = select(_v.buyer, *counts).join(calls, calls.c.call == _v.call)
    return of_calls.where(*_counted(since_ms)).group_by(_v.buyer)


def _revenue(since_ms: int) -> Select[Any]:
    """By buyer and currency: of how many calls something stands, and how much; the newest bill's last."""
    bill, e = ledger.alias("bill"), ledger.c
    newest = func.max(case((e.corrects.is_(None), e.entry)))  # a correction makes no bill newer
    of_calls = (
        select(e.buyer, e.currency, func.sum(e.amount_micros).label("stands"), newest.label("entry"))
        .join(calls, calls.c.call == e.call)
        .outerjoin(bill, bill.c.entry == e.corrects)
        .where(or_(e.kind == "revenue", bill.c.kind == "revenue"), calls.c.started_at >= since_ms)
        .group_by(e.buyer, e.currency, phone_call(calls.c))
        .subquery()
    )
    c = of_calls.c
    totals = select(c.buyer, c.currency, _number(c.stands > 0), func.sum(c.stands))
    return totals.group_by(c.buyer, c.currency).order_by(func.max(c.entry))


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))

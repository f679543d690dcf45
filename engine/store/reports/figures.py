"""Figures of buyers over a span of time: what became of their calls, and who hung up just too early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from engine.store.databases.transactions import Connection
from engine.store.tables.schema import calls, ledger, legs, verdicts

_l, _v = legs.c, verdicts.c


@dataclass(frozen=True, slots=True)
class BuyerFigures:
    """A buyer's calls: offered, answered, connected, billed; what stands of its bills.

    `near_misses_by_buyer` are the *buzzers*: talks that the buyer ended just before they would have been
    billed. Revenue is summed over currencies as it stands in the ledger.
    """

    buyer: str
    offered: int
    answered: int
    connected: int
    billed: int
    near_misses_by_buyer: int
    near_misses_by_caller: int
    revenue_micros: int


async def of_buyers(connection: Connection, since_ms: int) -> Sequence[BuyerFigures]:
    """Every buyer that was called in a call that began since then, by name."""
    judged = await _by_buyer(connection, _judged(since_ms))
    revenue = await _by_buyer(connection, _revenue(since_ms))
    legs_ = await _by_buyer(connection, _legs(since_ms))
    return [
        BuyerFigures(buyer, *legs_[buyer], *judged.get(buyer, (0, 0, 0)), *revenue.get(buyer, (0,)))
        for buyer in sorted(legs_)
    ]


async def _by_buyer(connection: Connection, query: Select[tuple[object, ...]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for row in await connection.execute(query):
        buyer, *counts = cast("tuple[str, *tuple[int | None, ...]]", tuple(row))
        found[buyer] = tuple(int(count or 0) for count in counts)
    return found


def _legs(since_ms: int) -> Select[tuple[object, ...]]:
    counts = (func.count(), func.count(_l.answered_at_ms), func.count(_l.bridged_at_ms))
    of_calls = select(_l.buyer, *counts).join(calls, calls.c.call == _l.call)
    return of_calls.where(_l.buyer.is_not(None), calls.c.started_at >= since_ms).group_by(_l.buyer)


def _judged(since_ms: int) -> Select[tuple[object, ...]]:
    counts = (
        _number(_v.billable.is_(True)),
        _number(_v.near_miss_by == "buyer"),
        _number(_v.near_miss_by == "caller"),
    )
    of_calls = select(_v.buyer, *counts).join(calls, calls.c.call == _v.call)
    return of_calls.where(calls.c.started_at >= since_ms).group_by(_v.buyer)


def _revenue(since_ms: int) -> Select[tuple[object, ...]]:
    bill = ledger.alias("bill")
    standing = (
        select(ledger.c.buyer, func.sum(ledger.c.amount_micros))
        .join(calls, calls.c.call == ledger.c.call)
        .outerjoin(bill, bill.c.entry == ledger.c.corrects)
    )
    is_revenue = or_(ledger.c.kind == "revenue", bill.c.kind == "revenue")
    return standing.where(is_revenue, calls.c.started_at >= since_ms).group_by(ledger.c.buyer)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))

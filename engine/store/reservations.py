"""Reservations: a place under every cap of a buyer, taken whole or not at all.

States: held → used | freed | expired. A held one counts until its lease is over; whoever reserves next
marks it expired. A used one counts for ever, also if its lease was over before the call ended: the buyer
did get that call. Exact under any number of workers, for all of it happens in a writing transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.exchange.terms import Caps
from engine.store.schema import reservations
from engine.store.sqlite import insert

_c = reservations.c


@dataclass(frozen=True, slots=True)
class ReservationRequest:
    """A call asks for a place at a buyer. The starts of hour, day and month are the buyer's own."""

    reservation: str
    call: str
    buyer: str
    price_micros: int
    caps: Caps
    now_ms: int
    hour_start_ms: int
    day_start_ms: int
    month_start_ms: int
    lease_ms: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The place is the call's until it is released, or its lease is over."""

    reservation: str
    lease_until: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A cap is full: `code` names it (cap_concurrent, cap_day_spend, …), the sentence explains."""

    code: str
    sentence: str


class _Taken(NamedTuple):
    """What counts against each cap now."""

    concurrent: int
    hour: int
    day: int
    month: int
    total: int
    day_spend: int
    month_spend: int


async def reserve(connection: AsyncConnection, request: ReservationRequest) -> Granted | Refused:
    """Take the place if every cap has room. Asking again for a place that one has changes nothing."""
    await connection.execute(
        update(reservations)
        .where(_c.buyer == request.buyer, _c.state == "held", _c.lease_until <= request.now_ms)
        .values(state="expired", settled_at=request.now_ms)
    )
    query = select(_c.state, _c.lease_until).where(
        _c.call == request.call, _c.reservation == request.reservation
    )
    known = (await connection.execute(query)).one_or_none()
    if known is not None and known.state in ("held", "used"):
        return Granted(request.reservation, known.lease_until)
    if known is not None and known.state == "freed":
        return Refused("released", f"the place at {request.buyer} was already given back")
    if refused := await _refusal(connection, request):
        return refused
    return await _take(connection, request)


async def release(connection: AsyncConnection, call: str, reservation: str, used: bool, now_ms: int) -> None:
    """Settle a reservation, also one whose lease is over. The first settlement stands."""
    await connection.execute(
        update(reservations)
        .where(_c.call == call, _c.reservation == reservation, _c.state.in_(("held", "expired")))
        .values(state="used" if used else "freed", settled_at=now_ms)
    )


async def renew(connection: AsyncConnection, calls: Collection[str], until_ms: int, now_ms: int) -> None:
    """Lengthen the leases of what the calls hold.

    A lease that is over stays over: its place may already be another call's.
    """
    await connection.execute(
        update(reservations)
        .where(_c.call.in_(calls), _c.state == "held", _c.lease_until > now_ms, _c.lease_until < until_ms)
        .values(lease_until=until_ms)
    )


async def _take(connection: AsyncConnection, request: ReservationRequest) -> Granted:
    lease_until = request.now_ms + request.lease_ms
    taken = {
        "buyer": request.buyer,
        "price_micros": request.price_micros,
        "state": "held",
        "made_at": request.now_ms,
        "lease_until": lease_until,
        "settled_at": None,
    }
    await connection.execute(
        insert(reservations)
        .values(call=request.call, reservation=request.reservation, **taken)
        .on_conflict_do_update(index_elements=["call", "reservation"], set_=taken)  # it had expired
    )
    return Granted(request.reservation, lease_until)


async def _refusal(connection: AsyncConnection, request: ReservationRequest) -> Refused | None:
    caps, buyer = request.caps, request.buyer
    if caps == Caps():
        return None
    taken = await _taken(connection, request)
    counted = (
        ("cap_concurrent", taken.concurrent, caps.concurrent, "at once"),
        ("cap_hour", taken.hour, caps.hour, "this hour"),
        ("cap_day", taken.day, caps.day, "today"),
        ("cap_month", taken.month, caps.month, "this month"),
        ("cap_total", taken.total, caps.total, "in all"),
    )
    for code, count, limit, when in counted:
        if limit is not None and count >= limit:
            calls = "1 call" if count == 1 else f"{count} calls"
            return Refused(code, f"{buyer} already has {calls} {when}, its limit")
    spent = (
        ("cap_day_spend", taken.day_spend, caps.day_spend_micros, "today"),
        ("cap_month_spend", taken.month_spend, caps.month_spend_micros, "this month"),
    )
    for code, micros, limit, when in spent:
        if limit is not None and micros + request.price_micros > limit:
            return Refused(
                code,
                f"{buyer} has {_amount(micros)} {when}, and {_amount(request.price_micros)} more "
                f"would pass its limit of {_amount(limit)}",
            )
    return None


async def _taken(connection: AsyncConnection, request: ReservationRequest) -> _Taken:
    """Read in one pass over the buyer's reservations."""
    held = and_(_c.state == "held", _c.lease_until > request.now_ms)
    starts = (request.hour_start_ms, request.day_start_ms, request.month_start_ms)
    since = _c.made_at >= min(starts)
    counts: ColumnElement[bool] = or_(held, _c.state == "used")
    if request.caps.total is None:
        counts = or_(held, and_(_c.state == "used", since))
    query = select(
        _sum(case((held, 1), else_=0)).label("concurrent"),
        _sum(case((_c.made_at >= request.hour_start_ms, 1), else_=0)).label("hour"),
        _sum(case((_c.made_at >= request.day_start_ms, 1), else_=0)).label("day"),
        _sum(case((_c.made_at >= request.month_start_ms, 1), else_=0)).label("month"),
        func.count().label("total"),
        _sum(case((_c.made_at >= request.day_start_ms, _c.price_micros), else_=0)).label("day_spend"),
        _sum(case((_c.made_at >= request.month_start_ms, _c.price_micros), else_=0)).label("month_spend"),
    ).where(_c.buyer == request.buyer, counts)
    return _Taken(*(await connection.execute(query)).one())


def _sum(amount: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(amount), 0)


def _amount(micros: int) -> str:
    return f"{micros // 1_000_000}.{micros % 1_000_000 // 10_000:02d}"

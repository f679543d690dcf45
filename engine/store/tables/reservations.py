"""Reservations: a place under every cap that a call has to pass, taken whole or not at all.

Two things are known of a place. Its *state*: held → used | freed | expired; only a held one with a lease
that runs counts against `concurrent`. And what it *became*: pending until its call is over, then nothing,
a call, a connected or a billed one. A pending place counts for all that it may become, at its full price,
also when its worker died, for whoever closes the call may find it billable. So no cap is ever passed.
Exact under any number of workers, for all of it happens in a writing transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    distinct,
    false,
    func,
    not_,
    or_,
    select,
    update,
)

from engine.core.conditions import Details
from engine.core.limits import ScopedLimits, ScopeKind, What, Window
from engine.exchange.caps import full_cap
from engine.store.databases.database import insert, wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.tables import pauses, same_caller
from engine.store.tables.same_caller import Seeker
from engine.store.tables.schema import legs, reservations, verdicts

_c = reservations.c


@dataclass(frozen=True, slots=True)
class ReservationRequest:
    """A call asks for a place at a buyer, under the limits of every scope that has any.

    A call for `practice` is refused what any other would be, and takes no place from it.
    `seeker` is the call itself where the buyer refuses duplicates and the caller is known. Money of another
    `currency` doesn't count.
    """

    reservation: str
    call: str
    buyer: str
    price_micros: int
    now_ms: int
    lease_ms: int
    campaign: str = ""
    publisher: str = ""
    payout_micros: int = 0
    scopes: tuple[ScopedLimits, ...] = ()
    seeker: Seeker | None = None
    currency: str = ""
    practice: bool = False


@dataclass(frozen=True, slots=True)
class Granted:
    """The place is the call's until it is released, or its lease is over.

    `unpaid` names the cap that keeps the publisher from being paid for it; "" where it will be paid.
    """

    reservation: str
    lease_until: int
    unpaid: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A cap is full, the buyer paused, or it has the caller already.

    `code` names it (cap_day, paused, duplicate, …), `details` explain it.
    """

    code: str
    details: Details


async def reserve(connection: Connection, request: ReservationRequest) -> Granted | Refused:
    """Take the place if every cap has room. Asking again for a place that one has changes nothing."""
    await wait_for_turn(connection, f"pauses {request.buyer}", *_counted_together(request))
    asked = _asked(request)
    await connection.execute(_EXPIRE, asked)
    known = (await connection.execute(_KNOWN, asked)).one_or_none()
    if known is not None and known.state in ("held", "used"):
        return Granted(request.reservation, known.lease_until, known.unpaid)
    if known is not None and known.state == "freed":
        return Refused("released", {})
    if (why := await pauses.why_paused(connection, request.buyer, request.campaign)) is not None:
        return Refused("paused", {"why": why})
    if request.seeker is not None:
        beside = await same_caller.holder_beside(connection, request.seeker, request.buyer, request.campaign)
        if beside is not None:
            call, holder = beside
            return Refused("duplicate", {"had_by": holder, "in_call": call})
    unpaid = ""
    for scope in request.scopes:
        pays = request.payout_micros if scope.is_of_payouts else request.price_micros
        full = full_cap(scope, await _taken(connection, request, scope), pays)
        if full is not None and scope.kind != "payout":
            return Refused(*full)
        unpaid = full.code if full is not None else unpaid
    if request.practice:
        return Granted(request.reservation, request.now_ms + request.lease_ms, unpaid)
    return await _take(connection, request, unpaid)


async def release(connection: Connection, call: str, reservation: str, used: bool, now_ms: int) -> None:
    """End the holding of a place, also of one whose lease is over. The first release stands.

    One whose leg nobody answered became nothing. Others stay pending: answering alone may be billable.
    """
    was_answered = (
        select(legs.c.leg)
        .where(legs.c.call == call, legs.c.buyer == _c.buyer, legs.c.answered_at_ms.is_not(None))
        .exists()
    )
    became_nothing = false() if used else not_(was_answered)
    await connection.execute(
        update(reservations)
        .where(_c.call == call, _c.reservation == reservation, _c.state.in_(("held", "expired")))
        .values(
            state="used" if used else "freed",
            settled_at=now_ms,
            became=case((became_nothing, "nothing"), else_=_c.became),
            amount_micros=case((became_nothing, 0), else_=_c.amount_micros),
            payout_micros=case((became_nothing, 0), else_=_c.payout_micros),
        )
    )


async def settle(connection: Connection, call: str) -> None:
    """The call is over and judged: each of its places becomes what it came to."""
    columns = (_c.reservation, _c.buyer, _c.campaign, _c.state)
    query = select(*columns).where(_c.call == call, _c.became == "pending")
    pending = (await connection.execute(query.order_by(_c.made_at, _c.reservation))).all()
    if not pending:
        return
    v = verdicts.c
    judged = select(v.buyer, v.billable, v.revenue_micros, v.payout_micros).where(v.call == call)
    outcomes = (await connection.execute(judged)).all()
    bridged = select(legs.c.buyer).where(legs.c.call == call, legs.c.bridged_at_ms.is_not(None))
    connected = set((await connection.execute(bridged)).scalars())
    billed: set[str] = set()
    told: set[tuple[str, str]] = set()
    for place in pending:
        # A buyer that was tried twice has the call once: its first place carries the talk and the bill.
        own = [outcome for outcome in outcomes if outcome.buyer == place.buyer and place.buyer not in billed]
        is_told = (place.buyer, place.campaign) in told
        billed.add(place.buyer)
        told.add((place.buyer, place.campaign))
        if any(outcome.billable for outcome in own):
            became = "billed"
        elif not is_told and (place.buyer in connected or place.state == "used"):
            became = "connected"
        else:
            became = "call" if own else "nothing"
        await connection.execute(
            update(reservations)
            .where(_c.call == call, _c.reservation == place.reservation)
            .values(
                became=became,
                amount_micros=sum(outcome.revenue_micros for outcome in own),
                payout_micros=sum(outcome.payout_micros for outcome in own),
            )
        )


async def restate(
    connection: Connection, call: str, buyer: str, kind: Literal["revenue", "payout"], micros: int
) -> None:
    """A bill was corrected: caps of money count what stands, and what was given back is free again.

    A buyer that was tried twice has the bill in one of its places. How many calls were billed stays: caps of
    calls count those that came.
    """
    own = select(_c.reservation).where(_c.call == call, _c.buyer == buyer, _c.became != "pending")
    carries = case((_c.became == "billed", 0), (_c.became == "connected", 1), else_=2)
    first = (await connection.execute(own.order_by(carries, _c.made_at, _c.reservation).limit(1))).scalar()
    if first is not None:
        column = "amount_micros" if kind == "revenue" else "payout_micros"
        restated = update(reservations).where(_c.call == call, _c.reservation == first)
        await connection.execute(restated.values({column: micros}))


async def renew(connection: Connection, calls: Collection[str], until_ms: int, now_ms: int) -> None:
    """Lengthen the leases of what the calls hold.

    A lease that is over stays over: its place may already be another call's.
    """
    await connection.execute(
        update(reservations)
        .where(_c.call.in_(calls), _c.state == "held", _c.lease_until > now_ms, _c.lease_until < until_ms)
        .values(lease_until=until_ms)
    )


def _counted_together(request: ReservationRequest) -> Iterable[str]:
    """Whose counts decide, and who else must therefore not reserve meanwhile."""
    yield f"buyer {request.buyer}"
    if request.seeker is not None:
        yield same_caller.turn_of(request.seeker.caller_number)
    for scope in request.scopes:
        if scope.kind != "buyer":
            of_campaign = scope.kind == "campaign"
            yield f"campaign {request.campaign}" if of_campaign else f"publisher {request.publisher}"


async def _take(connection: Connection, request: ReservationRequest, unpaid: str) -> Granted:
    lease_until = request.now_ms + request.lease_ms
    taken = {
        "call": request.call,
        "reservation": request.reservation,
        "buyer": request.buyer,
        "campaign": request.campaign,
        "publisher": request.publisher,
        "price_micros": request.price_micros,
        "state": "held",
        "made_at": request.now_ms,
        "lease_until": lease_until,
        "settled_at": None,
        "became": "pending",
        "amount_micros": request.price_micros,
        "payout_micros": 0 if unpaid else request.payout_micros,
        "unpaid": unpaid,
        "currency": request.currency,
    }
    await connection.execute(_TAKE, taken)
    return Granted(request.reservation, lease_until, unpaid)


async def _taken(connection: Connection, request: ReservationRequest, scope: ScopedLimits) -> Sequence[int]:
    """What counts against each of the scope's limits now, in one pass over its windows."""
    kinds = tuple((limit.what, limit.window) for limit in scope.limits)
    starts = {f"since_{window}": scope.start_of(window) for _, window in kinds}
    asked = {**_asked(request), **starts, "since": min(starts.values(), default=0)}
    counts = (await connection.execute(_counting(scope.kind, kinds), asked)).one()
    return tuple(int(count) for count in counts)


# What is asked for every call is built once, and takes its values by these names.


def _asked(request: ReservationRequest) -> dict[str, object]:
    return {
        "of_call": request.call,
        "of_reservation": request.reservation,
        "of_buyer": request.buyer,
        "of_campaign": request.campaign,
        "of_publisher": request.publisher,
        "of_currency": request.currency,
        "now": request.now_ms,
    }


_IS_OWN = and_(_c.call == bindparam("of_call"), _c.reservation == bindparam("of_reservation"))
_OF_CURRENCY = or_(
    _c.currency == bindparam("of_currency", type_=String),
    _c.currency == "",
    bindparam("of_currency", type_=String) == "",
)
_OF_CAMPAIGN = _c.campaign == bindparam("of_campaign")
_OF_PUBLISHER = _c.publisher == bindparam("of_publisher")
_IS_OF: Mapping[ScopeKind, ColumnElement[bool]] = {
    "buyer": _c.buyer == bindparam("of_buyer"),
    "campaign": _OF_CAMPAIGN,
    "publisher": _OF_PUBLISHER,
    "payout": and_(_OF_CAMPAIGN, _OF_PUBLISHER),
}
_KNOWN = select(_c.state, _c.lease_until, _c.unpaid).where(_IS_OWN)
_EXPIRE = (
    update(reservations)
    .where(_IS_OF["buyer"], _c.state == "held", _c.lease_until <= bindparam("now"))
    .values(state="expired", settled_at=bindparam("now"))
)
_PLACE = insert(reservations)
_TAKE = _PLACE.on_conflict_do_update(  # it had expired
    index_elements=["call", "reservation"],
    set_={column.name: _PLACE.excluded[column.name] for column in _c if not column.primary_key},
)


@lru_cache(maxsize=256)
def _counting(kind: ScopeKind, kinds: tuple[tuple[What, Window], ...]) -> Select[Any]:
    """Counts against limits of these kinds in such a scope."""
    columns = [_count(what, window, kind).label(f"n{number}") for number, (what, window) in enumerate(kinds)]
    if all(window == "now" for _, window in kinds):  # only `concurrent`, which is a query of its own
        return select(*columns)
    counted = (_IS_OF[kind], _c.became != "nothing", _c.made_at >= bindparam("since"))
    return select(*columns).select_from(reservations).where(*counted)


def _count(what: What, window: Window, kind: ScopeKind) -> ColumnElement[Any]:
    """One limit's count. A call counts once in its campaign, however many of its buyers it tries."""
    if what == "concurrent":
        held = and_(_IS_OF[kind], _c.state == "held", _c.lease_until > bindparam("now"))
        counted = func.count() if kind == "buyer" else func.count(distinct(_c.call))
        others = not_(_IS_OWN) if kind == "buyer" else _c.call != bindparam("of_call")
        return select(counted).select_from(reservations).where(held, others).scalar_subquery()
    in_window = _c.made_at >= bindparam(f"since_{window}")
    if what == "spend":
        amount = _c.payout_micros if kind in ("payout", "publisher") else _c.amount_micros
        return _sum(case((and_(in_window, not_(_IS_OWN), _OF_CURRENCY), amount), else_=0))
    counts = and_(in_window, _c.call != bindparam("of_call"), *_became(what, kind))
    if kind == "buyer":
        return _sum(case((counts, 1), else_=0))
    return func.count(distinct(case((counts, _c.call))))


def _became(what: What, kind: ScopeKind) -> Iterable[ColumnElement[bool]]:
    if kind == "payout":
        yield _c.payout_micros > 0
    elif what == "connected":
        yield _c.became.in_(("pending", "connected", "billed"))
    elif what == "billed":
        yield _c.became.in_(("pending", "billed"))


def _sum(amount: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(amount), 0)

"""What carriers call the legs that we dialled, and which of them a carrier is yet to be asked about.

A leg is *lost* where its engine died before its end: nobody but the carrier knows how long it lasted. It is
asked until it says so (`carrier_records`), ever more rarely; how often it was, and when it is next, outlives
the engine that asks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select, update

from engine.core.erasing import ERASED
from engine.store.databases.database import insert
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import calls, carrier_legs, carrier_records

FIRST_WAIT_MS = 10_000
LONGEST_WAIT_MS = 6 * 60 * 60 * 1000
ASKED_FOR_MS = 30 * 24 * 60 * 60 * 1000  # a carrier that hasn't said it by then never will
AT_ONCE = 20

CarrierName = tuple[str, str]
"""A carrier, and its own name for a leg."""

_c, _r = carrier_legs.c, carrier_records.c


@dataclass(frozen=True, slots=True)
class CarrierLeg:
    """A leg of ours under the carrier's own name."""

    call: str
    leg: str
    carrier: str
    carrier_call: str


@dataclass(frozen=True, slots=True)
class LostLeg:
    """A leg whose length only its carrier knows. `is_given_up`: this was the last time to ask."""

    leg: CarrierLeg
    lost_at: int
    asked: int
    is_given_up: bool = False


@dataclass(frozen=True, slots=True)
class AwaitedLeg:
    """A lost leg whose length isn't known yet, and when its carrier is asked next; None: never again."""

    leg: CarrierLeg
    ask_at: int | None


async def keep(connection: Connection, leg: CarrierLeg) -> None:
    """Keep the carrier's name of a leg; the first one stands. A call that was forgotten has no names."""
    known = select(calls.c.call).where(calls.c.call == leg.call, calls.c.carrier_call != ERASED)
    if (await connection.execute(known)).scalar_one_or_none() is None:
        return
    row = {name: getattr(leg, name) for name in CarrierLeg.__dataclass_fields__}
    await connection.execute(insert(carrier_legs).on_conflict_do_nothing(), [row])


async def names(connection: Connection, call: str) -> dict[str, CarrierName]:
    """The carriers' names of the call's legs."""
    query = select(_c.leg, _c.carrier, _c.carrier_call).where(_c.call == call)
    rows = await connection.execute(query)
    return {str(row.leg): (str(row.carrier), str(row.carrier_call)) for row in rows}


async def lose(connection: Connection, call: str, legs: Collection[str], now_ms: int) -> None:
    """From now on the carrier is asked about these legs of the call. Losing one again changes nothing."""
    await connection.execute(
        update(carrier_legs)
        .where(_c.call == call, _c.leg.in_(legs), _c.lost_at.is_(None))
        .values(lost_at=now_ms, ask_at=now_ms)
    )


async def is_due(connection: Connection, now_ms: int) -> bool:
    """Whether there is any leg to ask about now."""
    due = select(_c.leg).where(_c.ask_at <= now_ms)
    return bool((await connection.execute(select(exists(due)))).scalar())


async def take_due(connection: Connection, now_ms: int) -> Sequence[LostLeg]:
    """The legs to ask about now, each put off until it is to be asked about again."""
    # What the carrier has told by itself meanwhile needs no asking.
    told = exists(select(_r.leg).where(_r.call == _c.call, _r.leg == _c.leg))
    await connection.execute(update(carrier_legs).where(_c.ask_at <= now_ms, told).values(ask_at=None))
    columns = (*(_c[name] for name in CarrierLeg.__dataclass_fields__), _c.lost_at, _c.asked)
    due = select(*columns).where(_c.ask_at <= now_ms).order_by(_c.ask_at, _c.call, _c.leg).limit(AT_ONCE)
    taken = []
    for *named, lost_at, asked in (await connection.execute(due)).all():
        leg = CarrierLeg(*named)
        again_at = now_ms + wait_ms(asked)
        is_given_up = again_at - lost_at > ASKED_FOR_MS
        mine = await connection.execute(
            update(carrier_legs)
            .where(_c.call == leg.call, _c.leg == leg.leg, _c.asked == asked)  # not taken by another worker
            .values(asked=asked + 1, ask_at=None if is_given_up else again_at)
        )
        if mine.rowcount == 1:
            taken.append(LostLeg(leg, lost_at, asked + 1, is_given_up))
    return taken


def wait_ms(asked: int) -> int:
    """How long after having asked so often before it is asked again."""
    return min(FIRST_WAIT_MS * int(3 ** min(asked, 20)), LONGEST_WAIT_MS)


async def lost(connection: Connection, call: str) -> tuple[AwaitedLeg, ...]:
    """The call's legs whose carrier hasn't said yet how long they lasted."""
    told = select(_r.leg).where(_r.call == call)
    columns = [_c[name] for name in CarrierLeg.__dataclass_fields__]
    query = select(*columns, _c.ask_at).where(_c.call == call, _c.lost_at.is_not(None), _c.leg.not_in(told))
    rows = await connection.execute(query.order_by(_c.leg))
    return tuple([AwaitedLeg(CarrierLeg(*named), ask_at) for *named, ask_at in rows])

"""Calls: who owns one, which were abandoned, who called before, and how one is found."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from engine.core.erasing import ERASED
from engine.core.events import CallArrived, Contact
from engine.store.databases.transactions import Connection
from engine.store.errors import AmbiguousCall, CallLost
from engine.store.tables.schema import calls, journal, ledger, legs

Columns: TypeAlias = Any
"""Those of `calls`, or of an alias of it."""

_c = calls.c


@dataclass(frozen=True, slots=True)
class Owner:
    """A worker in one of its lives; after a restart it is the same worker in another life."""

    worker: str
    life: str
    lease_ms: int


@dataclass(frozen=True, slots=True)
class AbandonedCall:
    """A call that has not ended and that nobody looks after. `last_seq` is its journal's last entry."""

    call: str
    revision: str
    last_seq: int


class CallPart(NamedTuple):
    """One record of a phone call."""

    call: str
    started_at: int


@dataclass(frozen=True, slots=True)
class LastPart:
    """The newest of a phone call's `records`. Its `reason` says how it ended, None while it is open."""

    records: int
    reason: str | None


async def open_calls(
    connection: Connection, arrivals: Sequence[CallArrived], owner: Owner, now_ms: int
) -> None:
    """Make the calls' rows, leased to their owner."""
    rows = [
        {
            "call": arrived.call,
            "carrier": arrived.carrier,
            "carrier_call": arrived.carrier_call,
            "from_number": arrived.caller_number,
            "to_number": arrived.called_number,
            "flow": "",
            "revision": "",
            "campaign": "",
            "publisher": "",
            "seed": arrived.seed,
            "started_at": arrived.started_at,
            "worker": owner.worker,
            "life": owner.life,
            "lease_until": now_ms + owner.lease_ms,
            "blind": secrets.token_hex(16),
            "again_of": arrived.again_of,
            "practice": arrived.practice,
        }
        for arrived in arrivals
    ]
    if rows:
        await connection.execute(calls.insert(), rows)


async def check_owned(connection: Connection, names: Collection[str], owner: Owner) -> None:
    """Raise CallLost unless every call is this owner's. Keeps a worker that slept from writing on."""
    # Until this transaction's end nobody takes them over.
    query = select(_c.call).where(_c.call.in_(names), _c.life == owner.life).with_for_update()
    owned = set((await connection.execute(query)).scalars())
    if lost := set(names) - owned:
        raise CallLost(lost)


async def renew(connection: Connection, names: Collection[str], until_ms: int, owner: Owner) -> None:
    """Lengthen the owner's leases of these calls."""
    await connection.execute(
        update(calls)
        .where(_c.call.in_(names), _c.life == owner.life, _c.lease_until < until_ms)
        .values(lease_until=until_ms)
    )


async def abandoned(connection: Connection, now_ms: int, owner: Owner) -> list[AbandonedCall]:
    """Calls that may be taken over, oldest first."""
    last_seq = select(func.max(journal.c.seq)).where(journal.c.call == _c.call).scalar_subquery()
    query = (
        select(_c.call, _c.revision, func.coalesce(last_seq, -1))
        .where(_is_abandoned(now_ms, owner))
        .order_by(_c.started_at, _c.call)
    )
    return [AbandonedCall(*row) for row in await connection.execute(query)]


async def take_over(connection: Connection, call: str, now_ms: int, owner: Owner) -> bool:
    """Make the call the owner's if it is abandoned; whether it was. One taker at most succeeds."""
    taken = await connection.execute(
        update(calls)
        .where(_c.call == call, _is_abandoned(now_ms, owner))
        .values(worker=owner.worker, life=owner.life, lease_until=now_ms + owner.lease_ms)
    )
    return taken.rowcount == 1


async def last_part(connection: Connection, carrier_call: str) -> LastPart | None:
    """The newest record of this carrier's call; None where there is none."""
    own = _c.carrier_call == carrier_call
    count = select(func.count()).where(own).scalar_subquery()
    query = select(count, _c.reason).where(own).order_by(_c.started_at.desc(), _c.call.desc())
    row = (await connection.execute(query.limit(1))).one_or_none()
    return None if row is None else LastPart(*row)


async def is_over(connection: Connection, call: str) -> bool:
    query = select(_c.call).where(_c.call == call, _c.ended_at.is_not(None))
    return (await connection.execute(query)).scalar_one_or_none() is not None


async def began_at(connection: Connection, call: str) -> int:
    """When the call began, in milliseconds since 1970: to which its facts' times are added."""
    return int((await connection.execute(select(_c.started_at).where(_c.call == call))).scalar_one())


async def is_practice(connection: Connection, call: str) -> bool:
    query = select(_c.call).where(_c.call == call, _c.practice.is_(True))
    return (await connection.execute(query)).scalar_one_or_none() is not None


async def parts(connection: Connection, carrier_call: str) -> list[CallPart]:
    """The calls that the carrier knows as this one, oldest first: one, unless it went on in another."""
    own = select(_c.call, _c.started_at).where(_c.carrier_call == carrier_call)
    return [CallPart(*row) for row in await connection.execute(own.order_by(_c.started_at, _c.call))]


async def later_parts(connection: Connection, call: str) -> tuple[str, ...]:
    """The records in which the phone call went on after this one, oldest first."""
    own = calls.alias("own")
    query = (
        select(_c.call)
        .join(own, own.c.call == call)
        .where(goes_on(_c, own.c))
        .order_by(_c.started_at, _c.call)
    )
    return tuple((await connection.execute(query)).scalars())


def phone_call(record: Columns) -> ColumnElement[str]:
    """What the records of one phone call have in common: the name of the first."""
    return case((record.again_of == "", record.call), else_=record.again_of)


def goes_on(later: Columns, record: Columns) -> ColumnElement[bool]:
    """Whether one record of a phone call comes after another of the same."""
    # The first is said to the database in its own words, for the index has no other rows.
    is_one = and_(later.again_of != literal_column("''"), later.again_of == phone_call(record))
    return and_(is_one, tuple_(later.started_at, later.call) > tuple_(record.started_at, record.call))


async def contacts(
    connection: Connection, caller_number: str, since_ms: int, carrier_call: str = ""
) -> tuple[Contact, ...]:
    """The caller's earlier calls that came to a buyer: talked, were billed or paid for. Oldest first.

    A withheld number has none. What is the same phone call, by its `carrier_call`, is no earlier one.
    """
    found = await contacts_by_call(connection, caller_number, since_ms, carrier_call)
    return tuple(dict.fromkeys(contact for _, contact in found))


async def contacts_by_call(
    connection: Connection, caller_number: str, since_ms: int, but: str = "", *, only: str = ""
) -> list[tuple[str, Contact]]:
    """The caller's contacts, each with its call; the campaign is the one that the buyer was chosen for.

    Practice calls are none. `but` leaves out a carrier's call, `only` takes that alone, whoever calls.
    """
    if caller_number in ("", ERASED) and not only:  # withheld, forgotten: nobody knows whether two are one
        return []
    whose = _c.carrier_call == only if only else _c.from_number == caller_number
    billed, paid = _stands("revenue") > 0, _stands("payout") > 0
    connected = legs.c.bridged_at_ms.is_not(None)
    query = (
        select(_c.call, legs.c.buyer, _c.started_at, billed, _c.campaign, connected, paid, legs.c.body)
        .join(legs, legs.c.call == _c.call)
        .where(whose, _c.started_at >= since_ms, or_(literal(not but), _c.carrier_call != but))
        .where(legs.c.buyer.is_not(None), or_(connected, billed, paid), _c.practice.is_(False))
        .order_by(_c.started_at, _c.call, legs.c.leg)
    )
    return [
        (
            str(call),
            Contact(
                buyer=str(buyer),
                started_at=started_at,
                billed=bool(is_billed),
                campaign=json.loads(body)["campaign"] or campaign,
                connected=bool(is_connected),
                paid=bool(is_paid),
            ),
        )
        for call, buyer, started_at, is_billed, campaign, is_connected, is_paid, body in (
            await connection.execute(query)
        )
    ]


async def find(connection: Connection, prefix: str) -> str | None:
    """The call of that name, or the only one whose name begins so; raises AmbiguousCall for several."""
    if not prefix:
        return None
    begins = func.substr(_c.call, 1, len(prefix)) == prefix
    query = select(_c.call).where(begins).order_by(func.length(_c.call), _c.call).limit(4)
    found = list((await connection.execute(query)).scalars())
    if len(found) > 1 and found[0] != prefix:
        raise AmbiguousCall(prefix, found)
    return found[0] if found else None


async def earlier_calls(
    connection: Connection, caller_number: str, since_ms: int, carrier_call: str = ""
) -> tuple[int, ...]:
    """When the caller called since then, oldest first; at most the latest hundred.

    A phone call counts once, in however many records it is, a practice call never; `carrier_call` is the one
    that calls now.
    """
    if caller_number in ("", ERASED):
        return ()
    began = func.min(_c.started_at)
    query = (
        select(began)
        .where(_c.from_number == caller_number, _c.started_at >= since_ms, _c.carrier_call != carrier_call)
        .where(_c.practice.is_(False))
        .group_by(_c.carrier, _c.carrier_call)
        .order_by(began.desc())
        .limit(100)
    )
    return tuple(reversed(list((await connection.execute(query)).scalars())))


def _stands(kind: str) -> ColumnElement[int]:
    """What stands of the bill for the row's call and buyer: the entry and its corrections."""
    bill = ledger.alias()
    corrected = select(bill.c.kind).where(bill.c.entry == ledger.c.corrects).scalar_subquery()
    standing = select(func.coalesce(func.sum(ledger.c.amount_micros), 0)).where(
        ledger.c.call == _c.call,
        ledger.c.buyer == legs.c.buyer,
        or_(ledger.c.kind == kind, corrected == kind),
    )
    return standing.correlate(calls, legs).scalar_subquery()


def _is_abandoned(now_ms: int, owner: Owner) -> ColumnElement[bool]:
    earlier_life = and_(_c.worker == owner.worker, _c.life != owner.life)
    return and_(_c.ended_at.is_(None), or_(_c.lease_until <= now_ms, earlier_life))

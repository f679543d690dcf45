"""Other calls of the same caller, where only one of them may: bill a buyer, be paid for, or hold a place.

What a call learnt of them on its arrival leaves out those that go on beside it. So both is asked again in the
transaction that decides it, one call of a caller after the other: who is to bill, before the verdict, by a
claim; who is to hold a place, by the reservation. A claim counts until its call has ended; from then on the
ledger tells. Records of one and the same phone call are no other calls where a place is wanted, and always
where a bill is: it is owed for once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from engine.core.commands import BillClaim
from engine.core.events import ClaimRefused
from engine.core.limits import RefusedDuplicates
from engine.exchange.verdict import Once
from engine.store.databases.database import insert, wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.errors import OwedAlready
from engine.store.tables.calls import contacts_by_call
from engine.store.tables.schema import bill_claims, calls, reservations

# So long after its end a call may still be unknown to those that arrive: its end was not written yet.
WRITTEN_WITHIN_MS = 60_000

_c, _b, _r = calls.c, bill_claims.c, reservations.c


@dataclass(frozen=True, slots=True)
class Seeker:
    """The call that wants to hold a place, and which duplicates the buyer refuses."""

    call: str
    caller_number: str
    started_at: int
    refuses: RefusedDuplicates


async def claim(
    connection: Connection, call: str, claims: Sequence[BillClaim], now_ms: int
) -> tuple[ClaimRefused, ...]:
    """Make these the call's own to bill; what others of its caller have is refused, naming them."""
    refused = await _held_by_others(connection, call, claims)
    taken = {(each.kind, each.whose) for each in refused}
    rows = [
        {"call": call, "kind": each.kind, "whose": each.whose, "made_at": now_ms}
        for each in claims
        if (each.kind, each.whose) not in taken
    ]
    if rows:
        await connection.execute(insert(bill_claims).on_conflict_do_nothing(), rows)
    return refused


async def check(connection: Connection, call: str, claims: Sequence[BillClaim]) -> None:
    """Raise OwedAlready where another call of the caller has one; for what this transaction bills."""
    for refused in await _held_by_others(connection, call, claims):
        raise OwedAlready(refused)


async def holder_beside(
    connection: Connection, seeker: Seeker, buyer: str, campaign: str
) -> tuple[str, str] | None:
    """Another call of the caller that makes this one a duplicate, and the buyer that it is with."""
    refuses = seeker.refuses
    where = _r.buyer == buyer if refuses.per == "buyer" else _r.campaign == campaign
    query = (
        select(_r.call, _r.buyer)
        .join(calls, _c.call == _r.call)
        .where(_c.from_number == seeker.caller_number, _c.started_at > seeker.started_at - refuses.within_ms)
        .where(
            _r.call != seeker.call,
            _c.carrier_call != _carrier_call_of(seeker.call),
            where,
            or_(_may_become(refuses), _became(seeker)),
        )
        .order_by(_c.started_at, _r.call)
        .limit(1)
    )
    found = (await connection.execute(query)).one_or_none()
    return None if found is None else (str(found.call), str(found.buyer))


def _carrier_call_of(call: str) -> ColumnElement[str]:
    same = calls.alias("seeking")
    return select(same.c.carrier_call).where(same.c.call == call).scalar_subquery()


def turn_of(caller_number: str) -> str:
    """What the calls of one caller wait for in turn."""
    return f"caller {caller_number}"


def _may_become(refuses: RefusedDuplicates) -> ColumnElement[bool]:
    """A place whose call goes on counts for all that it may become; one given back connects nobody."""
    pending = _r.became == "pending"
    return pending if refuses.after == "billed" else and_(pending, _r.state != "freed")


def _became(seeker: Seeker) -> ColumnElement[bool]:
    """A talk was one for good; a bill may be taken back, which the call learnt on its arrival."""
    if seeker.refuses.after == "connected":
        return _r.became.in_(("connected", "billed"))
    return and_(_r.became == "billed", _c.ended_at >= seeker.started_at - WRITTEN_WITHIN_MS)


async def _held_by_others(
    connection: Connection, call: str, claims: Sequence[BillClaim]
) -> tuple[ClaimRefused, ...]:
    """Of each claim the other call that has it, once it is the caller's turn."""
    query = select(_c.from_number, _c.started_at, _c.carrier_call).where(_c.call == call)
    number, started_at, carrier_call = (await connection.execute(query)).one()
    await wait_for_turn(connection, turn_of(number) if number else f"phone call {carrier_call}")
    since_ms = started_at - max(each.within_ms for each in claims)
    parts = [each for each in await _owed(connection, only=carrier_call) if each.call != call]
    near = [each for each in await _owed(connection, number, since_ms) if each.call != call] if number else []
    found = (
        next((one for one in parts if (one.kind, one.whose) == (each.kind, each.whose)), None)
        or next((one for one in near if _is_the_same(one, each, started_at)), None)
        for each in claims
    )
    return tuple(one for one in found if one is not None)


async def _owed(
    connection: Connection, caller_number: str = "", since_ms: int = 0, *, only: str = ""
) -> list[ClaimRefused]:
    """What the caller's calls since then have claimed or are owed for, the oldest call first; with `only`,
    the records of that carrier's call.

    Claims are read first: one that is gone by then is in the ledger.
    """
    whose = _c.carrier_call == only if only else _c.from_number == caller_number
    claimed = (
        select(_b.kind, _b.whose, _b.call, _c.started_at)
        .join(calls, _c.call == _b.call)
        .where(whose, _c.started_at > since_ms, _c.ended_at.is_(None))
    )
    owed = [ClaimRefused(*row) for row in await connection.execute(claimed)]
    for call, contact in await contacts_by_call(connection, caller_number, since_ms, only=only):
        of_it = (Once("revenue", contact.buyer), Once("payout", contact.campaign))
        owed += [
            ClaimRefused(once.kind, once.whose, call, contact.started_at)
            for once in of_it
            if once.is_owed_for(contact)
        ]
    return sorted(owed, key=lambda each: (each.started_at, each.call))


def _is_the_same(owed: ClaimRefused, wanted: BillClaim, started_at: int) -> bool:
    """Whether it is the amount that is claimed. The other call may have begun before or after this one."""
    is_near = abs(owed.started_at - started_at) < wanted.within_ms
    return is_near and (owed.kind, owed.whose) == (wanted.kind, wanted.whose)

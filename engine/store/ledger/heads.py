"""What stands beside the chains: each party's count and last hash, and what calls say of their own bills.

A chain shows what was changed in it, not what was cut off its end. So its head is kept apart, with every
entry that is made; verdicts say which bills there must be, and a call which publisher earns its payouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, literal, select, union, union_all

from engine.core.conditions import Details
from engine.store.databases.database import insert
from engine.store.databases.transactions import Connection
from engine.store.ledger import marks
from engine.store.ledger.chain import ChainCheck
from engine.store.tables.schema import calls, ledger, ledger_heads, verdicts

_h, _e, _v, _c = ledger_heads.c, ledger.c, verdicts.c, calls.c


async def note(connection: Connection, party: str, entries: int, last_hash: str) -> None:
    """The party has so many entries now, and the ledger one more."""
    made = insert(ledger_heads)
    noted = made.on_conflict_do_update(
        index_elements=["party"], set_={"entries": made.excluded.entries, "hash": made.excluded.hash}
    )
    whole = (await marks.now(connection)).and_then(last_hash)
    rows = [
        {"party": party, "entries": entries, "hash": last_hash},
        {"party": marks.WHOLE, "entries": whole.entries, "hash": whole.fold},
    ]
    await connection.execute(noted, rows)


async def parties(connection: Connection) -> Sequence[str]:
    """Everybody who ever had an entry, or by a verdict should have one."""
    judged = select(_v.buyer).join_from(calls, verdicts, _c.call == _v.call).where(_c.practice.is_(False))
    owing = judged.where(_v.revenue_micros > 0)
    owed = judged.with_only_columns(_c.publisher).where(_v.payout_micros > 0)
    entered = select(_h.party).where(_h.party != marks.WHOLE)
    return (await connection.execute(union(entered, owing, owed))).scalars().all()


@dataclass(frozen=True, slots=True)
class Beside:
    """What is kept of a party apart from its chain: its head, and the first thing that the chain lacks.

    `entries` is None where nothing was noted, `lacks` a code with what explains it.
    """

    entries: int | None
    hash: str
    lacks: tuple[str, Details] | None


async def head(connection: Connection, party: str) -> tuple[int, str] | None:
    """How many entries the party has, and the last one's hash; None where nothing was noted."""
    kept = await connection.execute(select(_h.entries, _h.hash).where(_h.party == party))
    row = kept.one_or_none()
    return None if row is None else (row.entries, row.hash)


async def beside(connection: Connection, party: str, *, asks_calls: bool = True) -> Beside:
    """Read in one transaction with the chain, for calls are billed meanwhile."""
    lacks = await _lacks(connection, party) if asks_calls else None
    noted = await head(connection, party)
    entries, last_hash = (None, "") if noted is None else noted
    return Beside(entries, last_hash, lacks)


async def _lacks(connection: Connection, party: str) -> tuple[str, Details] | None:
    missing = (await connection.execute(_missing(party).limit(1))).one_or_none()
    moved = (await connection.execute(_moved(party).limit(1))).one_or_none()
    if missing is not None:
        return "bill_missing", {"call": missing.call, "kind": missing.kind, "owed_micros": missing.micros}
    if moved is not None:
        return "publisher_changed", {"entry": moved.entry, "call": moved.call, "found": moved.publisher}
    orphan = (await connection.execute(_orphaned(party).limit(1))).one_or_none()
    return None if orphan is None else ("call_missing", {"entry": orphan.entry, "call": orphan.call})


def held_against(check: ChainCheck, kept: Beside) -> ChainCheck:
    """The check of a chain, which must also have the head that was noted and all that calls owe."""
    party: Details = {"party": check.party}
    if not check.holds:
        return check
    if kept.entries is not None and kept.entries > check.entries:
        told = {**party, "entries": check.entries, "noted_entries": kept.entries}
        return replace(check, code="deleted", details=told)
    if (kept.entries or 0, kept.hash) != (check.entries, check.head):
        return replace(check, code="head_differs", details=party)
    if kept.lacks is None:
        return check
    code, details = kept.lacks
    entry = details.get("entry")
    broken_entry = entry if isinstance(entry, int) else None
    return replace(check, code=code, broken_entry=broken_entry, details={**party, **details})


def _missing(party: str) -> Select[Any]:
    """Verdicts by which the party owes, or is owed, what no entry is of."""
    owes = and_(_e.call == _v.call, _e.buyer == _v.buyer, _e.kind == "revenue")
    revenue = (
        select(_v.call, literal("revenue").label("kind"), _v.revenue_micros.label("micros"))
        .select_from(verdicts.join(calls, _c.call == _v.call).outerjoin(ledger, owes))
        .where(_v.buyer == party, _v.revenue_micros > 0, _e.entry.is_(None), _c.practice.is_(False))
    )
    is_paid = and_(_e.call == _v.call, _e.buyer == _v.buyer, _e.kind == "payout")
    payout = (
        select(_v.call, literal("payout").label("kind"), _v.payout_micros.label("micros"))
        .select_from(verdicts.join(calls, _c.call == _v.call).outerjoin(ledger, is_paid))
        .where(_c.publisher == party, _v.payout_micros > 0, _e.entry.is_(None), _c.practice.is_(False))
    )
    found = union_all(revenue, payout).subquery()
    return select(found).order_by(found.c.call)


def _moved(party: str) -> Select[Any]:
    """Payouts to the party of calls that another publisher is said to have sent."""
    return (
        select(_e.call, _e.entry, _c.publisher)
        .join_from(ledger, calls, _c.call == _e.call)
        .where(_e.party == party, _e.kind == "payout", _c.publisher != party)
        .order_by(_e.entry)
    )


def _orphaned(party: str) -> Select[Any]:
    """Entries of calls that aren't there any more, which every report would leave out."""
    return (
        select(_e.call, _e.entry)
        .select_from(ledger.outerjoin(calls, _c.call == _e.call))
        .where(_e.party == party, _c.call.is_(None))
        .order_by(_e.entry)
    )

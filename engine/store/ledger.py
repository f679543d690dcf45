"""The ledger: what parties owe and are owed. Rows are added, never changed; corrections name their row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.core.facts import LedgerEntry
from engine.store.errors import BillDiffers
from engine.store.schema import ledger
from engine.store.sqlite import insert


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """An entry as it stands. A correction adds its amount to that of the entry that it names."""

    entry: int
    kind: Literal["revenue", "payout", "correction"]
    party: str
    buyer: str
    amount_micros: int
    currency: str
    posted_at: int
    corrects: int | None


async def enter(connection: AsyncConnection, call: str, entries: Sequence[LedgerEntry], at_ms: int) -> None:
    """Enter each amount once per call, kind and buyer; what stands already is left as it is."""
    statement = insert(ledger).on_conflict_do_nothing(
        index_elements=["call", "kind", "buyer"], index_where=ledger.c.corrects.is_(None)
    )
    rows = [{"call": call, "posted_at": at_ms, **msgspec.structs.asdict(entry)} for entry in entries]
    await connection.execute(statement, rows)


async def post(
    connection: AsyncConnection, call: str, entries: Sequence[LedgerEntry], at_ms: int
) -> tuple[int, ...]:
    """Enter the amounts; the numbers of the entries that stand then.

    Raises BillDiffers, and enters nothing, where one stands already and says something else.
    """
    if not entries:
        return ()
    await enter(connection, call, entries, at_ms)
    bills = {
        (row.kind, row.buyer): row for row in (await read(connection, [call]))[call] if row.corrects is None
    }
    for entry in entries:
        _check_same(call, entry, bills[entry.kind, entry.buyer])
    return tuple(bills[entry.kind, entry.buyer].entry for entry in entries)


async def read(connection: AsyncConnection, calls: Sequence[str]) -> dict[str, tuple[PostedEntry, ...]]:
    """The entries of each of the calls, oldest first."""
    found: dict[str, tuple[PostedEntry, ...]] = dict.fromkeys(calls, ())
    query = select(ledger).where(ledger.c.call.in_(calls)).order_by(ledger.c.entry)
    for row in await connection.execute(query):
        entry = PostedEntry(
            entry=row.entry,
            kind=row.kind,
            party=row.party,
            buyer=row.buyer,
            amount_micros=row.amount_micros,
            currency=row.currency,
            posted_at=row.posted_at,
            corrects=row.corrects,
        )
        found[row.call] += (entry,)
    return found


def _check_same(call: str, entry: LedgerEntry, standing: PostedEntry) -> None:
    if (entry.party, entry.amount_micros, entry.currency) == (
        standing.party,
        standing.amount_micros,
        standing.currency,
    ):
        return
    raise BillDiffers(
        f"call {call}: {entry.kind} for {entry.buyer} stands in the ledger as entry {standing.entry} with "
        f"{standing.amount_micros} micros {standing.currency} for {standing.party}; it was posted again as "
        f"{entry.amount_micros} micros {entry.currency} for {entry.party}. Correct the entry instead."
    )

"""What becomes of the payout when a bill is corrected: one rule, however it is.

A buyer that owes nothing any more makes the payout 0.00 too; one that still owes a part leaves it as it is.
Whoever corrects the bill may say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.store.databases.database import wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.errors import CorrectionRefused
from engine.store.ledger import entries as ledger
from engine.store.ledger.entries import Correction, Kind, PostedEntry, standing_micros


@dataclass(frozen=True, slots=True)
class BillChange:
    """What shall stand of a call's bill, and of the payout for it; None leaves the one to the rule, or alone.

    `is_void` cancels the bill: the buyer owes nothing.
    """

    call: str
    buyer: str
    amount_micros: int | None
    payout_micros: int | None
    why: str
    made_by: str
    is_void: bool = False


async def correct_bill(connection: Connection, change: BillChange, at_ms: int) -> None:
    """Enter what makes it stand. Raises CorrectionRefused where nothing would change."""
    await wait_for_turn(connection, "ledger")
    entries = (await ledger.read(connection, [change.call]))[change.call]
    for kind, micros in _wanted(change, entries):
        correction = Correction(change.call, change.buyer, kind, micros, change.why, change.made_by)
        await ledger.correct(connection, correction, at_ms, in_units=True)


def payout_after(
    entries: Sequence[PostedEntry], buyer: str, amount_micros: int | None, said_micros: int | None
) -> int | None:
    """What shall stand of the payout once `amount_micros` stands of the bill; None where it stays as it is.

    `said_micros` is what somebody said of it. An amount of None leaves the bill alone.
    """
    if said_micros is not None:
        return said_micros
    paid = standing_micros(entries, "payout", buyer)
    return 0 if amount_micros == 0 and paid else None


def _wanted(change: BillChange, entries: Sequence[PostedEntry]) -> Iterator[tuple[Kind, int]]:
    billed = {entry.kind for entry in entries if entry.buyer == change.buyer}
    owed, paid = change.amount_micros, change.payout_micros
    if change.is_void:
        if not billed:
            raise CorrectionRefused(f"call {change.call}: nothing was billed to {change.buyer}")
        owed = 0 if "revenue" in billed else None
        paid = 0 if owed is None and paid is None else paid
    payout = payout_after(entries, change.buyer, owed, paid)
    if owed is not None:
        yield "revenue", owed
    if payout is not None:
        yield "payout", payout

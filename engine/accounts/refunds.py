"""What becomes of the payout when a bill is taken back: one rule, however it is.

A buyer that owes nothing any more makes the payout 0.00 too; one that still owes a part leaves it as it is.
Whoever takes the bill back may say otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.money import format_money
from engine.store.ledger.entries import PostedEntry, standing_micros


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


def payout_sentence(entries: Sequence[PostedEntry], buyer: str) -> str:
    """What stands of the payout, for whoever has just corrected the bill; "" where there never was one."""
    bill = next((entry for entry in entries if (entry.kind, entry.buyer) == ("payout", buyer)), None)
    if bill is None:
        return ""
    stands, was = standing_micros(entries, "payout", buyer), bill.amount_micros
    told = f"the payout to {bill.party} is {format_money(stands)} {bill.currency}"
    return f"{told}, as it was" if stands == was else f"{told} instead of {format_money(was)}"

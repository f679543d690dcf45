"""What is said of the payout, once a bill was corrected (`engine.store.ledger.refunds`)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.money import format_money
from engine.store.ledger.entries import PostedEntry, standing_micros


def payout_sentence(entries: Sequence[PostedEntry], buyer: str) -> str:
    """What stands of the payout, for whoever has just corrected the bill; "" where there never was one."""
    bill = next((entry for entry in entries if (entry.kind, entry.buyer) == ("payout", buyer)), None)
    if bill is None:
        return ""
    stands, was = standing_micros(entries, "payout", buyer), bill.amount_micros
    told = f"the payout to {bill.party} is {format_money(stands)} {bill.currency}"
    return f"{told}, as it was" if stands == was else f"{told} instead of {format_money(was)}"

"""Bids: on which terms buyers are asked for a price during the call, and what their answers come to.

What a bidder answers is read by `bid_answers`. A bid below the floor of its buyer or its campaign does not
stand. The bid that stands is the price: it ranks the buyer, is reserved against its spending, and is what it
owes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.core.conditions import Details, Value
from engine.core.events import Bid
from engine.core.money import format_money
from engine.core.records import changed

CODE_OF_OUTCOME = {
    "no_bid": "no_bid",
    "late": "bid_late",
    "malformed": "bid_malformed",
    "below_floor": "bid_below_floor",
    "failed": "bid_failed",
    "breaker_open": "bid_breaker_open",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """Where a bidder is asked, and how long it may take; left out, the campaign's deadline."""

    url: str
    timeout_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Breaker:
    """After so many failures in a row the bidder is left alone; then one request tries it again."""

    failures: int = 5
    rest_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class BidTerms:
    """How a buyer is asked for its price. `sends` are the answers that it is told, `secret` what signs."""

    ping: Ask
    confirm: Ask | None = None
    release: Ask | None = None
    floor_micros: int | None = None
    sends: tuple[str, ...] = ()
    secret: str | None = None
    breaker: Breaker = field(default_factory=Breaker)


@dataclass(frozen=True, slots=True)
class Bidding:
    """What a campaign's bidders have in common: one deadline for all, and the least that it sells for."""

    deadline_ms: int = 800
    floor_micros: int | None = None


def stands(bid: Bid, at: int) -> bool:
    """Whether the price may be counted on at this moment of the call."""
    return bid.outcome in ("bid", "cached") and not is_expired(bid, at)


def is_expired(bid: Bid, at: int) -> bool:
    return bid.expires_at is not None and bid.expires_at <= at


def floor_of(terms: BidTerms, bidding: Bidding) -> int:
    """The higher of the buyer's floor and the campaign's."""
    return max(terms.floor_micros or 0, bidding.floor_micros or 0)


def held_against_floor(bid: Bid, floor_micros: int) -> Bid:
    """The bid as it stands: one below the floor does not."""
    if bid.outcome not in ("bid", "cached") or bid.amount_micros >= floor_micros:
        return bid
    return changed(bid, outcome="below_floor", detail="")


def refusal(bid: Bid, at: int, floor_micros: int) -> tuple[str, Details] | None:
    """The code of a bid that does not stand, and what explains it."""
    if stands(bid, at):
        return None
    if bid.outcome in ("bid", "cached"):
        return "bid_expired", {"bid_micros": bid.amount_micros}
    if bid.outcome == "below_floor":
        return "bid_below_floor", {"bid_micros": bid.amount_micros, "floor_micros": floor_micros}
    code = "bid_not_dialled" if bid.is_elsewhere else CODE_OF_OUTCOME[bid.outcome]
    return code, {"said": bid.detail} if bid.detail else {}


def bid_values(bid: Bid) -> dict[str, Value | None]:
    """What a decision's trace shows of the bid."""
    return {"bid": format_money(bid.amount_micros), "said": bid.outcome, "after_ms": bid.ms}

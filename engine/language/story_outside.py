"""What a story says of those outside who are asked over HTTP during the call: bidders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from engine.core.events import BidOutcome
from engine.core.money import parse_money
from engine.language.documents import Document, Pointer
from engine.language.lookup import mapping_at, text_at, value_at
from engine.language.units import duration_ms

BID_WORDS = ("no_bid", "late", "malformed", "failed", "breaker_open")
ANSWERS_AFTER_MS = 150


@dataclass(frozen=True, slots=True)
class BidPlan:
    """What a bidder answers when it is asked for its price, and when it is told that it won."""

    outcome: BidOutcome = "bid"
    amount_micros: int = 0
    after_ms: int = ANSWERS_AFTER_MS
    confirms: bool = True
    to: str = ""


SAYS_NOTHING = BidPlan("no_bid")


@dataclass(frozen=True, slots=True)
class Outside:
    """Everybody outside, by the names that they have in the network. Who is not named does not bid."""

    bids: Mapping[str, BidPlan] = field(default_factory=dict)

    def bid(self, buyer: str) -> BidPlan:
        return self.bids.get(buyer, SAYS_NOTHING)


NOBODY_OUTSIDE = Outside()


def read_outside(document: Document, path: Pointer) -> Outside:
    """What the story under `path` says; its shape is checked."""
    bids = (*path, "bids")
    return Outside({buyer: _bid(document, (*bids, buyer)) for buyer in mapping_at(document, bids)})


def _bid(document: Document, path: Pointer) -> BidPlan:
    said = text_at(document, path)
    if said in BID_WORDS:
        return BidPlan(cast("BidOutcome", said))
    if said is not None:
        return BidPlan(amount_micros=parse_money(said))
    after = text_at(document, (*path, "after"))
    return BidPlan(
        amount_micros=parse_money(text_at(document, (*path, "amount")) or "0"),
        after_ms=ANSWERS_AFTER_MS if after is None else cast("int", duration_ms(after)),
        confirms=value_at(document, (*path, "confirms")) is not False,
        to=text_at(document, (*path, "to")) or "",
    )

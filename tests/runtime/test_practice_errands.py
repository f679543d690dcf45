"""Of a practice call nobody outside hears: its errands are answered here."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from engine.core.commands import Bidder, Ping, TellBuyer
from engine.core.events import BidsIn, BuyerTold, CallArrived, Event
from engine.exchange.terms import Network
from engine.runtime.outward.errands import Errands
from engine.runtime.world import World

ARRIVED = CallArrived(0, "c", "browser", "b1", "", "+15550100", 1_795_341_600_000, 7, practice=True)
NOBODY = cast(World, None)
"""Whatever an errand would ask of the world fails."""


async def test_no_bidder_is_asked_and_no_buyer_told() -> None:
    happened: list[Event] = []

    def happens(event_at: Callable[[int], Event]) -> None:
        happened.append(event_at(5_000))

    errands = Errands(NOBODY, cast(Network, None), happens)
    errands.begin(ARRIVED)
    bidder = Bidder("lonestar", "https://bids.example.com", 300, "", 3, 60_000, {})
    await errands.ping(Ping("p1", "roofing", 500, "512", (bidder,)))
    await errands.tell(TellBuyer("buyer-1", "lonestar", "roofing", 0, "https://crm.example.com", 300, "", ()))
    asked, told = happened
    assert isinstance(asked, BidsIn)
    assert [(bid.buyer, bid.outcome) for bid in asked.bids] == [("lonestar", "no_bid")]
    assert isinstance(told, BuyerTold)
    assert told.outcome == "failed"

"""A worker that dies after a bidder confirmed: who closes the call tells the bidder that it does not come."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.commands import ReleaseBid
from engine.core.events import BidConfirmed, BidsIn, CallArrived, LegBridged, ReservationGranted
from engine.core.machine import CallMachine
from engine.language.revisions import publish, read_network_dir
from engine.language.stories.outside import BidPlan, Outside
from engine.language.stories.story import BuyerOutcome, BuyerPlan
from engine.rehearsal.bookings import Bookings
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld
from engine.runtime.recovery import close_abandoned
from engine.store import Store
from tests.runtime.kept_calls import KEYED, ROOFING, START
from tests.store.store_world import Clock

FILES = read_network_dir(ROOFING)
BIDS = (
    '    bid: {ping: {url: "http://127.0.0.1:9/p"}, confirm: {url: "http://127.0.0.1:9/c"},'
    ' release: {url: "http://127.0.0.1:9/r"}}\n'
)
BIDDING = {**FILES, "network.yaml": FILES["network.yaml"].replace('    price: "45.00"\n', BIDS)}


@pytest.mark.parametrize(
    ("lonestar", "last", "released"),
    [
        ("answers", BidsIn, []),  # nobody was promised anything yet
        # asked to confirm, and nobody knows what it said
        ("answers", ReservationGranted, [("lonestar", "call_ended")]),
        ("answers", BidConfirmed, [("lonestar", "call_ended")]),
        ("answers", LegBridged, []),  # it has talked to the caller
        # the worker meant to release it, and nobody knows whether it came to it
        ("busy", LegBridged, [("lonestar", "busy")]),
    ],
)
async def test_who_closes_a_dead_workers_call_releases_its_bidder(
    tmp_path: Path, lonestar: BuyerOutcome, last: type, released: list[tuple[str, str]]
) -> None:
    published = publish(BIDDING)
    assert published.revision is not None, published.mistakes
    assert published.network is not None
    outside = Outside({"lonestar": BidPlan(amount_micros=40_000_000)})
    bookings = Bookings(published.network)
    world = VirtualWorld(
        published.revision,
        ScriptedCaller(KEYED),
        lambda dial: BuyerPlan(lonestar) if dial.buyer == "lonestar" else BuyerPlan(),
        bookings,
        outside=outside,
    )
    assert world.run(CallArrived(0, "c1", "twilio", "CA1", "+15125550123", "+15550100", START, 7)) is None
    url, clock = f"sqlite:///{tmp_path}/calls.db", Clock()
    async with await Store.open(url, "worker-1", clock) as store:
        await store.keep_revision(published.revision.id, published.files)
        machine = CallMachine(published.revision)
        for seq, entry in enumerate(world.journal):
            store.append("c1", seq, entry.event)
            store.append_commands("c1", seq, machine.receive(entry.event))
            if isinstance(entry.event, last):
                break
        await store.flush()
    told: list[tuple[str, str]] = []

    def tell(release: ReleaseBid, call: str) -> None:
        assert call == "c1"
        told.append((release.bidder.buyer, release.reason))

    async with await Store.open(url, "worker-1", clock) as restarted:
        assert await close_abandoned(restarted, clock(), lambda _: False, tell) == 1
        assert await close_abandoned(restarted, clock(), lambda _: False, tell) == 0
    assert told == released

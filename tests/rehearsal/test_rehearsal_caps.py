"""A full cap of the campaign keeps all its buyers from the call, and is asked about once."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.commands import Dial, Record, Reserve
from engine.core.events import CallArrived
from engine.core.facts import Decision
from engine.exchange.caps import CapFull
from engine.language.revisions import load
from engine.language.stories.story import BuyerPlan, PressKeys
from engine.rehearsal.bookings import Booked, Bookings
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld

KEYED = (PressKeys("78701"), PressKeys("2"), PressKeys("1"))
ARRIVED = CallArrived(0, "c1", "story", "c1", "+15125550123", "+15550100", 1_795_341_600_000, 7)


class FullBookings(Bookings):
    """Other calls have filled a cap; this one is always refused by it."""

    code = ""
    asked = 0

    def reserve(self, wanted: Reserve, publisher: str, instant_ms: int) -> Booked | CapFull:
        self.asked += 1
        return CapFull(self.code, "it is full")


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("campaign_cap_day", 1),
        ("publisher_cap_spend_month", 1),
        ("campaign_cap_spend_day", 2),  # a cheaper buyer may still fit
        ("cap_day", 2),
    ],
)
def test_a_cap_over_all_buyers_is_asked_about_once(code: str, asked: int) -> None:
    published = load(Path("examples/flows/roofing"))
    assert published.revision is not None
    assert published.network is not None
    bookings = FullBookings(published.network)
    bookings.code = code

    def nobody(_: Dial) -> BuyerPlan:
        return BuyerPlan("busy")

    world = VirtualWorld(published.revision, ScriptedCaller(KEYED), nobody, bookings)
    world.run(ARRIVED)
    decisions = [
        command.fact
        for command in world.commands
        if isinstance(command, Record) and isinstance(command.fact, Decision)
    ]
    assert bookings.asked == asked
    assert decisions[0].chosen is None
    told = {each.buyer: each.code for each in decisions[0].candidates if each.rank is not None}
    assert told == dict.fromkeys(told, code)
    assert len(told) == 2

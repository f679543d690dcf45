"""The auto insurance example asks only what still decides, and sells and bills as if it asked everything."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from engine.core.events import CallArrived
from engine.language.revisions import publish, read_network_dir
from engine.language.stories.story import BuyerPlan
from tests.properties.test_the_shortest_interview import MONDAY_MORNING, called, came_of

EXAMPLE = Path(__file__).parents[2] / "examples/flows/auto_insurance"
SHORT = read_network_dir(EXAMPLE)
FULL = {name: text.replace("    ask: when_needed\n", "") for name, text in SHORT.items()}
PLANS = {buyer: BuyerPlan(talks_ms=200_000) for buyer in ("keystone", "cardinal", "secondstart")}
CALLERS = product(("1", "2"), ("1", "3"), ("36#", "6#"), ("0#", "2#", "3#"), ("1", "2"), ("78701", "10001"))


def test_every_kind_of_driver_comes_to_the_same_company_and_bill() -> None:
    short, full = publish(SHORT), publish(FULL)
    spared = 0
    for insured, carrier, months, incidents, violation, zip_code in CALLERS:
        keys = {"insured": insured, "carrier": carrier, "months": months, "licensed": "1"}
        keys |= {"incidents": incidents, "violation": violation, "zip": zip_code}
        arrived = CallArrived(0, "c", "practice", "c", "+15125550123", "+15550140", MONDAY_MORNING, 7)
        less, one = called(short, "+15550140", keys, PLANS, arrived)
        more, other = called(full, "+15550140", keys, PLANS, arrived)
        assert came_of(one) == came_of(other)
        assert set(less.asked) <= set(more.asked)
        spared += len(more.asked) - len(less.asked)
    assert spared > 0

"""Calls that happened, held against another revision: who was refused stays refused, nobody is called twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.core.commands import Dial
from engine.core.events import CallArrived, Event
from engine.core.flow import Revision
from engine.language.revisions import Published, load
from engine.language.stories.story import BuyerPlan, PressKeys
from engine.rehearsal.comparison.money_moved import MoneyMoved, money_moved
from engine.rehearsal.comparison.trade import CallsPlaces, Trade
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld
from engine.rehearsal.what_if import what_if
from tests.rehearsal.comparison.test_diff import ROOFING, changed_roofing

Outcomes = dict[str, BuyerPlan]
A_DAY_MS = 86_400_000
MONDAY_MS = 1_795_446_000_000  # 2026-11-23T15:00:00Z


def revision_of(published: Published) -> Revision:
    assert published.revision is not None
    return published.revision


def happened(
    published: Published, *buyers: Outcomes, keys: str = "1"
) -> list[tuple[Sequence[Event], Revision]]:
    """Calls from Austin about a new roof, one an hour, each with what its buyers did."""
    revision = revision_of(published)
    assert published.network is not None
    trade = Trade(published.network)
    journals: list[tuple[Sequence[Event], Revision]] = []
    for number, outcomes in enumerate(buyers):
        caller = ScriptedCaller((PressKeys("78701"), PressKeys("2"), PressKeys(keys)))
        places = CallsPlaces(trade, f"call-{number}")

        def plan(dial: Dial, outcomes: Outcomes = outcomes) -> BuyerPlan:
            return outcomes.get(dial.buyer or "", BuyerPlan())

        world = VirtualWorld(revision, caller, plan, places)
        arrived = CallArrived(
            0, f"call-{number}", "test", "t", "+15550123", "+15550100", MONDAY_MS + number * 3_600_000, 7
        )
        world.run(arrived)
        trade.settle(arrived.call, arrived.started_at, world.call.legs.values(), ())
        journals.append(([entry.event for entry in world.journal], revision))
    return journals


def against(folder: Path, journals: list[tuple[Sequence[Event], Revision]]) -> MoneyMoved:
    (moved,) = money_moved(journals, revision_of(load(folder)))
    return moved


def test_calls_that_were_sold_in_two_currencies_are_counted_apart(tmp_path: Path) -> None:
    in_dollars = happened(load(ROOFING), {}, {})
    canadian = changed_roofing(tmp_path, ("currency: USD", "currency: CAD"))
    in_canadian = happened(load(canadian), {})
    both = money_moved([*in_dollars, *in_canadian], revision_of(load(ROOFING)))
    assert [(each.currencies, each.calls) for each in both] == [(("USD", "USD"), 2), (("CAD", "USD"), 1)]
    dollars, canadians = both
    assert dollars.was.revenue_micros == dollars.would_be.revenue_micros == 90_000_000
    (revenue,) = [line for line in canadians.sentences("1 call") if line.startswith("revenue ")]
    assert revenue == "revenue 45.00 CAD → 45.00 USD, which can't be compared"


def test_the_same_revision_moves_nothing_where_caps_were_full(tmp_path: Path) -> None:
    one_a_day = changed_roofing(tmp_path, ("day: 40", "day: 1"))
    money = against(one_a_day, happened(load(one_a_day), {}, {}, {"redriver": BuyerPlan("busy")}))
    assert money.was.calls == {"lonestar": 1, "redriver": 1}
    assert not money.is_moved


def test_a_cap_that_was_raised_lets_the_refused_in(tmp_path: Path) -> None:
    one_a_day = changed_roofing(tmp_path, ("day: 40", "day: 1"))
    money = against(ROOFING, happened(load(one_a_day), {}, {}, {}))
    assert money.moved == {("redriver", "lonestar"): 2}
    assert money.would_be.revenue_micros - money.was.revenue_micros == 2 * 7_000_000


def test_a_cap_that_was_lowered_counts_over_the_calls_looked_at(tmp_path: Path) -> None:
    money = against(changed_roofing(tmp_path, ("day: 40", "day: 1")), happened(load(ROOFING), {}, {}, {}))
    assert money.moved == {("lonestar", "redriver"): 2}
    assert "2 of the last 3 calls would change buyer" in money.sentences("the last 3 calls")


def test_who_would_have_been_tried_first_behaves_as_it_did_as_the_second(tmp_path: Path) -> None:
    """lonestar was busy, redriver took it; the other way round redriver takes it at once."""
    folder = changed_roofing(tmp_path, ("priority: 2 ", "priority: 1 "), ('price: "38.00"', 'price: "60.00"'))
    money = against(folder, happened(load(ROOFING), {"lonestar": BuyerPlan("busy")}))
    assert not money.moved
    assert money.would_be.owed == {"redriver": 60_000_000}


def test_who_was_busy_is_busy_also_where_it_comes_first(tmp_path: Path) -> None:
    """redriver came first and was busy, lonestar took it; the other way round nothing moves but the way."""
    folder = changed_roofing(tmp_path, ("priority: 2 ", "priority: 1 "), ('price: "38.00"', 'price: "60.00"'))
    money = against(ROOFING, happened(load(folder), {"redriver": BuyerPlan("busy")}))
    assert not money.moved
    assert money.would_be.owed == {"lonestar": 45_000_000}


def test_all_who_were_busy_leave_a_new_buyer_without_a_talk(tmp_path: Path) -> None:
    """Nobody knows how long it had talked: whoever comes in the place of the busy is taken to be busy."""
    folder = changed_roofing(tmp_path, ('accepts: zip.state == "FL"', 'accepts: zip.state in ["FL", "TX"]'))
    both = {"lonestar": BuyerPlan("busy"), "redriver": BuyerPlan("busy")}
    money = against(folder, happened(load(ROOFING), both))
    assert money.was == money.would_be


def test_a_buyer_that_is_gone_loses_its_calls_to_the_next_who_keeps_its_own(tmp_path: Path) -> None:
    text = (ROOFING / "network.yaml").read_text(encoding="utf-8")
    start, end = text.index("  lonestar:\n"), text.index("  redriver:\n")
    folder = changed_roofing(tmp_path, (text[start:end], ""), ("[lonestar, redriver", "[redriver"))
    money = against(folder, happened(load(ROOFING), {}, {"lonestar": BuyerPlan("busy")}))
    assert money.moved == {("lonestar", "redriver"): 1}
    assert money.would_be.calls == {"redriver": 2}
    assert money.unknowable == 0


def test_calls_that_nobody_took_are_told_apart_from_the_revenue(tmp_path: Path) -> None:
    folder = changed_roofing(
        tmp_path, ('any: [need == "replace", insurance', 'any: [need == "repair", insurance')
    )
    closed = happened(load(folder), {}, keys="2")
    money = against(ROOFING, closed)
    assert money.found_buyers == {"lonestar": 1}
    assert money.found_micros == 45_000_000
    assert money.would_be.revenue_micros == 0
    told = list(money.sentences("the last 1 calls"))
    assert "lonestar would have been offered 1 calls that no buyer took" in told


def test_what_callers_were_never_asked_is_not_taken_for_lost(tmp_path: Path) -> None:
    asked = changed_roofing(
        tmp_path,
        ("answers:\n  zip:", "answers:\n  owner: {type: yes_no}\n  zip:"),
        ("answers:\n  need:", "answers:\n  owner: {type: yes_no}\n  need:"),
        (
            "nodes:\n",
            "nodes:\n  ask_owner: {type: collect, answer: owner, prompt: Do you own it?, next: bye}\n",
        ),
        ('- zip.state == "TX" ', '- owner\n        - zip.state == "TX" '),
        ('- zip.state in ["TX"', '- owner\n        - zip.state in ["TX"'),
    )
    money = against(asked, happened(load(ROOFING), {}, {}))
    assert money.unasked == {"lonestar": 2, "redriver": 2}
    assert money.was.revenue_micros == 0  # neither counted as earned nor as lost


def test_a_replay_against_a_revision_keeps_who_was_full_out(tmp_path: Path) -> None:
    one_a_day = load(changed_roofing(tmp_path, ("day: 40", "day: 1")))
    revision = revision_of(one_a_day)
    trade = Trade(one_a_day.network) if one_a_day.network else None
    assert trade is not None
    for number in range(2):
        caller = ScriptedCaller((PressKeys("78701"), PressKeys("2"), PressKeys("1")))
        world = VirtualWorld(revision, caller, lambda _: BuyerPlan(), CallsPlaces(trade, f"call-{number}"))
        world.run(CallArrived(0, f"call-{number}", "test", "t", "+15550123", "+15550100", MONDAY_MS, 7))
        trade.settle(f"call-{number}", MONDAY_MS, world.call.legs.values(), ())
    assert [leg.buyer for leg in world.call.legs.values()] == ["redriver"]
    assert what_if(world.journal, revision, revision)["sentences"] == []

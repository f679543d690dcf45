"""Asking only what still decides leads to the buyer and the bill that asking everything leads to.

Over random networks, callers and buyers, through YAML, machine and rehearsal: the same caller calls three
numbers that ask it everything, what is needed in the order of the flow, and what is needed by its value.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import event, given
from hypothesis import strategies as st

from engine.core.commands import Dial, Record
from engine.core.events import CallArrived, Contact
from engine.core.facts import Turn, Verdict
from engine.core.replay import replay
from engine.language.revisions import Published
from engine.language.stories.story import BuyerPlan, CallerAct, PressKeys, StaySilent
from engine.rehearsal.bookings import Bookings
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld
from tests.properties.random_networks import (
    CALLERS,
    NUMBERS,
    ORDERS,
    PLANS,
    Drawn,
    hunting,
    networks,
    published,
)

MONDAY_MORNING = 1_795_446_000_000  # 2026-11-23T15:00:00Z


class Caller(ScriptedCaller):
    """Answers whatever is asked, or stays silent where it has no answer."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        super().__init__((), self._answer)  # type: ignore[has-type]
        self._answers = answers
        self.world: VirtualWorld | None = None
        self.asked: list[str] = []

    def _answer(self, listens: bool) -> CallerAct | None:
        assert self.world is not None
        name = self.world.call.node.removeprefix("ask_")
        self.asked.append(name)
        return PressKeys(self._answers[name]) if name in self._answers else StaySilent()


def called(
    of: Published,
    number: str,
    answers: Mapping[str, str],
    plans: Mapping[str, BuyerPlan],
    arrived: CallArrived,
) -> tuple[Caller, VirtualWorld]:
    assert of.revision is not None
    assert of.network is not None
    caller = Caller(answers)
    world = VirtualWorld(of.revision, caller, lambda dial: plans[dial.buyer or ""], Bookings(of.network))
    caller.world = world
    assert world.run(arrived) is None
    assert replay(world.journal, of.revision).difference is None
    return caller, world


def came_of(world: VirtualWorld) -> tuple[object, ...]:
    """Who was called, in which order, and what each was found to owe and to be paid for."""
    dialled = tuple(command.buyer for command in world.commands if isinstance(command, Dial))
    facts = [command.fact for command in world.commands if isinstance(command, Record)]
    verdicts = tuple(
        (each.buyer, each.reason, each.revenue_micros, each.payout_reason, each.payout_micros)
        for each in facts
        if isinstance(each, Verdict)
    )
    return dialled, verdicts


@hunting(100)
@given(
    network=networks(),
    order=ORDERS,
    answers=CALLERS,
    plans=st.fixed_dictionaries({f"b{number}": PLANS for number in range(5)}),
    number=st.sampled_from(("+15125550123", "")),
    had=st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=2),
    seed=st.integers(0, 1 << 32),
)
def test_the_same_buyer_and_the_same_bill(
    network: Drawn,
    order: list[str],
    answers: Mapping[str, str],
    plans: Mapping[str, BuyerPlan],
    number: str,
    had: list[tuple[int, bool]],
    seed: int,
) -> None:
    of = published(network, order)
    contacts = tuple(
        Contact(f"b{buyer}", MONDAY_MORNING - 600_000, billed=is_billed, campaign="")
        for buyer, is_billed in had
    )
    calls = {}
    for way, to in NUMBERS.items():
        arrived = CallArrived(0, way, "practice", way, number, to, MONDAY_MORNING, seed, contacts)
        calls[way] = called(of, to, answers, plans, arrived)
    full, whole = calls.pop("always")
    assert sorted(full.asked) == sorted(order)
    for caller, world in calls.values():
        assert came_of(world) == came_of(whole)
        assert len(set(caller.asked)) == len(caller.asked)  # nobody is asked twice
        unasked = set(order) - set(caller.asked)
        facts = [command.fact for command in world.commands if isinstance(command, Record)]
        told = [str(each.values.get("not_asked", "")).split(", ") for each in facts if isinstance(each, Turn)]
        assert {name for names in told for name in names if name} == unasked  # and each has its reason
        event(f"{len(unasked)} of 4 questions spared")
    event(f"{len(came_of(whole)[1])} verdicts")  # type: ignore[arg-type]

"""What calls that happened would have brought under another revision, in buyers and in money.

The journal is fed to the call's own revision. Wherever that chose a buyer, the other is asked with the very
answers, tries and time of that moment; the leg is then judged as if that buyer had talked as long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field

from engine.core.call import Call
from engine.core.commands import Record
from engine.core.events import Event
from engine.core.facts import Candidate, Decision, Leg, Verdict
from engine.core.flow import Revision
from engine.core.machine import CallMachine
from engine.core.money import format_money
from engine.core.records import changed


@dataclass(slots=True)
class Sums:
    """What verdicts over several calls come to."""

    revenue_micros: int = 0
    payout_micros: int = 0

    def add(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            self.revenue_micros += verdict.revenue_micros
            self.payout_micros += verdict.payout_micros


@dataclass(slots=True)
class MoneyMoved:
    """What came of all calls: how many there were, whom they would have gone to, and the sums."""

    calls: int = 0
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknowable: int = 0
    was: Sums = field(default_factory=Sums)
    would_be: Sums = field(default_factory=Sums)

    def add(self, events: Sequence[Event], own: Revision, other: Revision) -> None:
        """Take one finished call in. A journal that `own` cannot follow is counted as unknowable."""
        self.calls += 1
        machine = CallMachine(own)
        choices: dict[str, Candidate | None] = {}  # by the buyer who was chosen, since then
        first: tuple[str, str] | None = None
        try:
            for event in events:
                for command in machine.receive(event):
                    if isinstance(command, Record) and isinstance(command.fact, Decision):
                        was, would = command.fact.chosen, _would_choose(machine, other, command.fact)
                        if was is not None:
                            choices[was] = would
                        first = first or (was or "nobody", would.buyer if would else "nobody")
        except (ValueError, KeyError):
            self.unknowable += 1
            return
        if machine.call is None:
            return
        if first is not None and first[0] != first[1]:
            self.moved[first] += 1
        self.was.add(own.market.judge(machine.call))
        self.would_be.add(other.market.judge(_as_if(machine.call, choices)))

    def sentences(self, what: str) -> Iterator[str]:
        """``31 of 1,000 calls would go to another buyer``, then whom, then the money."""
        changed_calls = sum(self.moved.values())
        yield f"{changed_calls:,} of {self.calls:,} {what} would go to another buyer first"
        for (was, would_be), count in self.moved.most_common():
            yield f"  {count:,} from {was} to {would_be}"
        for word, before, after in (
            ("revenue", self.was.revenue_micros, self.would_be.revenue_micros),
            ("payout", self.was.payout_micros, self.would_be.payout_micros),
        ):
            yield f"{word} {format_money(before)} → {format_money(after)} ({percent(before, after)})"
        if self.unknowable:
            yield f"{self.unknowable:,} could not be told: their journals do not fit their revision"


def first_choice(machine: CallMachine, other: Revision, was: Decision) -> Candidate | None:
    """Whom the other revision would have called first at this moment; KeyError without that campaign."""
    assert machine.call is not None
    would = other.market.choose(machine.call, was.campaign)
    ranked = [each for each in would.candidates if each.rank is not None and each.eligible]
    return min(ranked, key=lambda candidate: candidate.rank or 0, default=None)


def _would_choose(machine: CallMachine, other: Revision, was: Decision) -> Candidate | None:
    try:
        return first_choice(machine, other, was)
    except KeyError:
        return None


def percent(was: int, now: int) -> str:
    if was == now:
        return "the same"
    return "from nothing" if was == 0 else f"{(now - was) / was:+.1%}"


def _as_if(call: Call, choices: dict[str, Candidate | None]) -> Call:
    """The call with each leg gone to whom the other revision would have chosen."""
    twin = copy(call)
    legs: dict[str, Leg] = {}
    for name, leg in call.legs.items():
        if leg.buyer is None or leg.buyer not in choices:
            legs[name] = leg
        elif (would := choices[leg.buyer]) is not None:
            legs[name] = changed(leg, buyer=would.buyer, price_micros=would.price_micros or 0)
    twin.legs = legs
    return twin

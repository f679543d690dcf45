"""Whom calls would go to instead, and the money that moves with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.commands import Record
from engine.core.events import Event
from engine.core.facts import Decision, Verdict
from engine.core.flow import Revision
from engine.core.machine import CallMachine
from engine.core.money import format_money
from engine.rehearsal.comparison.elsewhere import Elsewhere, network_of

_NAMED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call: who was joined with the caller, what each buyer owes, what is paid out."""

    buyer: str | None
    owed: Mapping[str, int]
    payout_micros: int

    @classmethod
    def of(cls, buyer: str | None, verdicts: Iterable[Verdict]) -> Outcome:
        judged = tuple(verdicts)
        owed: Counter[str] = Counter()
        for verdict in judged:
            owed[verdict.buyer] += verdict.revenue_micros
        return cls(buyer, owed, sum(verdict.payout_micros for verdict in judged))


@dataclass(slots=True)
class Sums:
    """What several calls come to."""

    payout_micros: int = 0
    calls: Counter[str] = field(default_factory=Counter)  # by buyer, those joined with the caller
    owed: Counter[str] = field(default_factory=Counter)  # by buyer

    @property
    def revenue_micros(self) -> int:
        return self.owed.total()

    @property
    def margin_micros(self) -> int:
        return self.revenue_micros - self.payout_micros

    def add(self, outcome: Outcome) -> None:
        self.payout_micros += outcome.payout_micros
        self.owed.update(outcome.owed)
        if outcome.buyer is not None:
            self.calls[outcome.buyer] += 1


@dataclass(slots=True)
class MoneyMoved:
    """What came of all calls, and what would have come of them."""

    calls: int = 0
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    was: Sums = field(default_factory=Sums)
    would_be: Sums = field(default_factory=Sums)
    unknowable: int = 0  # journals that do not fit their revision
    unasked: Counter[str] = field(default_factory=Counter)  # buyer → calls never asked for what it wants now
    found_buyers: Counter[str] = field(default_factory=Counter)  # buyer → calls that nobody had talked to
    found_micros: int = 0  # what these would bring if all were billed
    currencies: tuple[str, str] = ("", "")  # before and after; amounts of two are never compared

    @property
    def is_moved(self) -> bool:
        return bool(self.moved or self.unasked or self.found_buyers) or self.was != self.would_be

    def add(self, was: Outcome, would_be: Outcome) -> None:
        """Take one call in, as it went and as it would go."""
        self.was.add(was)
        self.would_be.add(would_be)
        if was.buyer != would_be.buyer:
            self.moved[was.buyer or "nobody", would_be.buyer or "nobody"] += 1

    def sentences(self, what: str) -> Iterator[str]:
        """``31 of the last 1,000 calls would change buyer``, to whom, and the money, in all and by buyer."""
        yield f"{self.moved.total():,} of {what} would change buyer"
        for (was, would_be), count in self.moved.most_common():
            yield f"  {count:,} from {was} to {would_be}"
        for word, before, after in (
            ("revenue", self.was.revenue_micros, self.would_be.revenue_micros),
            ("payout", self.was.payout_micros, self.would_be.payout_micros),
            ("margin", self.was.margin_micros, self.would_be.margin_micros),
        ):
            yield f"{word} {self._change(before, after)}"
        yield from self._by_buyer()
        for buyer, count in self.found_buyers.items():
            yield f"{buyer} would have been offered {count:,} calls that no buyer took"
        if self.found_micros:
            most = format_money(self.found_micros)
            yield f"  not included in the revenue, because their talk time is unknown; at most {most}"
        for buyer, count in self.unasked.items():
            yield f"{count:,} can't be compared: {buyer} now needs an answer they were not asked for"
        if self.unknowable:
            yield f"{self.unknowable:,} can't be compared: their journals don't match their revision"

    def _change(self, before: int, after: int) -> str:
        amounts, (old, new) = self._amounts(before, after), self.currencies
        return (
            f"{amounts} ({percent(before, after)})" if old == new else f"{amounts}, which can't be compared"
        )

    def _amounts(self, before: int, after: int) -> str:
        """``45.00 → 60.00``, and ``45.00 USD → 60.00 CAD`` where the currency changes."""
        old, new = ("", "") if len({*self.currencies}) < 2 else (f" {each}" for each in self.currencies)
        return f"{format_money(before)}{old} → {format_money(after)}{new}"

    def _by_buyer(self) -> Iterator[str]:
        buyers = sorted({*self.was.owed, *self.would_be.owed, *self.was.calls, *self.would_be.calls})
        moved = [
            buyer
            for buyer in buyers
            if self.was.owed[buyer] != self.would_be.owed[buyer]
            or self.was.calls[buyer] != self.would_be.calls[buyer]
        ]
        moved.sort(key=lambda buyer: -abs(self.would_be.owed[buyer] - self.was.owed[buyer]))
        for buyer in moved[:_NAMED_AT_MOST]:
            calls = f"{self.was.calls[buyer]:,} → {self.would_be.calls[buyer]:,} calls"
            yield f"  {buyer}: {calls}, {self._amounts(self.was.owed[buyer], self.would_be.owed[buyer])}"
        if len(moved) > _NAMED_AT_MOST:
            yield f"  and {len(moved) - _NAMED_AT_MOST} more buyers"


def money_moved(
    journals: Iterable[tuple[Sequence[Event], Revision]], other: Revision
) -> Sequence[MoneyMoved]:
    """Finished calls, the earliest first, each with the revision that it ran by, held against another.

    One for each currency that they were sold in. The money is that of the verdicts at each call's end; later
    corrections do not count.
    """
    elsewhere = Elsewhere.of(other)
    currency = network_of(other).currency
    found: dict[str, MoneyMoved] = {}
    for events, own in journals:
        sold_in = network_of(own).currency
        moved = found.setdefault(sold_in, MoneyMoved(currencies=(sold_in, currency)))
        moved.calls += 1
        try:
            _add(moved, events, own, elsewhere)
        except (ValueError, KeyError):
            moved.unknowable += 1
    return list(found.values()) or [MoneyMoved(currencies=(currency, currency))]


def _add(moved: MoneyMoved, events: Sequence[Event], own: Revision, elsewhere: Elsewhere) -> None:
    machine = CallMachine(own)
    again = elsewhere.call(machine, own)
    offered: str | None = None
    price_micros = 0
    for event in events:
        for command in machine.receive(event):
            if isinstance(command, Record) and isinstance(command.fact, Decision):
                would = again.choose(command.fact)
                if would and offered is None:
                    offered, price_micros = would[0].buyer, would[0].price_micros or 0
    if machine.call is None:
        return
    if again.unasked:
        moved.unasked.update(set(again.unasked))
        return
    verdicts = again.judged()
    again.settle(verdicts)
    renames = again.renames
    legs = [leg for leg in machine.call.legs.values() if leg.buyer is not None]
    joined = next((leg.buyer for leg in reversed(legs) if leg.bridged_at is not None), None)
    was = Outcome.of(joined, own.market.judge(machine.call.moment))
    if not legs and offered is not None:
        moved.found_buyers[offered] += 1
        moved.found_micros += price_micros
    moved.add(
        Outcome(
            renames.buyer(was.buyer) if was.buyer else None,
            Counter({renames.buyer(key): owed for key, owed in was.owed.items()}),
            was.payout_micros,
        ),
        Outcome.of(again.joined, verdicts),
    )


def percent(was: int, now: int) -> str:
    """``-3.1%``."""
    if was == now:
        return "the same"
    return "from zero" if was == 0 else f"{(now - was) / abs(was):+.1%}"

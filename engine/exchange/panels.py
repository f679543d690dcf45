"""The buyers of a campaign made ready to be asked: what does not depend on the call, reckoned once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.core.conditions import All, Clause, ClauseOutcome, Condition, clause_of_kind
from engine.core.records import changed
from engine.exchange.bids import BidTerms
from engine.exchange.buyer_sets import set_of
from engine.exchange.condition_index import ConditionIndex
from engine.exchange.hours import Schedule
from engine.exchange.ranking import Runner, lot_of
from engine.exchange.terms import Buyer, Callers, Campaign, Duplicates, Network


@dataclass(frozen=True, slots=True)
class Prospect:
    """A buyer made ready to be asked."""

    buyer: Buyer
    wanted: Condition | None  # its area and what it accepts
    leaves: tuple[Clause, ...]
    schedule: Schedule | None
    duplicates: Duplicates | None  # its own, else its campaign's
    runner: Runner
    untried: ClauseOutcome
    tried: ClauseOutcome


class Panel:
    """The buyers of one campaign, in its order. A buyer's place in it is its bit in every set."""

    def __init__(self, campaign: Campaign, network: Network, schedules: Mapping[str, Schedule]) -> None:
        """`schedules` has one for each buyer with hours, by buyer."""
        self.campaign = campaign
        self.callers: Callers | None = network.callers
        buyers = [network.buyers[key] for key in campaign.buyers]
        self.prospects: Sequence[Prospect] = [
            _prospect_of(buyer, schedules.get(buyer.key), campaign.duplicates) for buyer in buyers
        ]
        self.size = len(buyers)
        self.everybody = (1 << self.size) - 1
        self.place_of: Mapping[str, int] = {buyer.key: place for place, buyer in enumerate(buyers)}
        self.bidders: Mapping[str, BidTerms] = {
            buyer.key: buyer.bid for buyer in buyers if buyer.bid is not None
        }
        self.index = self._index_of(each.wanted for each in self.prospects)
        self.billable = self._index_of(each.buyer.billable.when for each in self.prospects)
        # Who pays only where an answer is given, and who is told what for its price.
        self.requiring: Mapping[str, int] = self._by_name(
            each.buyer.billable.requires for each in self.prospects
        )
        self.telling: Mapping[str, int] = self._by_name(
            () if each.buyer.bid is None else each.buyer.bid.sends for each in self.prospects
        )
        self.schedules: Sequence[tuple[Schedule, int]] = self._schedules()
        self.refusing: int = self._set_of(
            each.duplicates is not None and each.duplicates.then == "refuse" for each in self.prospects
        )
        self.minding: int = self._set_of(each.duplicates is not None for each in self.prospects)

    def _set_of(self, included: Iterable[bool]) -> int:
        return set_of((place for place, is_in in enumerate(included) if is_in), self.size)

    def _index_of(self, conditions: Iterable[Condition | None]) -> ConditionIndex:
        parts = [(place, each) for place, each in enumerate(conditions) if each is not None]
        return ConditionIndex(parts, self.size)

    def _by_name(self, named: Iterable[Iterable[str]]) -> Mapping[str, int]:
        """Each name (of an answer, `zip`, or of a part of one, `zip.state`) with the buyers who name it."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, names in enumerate(named):
            for name in names:
                places[name].append(place)
        return {name: set_of(some, self.size) for name, some in places.items()}

    def _schedules(self) -> Sequence[tuple[Schedule, int]]:
        """Each distinct schedule with the buyers who keep it."""
        keepers: dict[str, tuple[Schedule, list[int]]] = {}
        for place, prospect in enumerate(self.prospects):
            if prospect.schedule is not None:
                keepers.setdefault(prospect.schedule.text, (prospect.schedule, []))[1].append(place)
        return [(schedule, set_of(places, self.size)) for schedule, places in keepers.values()]


def panel_of(network: Network, campaign: str) -> Panel:
    """One campaign's panel by itself, for those who compare networks rather than take calls."""
    return Panel(network.campaigns[campaign], network, schedules_of(network))


def schedules_of(network: Network) -> Mapping[str, Schedule]:
    """Each buyer that keeps hours, with them made ready to be asked."""
    return {
        key: Schedule(buyer.hours, network.almanac) for key, buyer in network.buyers.items() if buyer.hours
    }


def _prospect_of(buyer: Buyer, schedule: Schedule | None, duplicates: Duplicates | None) -> Prospect:
    both = tuple(condition for condition in (buyer.area, buyer.accepts) if condition is not None)
    wanted = (both[0] if len(both) == 1 else All(both)) if both else None
    tried = clause_of_kind("not_tried", buyer.place, False, {})
    return Prospect(
        buyer=buyer,
        wanted=wanted,
        leaves=() if wanted is None else wanted.leaves(),
        schedule=schedule,
        duplicates=buyer.duplicates or duplicates,
        runner=Runner(buyer.key, buyer.priority, buyer.price_micros, buyer.weight, lot_of(buyer.key)),
        untried=changed(tried, outcome=True),
        tried=tried,
    )

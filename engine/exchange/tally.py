"""Who is eligible among all buyers of a panel, and how many are refused for what: sets, and no traces.

The same reasons in the same order as `eligibility.consider` finds for one buyer; a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.exchange.bids import refusal
from engine.exchange.buyer_sets import places_in, set_of
from engine.exchange.eligibility import TERMS_UNKNOWN, Moment, runner_of
from engine.exchange.ranking import Runner


@dataclass(frozen=True, slots=True)
class Tally:
    """The eligible as a set, and the refused by their codes, each buyer under one."""

    eligible: int
    refused: Mapping[str, int]

    def counts(self) -> Mapping[str, int]:
        """How many have each code, `eligible` among them."""
        sets = {"eligible": self.eligible, **self.refused}
        return {code: buyers.bit_count() for code, buyers in sets.items() if buyers}


def tally(moment: Moment) -> Tally:
    """Every buyer of the moment's panel under its code."""
    left = moment.panel.everybody
    refused: dict[str, int] = {}
    for code, buyers in _refusals(moment):
        if found := buyers & left:
            refused[code] = refused.get(code, 0) | found
            left &= ~found
    return Tally(left, refused)


def closed_at(moment: Moment) -> int:
    """Who is outside its hours."""
    closed = 0
    for schedule, keepers in moment.panel.schedules:
        if not moment.opening(schedule).is_open:
            closed |= keepers
    return closed


def runners_in(buyers: int, moment: Moment) -> Iterable[Runner]:
    """What ranking needs of each buyer of the set."""
    prospects, minding = moment.panel.prospects, moment.panel.minding
    if not moment.bids and (not moment.arrived.contacts or not buyers & minding):
        return [prospects[place].runner for place in places_in(buyers)]
    return [runner_of(prospects[place], moment) for place in places_in(buyers)]


def refused_whatever_is_answered(moment: Moment) -> int:
    """Who is refused for a reason that is neither its terms nor its hours."""
    refused = 0
    for _, buyers in (*_screening(moment), *_duplicates(moment), *_by_name(moment)):
        refused |= buyers
    return refused


def _refusals(moment: Moment) -> Iterable[tuple[str, int]]:
    yield from _screening(moment)
    unmet, unknown = moment.panel.index.judge(moment.evaluator, moment.panel.everybody)
    yield "terms_not_met", unmet
    yield "closed", closed_at(moment)
    yield from _duplicates(moment)
    yield from _by_name(moment)
    yield TERMS_UNKNOWN, unknown


def _screening(moment: Moment) -> Iterable[tuple[str, int]]:
    for screened in moment.screened:
        if screened.refusal is not None:
            yield screened.refusal[0], moment.panel.everybody


def _by_name(moment: Moment) -> Iterable[tuple[str, int]]:
    """Tried, paused, without a bid that stands."""
    yield "already_tried", _named(moment, moment.tried)
    paused = [standing.buyer for standing in moment.standings.values() if standing.paused is not None]
    yield "paused", _named(moment, paused)
    for bid in moment.bids.values():
        if (unbid := refusal(bid, moment.at, 0)) is not None:
            yield unbid[0], _named(moment, [bid.buyer])


def _duplicates(moment: Moment) -> Iterable[tuple[str, int]]:
    panel = moment.panel
    if moment.is_anonymous:
        yield "duplicate_unknown", panel.refusing
        return
    if not moment.arrived.contacts:
        return
    had = []
    for place in places_in(panel.refusing):
        prospect = panel.prospects[place]
        duplicates = prospect.duplicates
        if duplicates is not None and moment.contact(prospect.buyer.key, duplicates) is not None:
            had.append(place)
    yield "duplicate", set_of(had, panel.size)


def _named(moment: Moment, buyers: Iterable[str]) -> int:
    place_of = moment.panel.place_of
    return set_of((place_of[buyer] for buyer in buyers if buyer in place_of), moment.panel.size)

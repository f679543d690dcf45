"""Could this buyer take this call? Every clause with its outcome, one code, and what explains it.

Clauses are listed in this order: the caller (blocked, anonymous, velocity), area and accepts, hours,
duplicates, tried, paused, bid. The first that is not true gives the code and its details. Unknown terms
refuse as false ones do, but give the code only where nothing else refuses: nobody asks for the sake of a
buyer who is closed, and so its terms stay unknown. What the buyers of one decision share is a Moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from engine.core.conditions import ClauseOutcome, Details, Evaluator, clause_of_kind
from engine.core.events import Bid, CallArrived, Contact, Standing
from engine.exchange.bids import bid_values, floor_of
from engine.exchange.bids import refusal as refusal_of_bid
from engine.exchange.explanations import explain
from engine.exchange.hours import Opening, Schedule
from engine.exchange.panels import Panel, Prospect
from engine.exchange.ranking import AVOIDED, OWED, Runner
from engine.exchange.screening import Screened, screen
from engine.exchange.spans import span_text
from engine.exchange.terms import Buyer, Duplicates

Refusal = tuple[str, Details]  # a code and what explains it
_Had = tuple[str, bool, bool]  # a buyer ("" for all), whether in this campaign alone, whether billed

TERMS_UNKNOWN = "terms_unknown"


class Considered(NamedTuple):
    """A buyer's part in a decision before ranking; `runner` is None where it is not eligible."""

    buyer: Buyer
    code: str
    details: Details
    clauses: tuple[ClauseOutcome, ...]
    runner: Runner | None


@dataclass(slots=True)
class Moment:
    """What the buyers of one decision share. `instant_ms` is milliseconds since 1970, UTC."""

    panel: Panel
    evaluator: Evaluator
    arrived: CallArrived
    instant_ms: int
    tried: Collection[str]
    standings: Mapping[str, Standing]
    at: int = 0  # milliseconds since the call's start
    bids: Mapping[str, Bid] = field(default_factory=dict)  # by buyer, of those who were asked
    screened: Sequence[Screened] = field(init=False)
    _openings: dict[str, Opening] = field(init=False)
    _had: Mapping[_Had, Contact] = field(init=False)

    def __post_init__(self) -> None:
        self.screened = screen(self.panel.callers, self.arrived)
        self._openings = {}
        self._had = _latest(self.arrived.contacts, self.panel)

    @property
    def is_anonymous(self) -> bool:
        return not self.arrived.caller_number

    def opening(self, schedule: Schedule) -> Opening:
        opening = self._openings.get(schedule.text)
        if opening is None:
            opening = self._openings[schedule.text] = schedule.at(self.instant_ms)
        return opening

    def contact(self, buyer: str, duplicates: Duplicates) -> Contact | None:
        """The caller's last call that makes this one a duplicate for the buyer.

        Any buyer's call in the campaign may refuse, but only who had the caller can be the same, or another.
        """
        of_campaign = duplicates.per == "campaign"
        whose = "" if of_campaign and duplicates.then == "refuse" else buyer
        contact = self._had.get((whose, of_campaign, duplicates.after == "billed"))
        if contact is None or self.arrived.started_at - contact.started_at >= duplicates.within_ms:
            return None
        return contact

    def ago(self, contact: Contact) -> str:
        return span_text(self.arrived.started_at - contact.started_at)

    def paused(self, buyer: str) -> str | None:
        """Why the buyer is paused, as far as it was asked."""
        standing = self.standings.get(buyer)
        return None if standing is None else standing.paused


def runner_of(prospect: Prospect, moment: Moment) -> Runner:
    """The eligible buyer as it goes into the ranking: its returning caller puts it first or last."""
    duplicates = prospect.duplicates
    runner = prospect.runner
    bid = moment.bids.get(runner.buyer)
    if bid is not None:
        runner = replace(runner, price_micros=bid.amount_micros)
    if duplicates is None or duplicates.then == "refuse":
        return runner
    if moment.contact(prospect.buyer.key, duplicates) is None:
        return runner
    return replace(runner, turn=OWED if duplicates.then == "route_same" else AVOIDED)


def consider(prospect: Prospect, moment: Moment) -> Considered:
    """The buyer's clauses, its code and what explains it."""
    buyer = prospect.buyer
    clauses = [screened.clause for screened in moment.screened]
    refusals = [screened.refusal for screened in moment.screened]
    clauses += moment.evaluator.traced(prospect.leaves)
    terms = _terms(prospect, moment)
    is_undecided = terms is not None and terms[0] == TERMS_UNKNOWN  # an answer could still decide
    refusals.append(None if is_undecided else terms)
    for judged in (_hours(prospect, moment), _duplicate(prospect, moment)):
        if judged is not None:
            clauses.append(judged[0])
            refusals.append(judged[1])
    is_tried = buyer.key in moment.tried
    clauses.append(prospect.tried if is_tried else prospect.untried)
    if is_tried:
        refusals.append(("already_tried", {}))
    paused = moment.paused(buyer.key)
    if paused is not None:
        clauses.append(clause_of_kind("not_paused", buyer.place, False, {"why": paused}))
        refusals.append(("paused", {"why": paused}))
    bid = moment.bids.get(buyer.key)
    if bid is not None:
        floor = 0 if buyer.bid is None else floor_of(buyer.bid, moment.panel.campaign.bidding)
        unbid = refusal_of_bid(bid, moment.at, floor)
        clauses.append(clause_of_kind("bids", buyer.place, unbid is None, bid_values(bid)))
        refusals.append(unbid)
    if is_undecided:
        refusals.append(terms)
    refusal = next((each for each in refusals if each is not None), None)
    if refusal is not None:
        return Considered(buyer, *refusal, tuple(clauses), None)
    return Considered(buyer, "eligible", {}, tuple(clauses), runner_of(prospect, moment))


_Judged = tuple[ClauseOutcome, Refusal | None]


def _terms(prospect: Prospect, moment: Moment) -> Refusal | None:
    if prospect.wanted is None:
        return None
    outcome = prospect.wanted.judged(moment.evaluator)
    if outcome:
        return None
    code = "terms_not_met" if outcome is False else TERMS_UNKNOWN
    return code, explain(prospect.wanted, moment.evaluator)


def _hours(prospect: Prospect, moment: Moment) -> _Judged | None:
    buyer, schedule = prospect.buyer, prospect.schedule
    if schedule is None:
        return None
    opening = moment.opening(schedule)
    place = buyer.hours.place if buyer.hours is not None else buyer.place
    clause = clause_of_kind("hours", place, opening.is_open, opening.values, clause=schedule.text)
    if opening.is_open:
        return clause, None
    return clause, ("closed", {**opening.values, "zone": schedule.zone.key})


def _duplicate(prospect: Prospect, moment: Moment) -> _Judged | None:
    """The duplicates clause; one that only moves the buyer in the order is told where it does."""
    buyer, duplicates = prospect.buyer, prospect.duplicates
    if duplicates is None:
        return None
    contact = moment.contact(buyer.key, duplicates)
    ago = None if contact is None else moment.ago(contact)
    told = {"last_call_ago": ago}
    details: Details = {"within_ms": duplicates.within_ms}
    if duplicates.then != "refuse":
        if contact is None:
            return None
        details = {"then": duplicates.then, **details}
        return clause_of_kind("returning", duplicates.place, True, told, details=details), None
    details = {"after": duplicates.after, "per": duplicates.per, **details}
    outcome = None if moment.is_anonymous else contact is None
    clause = clause_of_kind("no_duplicate", duplicates.place, outcome, told, details=details)
    if moment.is_anonymous:
        return clause, ("duplicate_unknown", {})
    if contact is None:
        return clause, None
    return clause, ("duplicate", {"had_by": contact.buyer, "ago": ago, "per": duplicates.per})


def _latest(contacts: Sequence[Contact], panel: Panel) -> Mapping[_Had, Contact]:
    """The last contact of each buyer, and of all together, in any campaign and in this one."""
    latest: dict[_Had, Contact] = {}
    for contact in contacts:
        is_ours = contact.campaign == panel.campaign.key
        if not contact.campaign:  # an older journal: the buyer tells
            is_ours = contact.buyer in panel.place_of
        everywhere, here = (contact.buyer, False), ((contact.buyer, True), ("", True))
        for whose, of_campaign in (everywhere, *here) if is_ours else (everywhere,):
            kinds = ((False, contact.connected), (True, contact.billed))
            for is_billed in [kind for kind, is_so in kinds if is_so]:
                known = latest.get((whose, of_campaign, is_billed))
                if known is None or known.started_at < contact.started_at:
                    latest[whose, of_campaign, is_billed] = contact
    return latest

"""Could this buyer take this call? Every clause with its outcome, one code, one sentence.

Theory of operation. What a buyer says of every call alike is made once, when the network is read: a
Prospect. A decision makes one Moment, which holds what all buyers share: the evaluator, in which clauses
of one text are judged once, and the hours, asked once per distinct schedule.

Clauses are listed in this order: accepts, hours, duplicates, tried. The first that is not true gives the
code and the sentence; unknown refuses as false does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.conditions import All, Clause, ClauseOutcome, Condition, Evaluator
from engine.core.events import Contact
from engine.core.facts import Candidate
from engine.exchange.explanations import explain
from engine.exchange.hours import Opening, Schedule
from engine.exchange.ranking import Runner, lot_of
from engine.exchange.spans import span_text
from engine.exchange.terms import Buyer

_NOTHING_READ: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Prospect:
    """A buyer made ready to be asked: what does not depend on the call."""

    buyer: Buyer
    leaves: tuple[Clause, ...]
    is_flat: bool  # accepts is a plain list: its outcome can be read off its leaves
    schedule: Schedule | None
    runner: Runner
    owed_runner: Runner
    sentence: str
    untried: ClauseOutcome
    tried: ClauseOutcome
    no_duplicate: ClauseOutcome | None


def prospect_of(buyer: Buyer, schedule: Schedule | None) -> Prospect:
    accepts = buyer.accepts
    runner = Runner(buyer.key, buyer.priority, buyer.price_micros, buyer.weight, lot_of(buyer.key))
    owed = Runner(buyer.key, buyer.priority, buyer.price_micros, buyer.weight, runner.lot, is_owed=True)
    refuses = buyer.duplicates is not None and buyer.duplicates.then == "refuse"
    return Prospect(
        buyer=buyer,
        leaves=tuple(accepts.leaves()) if accepts is not None else (),
        is_flat=_is_flat(accepts),
        schedule=schedule,
        runner=runner,
        owed_runner=owed,
        sentence=f"{buyer.key} takes this call.",
        untried=ClauseOutcome("not tried in this call", buyer.place, True, _NOTHING_READ, ()),
        tried=ClauseOutcome("not tried in this call", buyer.place, False, _NOTHING_READ, ()),
        no_duplicate=_duplicate_clause(buyer, True, None) if refuses else None,
    )


@dataclass(slots=True)
class Moment:
    """What the buyers of one decision share. Instants are milliseconds since 1970, UTC."""

    evaluator: Evaluator
    instant_ms: int
    started_ms: int
    caller_is_known: bool
    contacts: Mapping[str, Contact]  # by buyer, the latest of each
    tried: Collection[str]
    _openings: dict[str, Opening] = field(default_factory=dict)
    _explained: dict[str, str] = field(default_factory=dict)

    def opening(self, schedule: Schedule) -> Opening:
        opening = self._openings.get(schedule.text)
        if opening is None:
            opening = self._openings[schedule.text] = schedule.at(self.instant_ms)
        return opening

    def explanation(self, condition: Condition, failing: Clause | None) -> str:
        """Why the condition failed; `failing` is the leaf that alone decided, where one did."""
        if failing is None:
            return explain(condition, self.evaluator)
        explained = self._explained.get(failing.text)
        if explained is None:
            explained = self._explained[failing.text] = explain(failing, self.evaluator)
        return explained

    def contact(self, buyer: Buyer) -> Contact | None:
        """The caller's last call that reached this buyer, if it was lately enough to be a duplicate."""
        contact = self.contacts.get(buyer.key)
        if contact is None or buyer.duplicates is None:
            return None
        return contact if self.started_ms - contact.started_at < buyer.duplicates.within_ms else None


def latest_contacts(contacts: Sequence[Contact]) -> Mapping[str, Contact]:
    latest: dict[str, Contact] = {}
    for contact in contacts:
        known = latest.get(contact.buyer)
        if known is None or known.started_at < contact.started_at:
            latest[contact.buyer] = contact
    return latest


def consider(prospect: Prospect, moment: Moment) -> tuple[Candidate, Runner | None]:
    """The buyer's part in the decision, not yet ranked; with its runner where it is eligible."""
    buyer = prospect.buyer
    clauses, refusal = _accepts(prospect, moment)
    if prospect.schedule is not None:
        clause, refused = _hours(prospect.schedule, buyer, moment)
        clauses.append(clause)
        refusal = refusal or refused
    is_owed = False
    if buyer.duplicates is not None:
        contact = moment.contact(buyer)
        if buyer.duplicates.then == "route_same":
            is_owed = contact is not None
            if contact is not None:
                clauses.append(_returning_clause(buyer, contact, moment))
        else:
            clause, refused = _no_duplicate(prospect, contact, moment)
            clauses.append(clause)
            refusal = refusal or refused
    if buyer.key in moment.tried:
        clauses.append(prospect.tried)
        refusal = refusal or ("already_tried", f"{buyer.key} was called in this call already.")
    else:
        clauses.append(prospect.untried)
    if refusal is not None:
        code, sentence = refusal
        return Candidate(buyer.key, False, code, sentence, tuple(clauses), None, buyer.price_micros), None
    return (
        Candidate(buyer.key, True, "eligible", prospect.sentence, tuple(clauses), None, buyer.price_micros),
        prospect.owed_runner if is_owed else prospect.runner,
    )


_Refusal = tuple[str, str]


def _accepts(prospect: Prospect, moment: Moment) -> tuple[list[ClauseOutcome], _Refusal | None]:
    evaluator = moment.evaluator
    judge, read = evaluator.outcome, evaluator.reading
    clauses = [
        ClauseOutcome(leaf.text, leaf.place, judge(leaf), read(leaf), leaf.answers)
        for leaf in prospect.leaves
    ]
    accepts = prospect.buyer.accepts
    if accepts is None:
        return clauses, None
    failing: Clause | None = None
    outcome: bool | None = True
    if prospect.is_flat:
        for leaf, traced in zip(prospect.leaves, clauses, strict=True):
            if traced.outcome is False:
                outcome, failing = False, leaf
                break
            if traced.outcome is None and failing is None:
                outcome, failing = None, leaf
    else:
        outcome = accepts.judged(evaluator)
    if outcome:
        return clauses, None
    code = "terms_not_met" if outcome is False else "terms_unknown"
    return clauses, (code, f"{prospect.buyer.key} wants {moment.explanation(accepts, failing)}.")


def _hours(schedule: Schedule, buyer: Buyer, moment: Moment) -> tuple[ClauseOutcome, _Refusal | None]:
    opening = moment.opening(schedule)
    place = buyer.hours.place if buyer.hours is not None else buyer.place
    clause = ClauseOutcome(schedule.text, place, opening.is_open, opening.values, ())
    if opening.is_open:
        return clause, None
    why = f", {opening.closed_for}" if opening.closed_for else ""
    return clause, ("closed", f"{buyer.key} is closed: it is {opening.local} in {schedule.zone.key}{why}.")


def _no_duplicate(
    prospect: Prospect, contact: Contact | None, moment: Moment
) -> tuple[ClauseOutcome, _Refusal | None]:
    buyer = prospect.buyer
    if not moment.caller_is_known:
        sentence = f"{buyer.key} refuses duplicates, and the caller withheld the number."
        return _duplicate_clause(buyer, None, None), ("duplicate_unknown", sentence)
    if contact is None:
        assert prospect.no_duplicate is not None
        return prospect.no_duplicate, None
    ago = span_text(moment.started_ms - contact.started_at)
    sentence = f"{buyer.key} had this caller {ago} ago and refuses duplicates."
    return _duplicate_clause(buyer, False, ago), ("duplicate", sentence)


def _duplicate_clause(buyer: Buyer, outcome: bool | None, ago: str | None) -> ClauseOutcome:
    assert buyer.duplicates is not None
    text = f"no call of this caller within {span_text(buyer.duplicates.within_ms)}"
    return ClauseOutcome(text, buyer.duplicates.place, outcome, {"last_call_ago": ago}, ())


def _returning_clause(buyer: Buyer, contact: Contact, moment: Moment) -> ClauseOutcome:
    assert buyer.duplicates is not None
    text = f"caller of the last {span_text(buyer.duplicates.within_ms)} goes to the same buyer"
    ago = span_text(moment.started_ms - contact.started_at)
    return ClauseOutcome(text, buyer.duplicates.place, True, {"last_call_ago": ago}, ())


def _is_flat(condition: Condition | None) -> bool:
    if isinstance(condition, All):
        return all(isinstance(child, Clause) for child in condition.children)
    return isinstance(condition, Clause)

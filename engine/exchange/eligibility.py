"""Could this buyer take this call? Every clause with its outcome, one code, one sentence.

Theory of operation. What does not depend on the call is made once, when the network is read: a Panel for
each campaign, with a Prospect for each of its buyers and the distinct clauses of them all. A decision
makes one Moment, in which each distinct clause is judged once and each distinct schedule asked once.
What is left for each of a thousand buyers is to write down the outcomes with its own places.

Clauses are listed in this order: accepts, hours, duplicates, tried. The first that is not true gives the
code and the sentence; unknown refuses as false does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.core.conditions import All, Clause, ClauseOutcome, Condition, Evaluator
from engine.core.events import Contact
from engine.core.places import Place
from engine.exchange.explanations import explain
from engine.exchange.hours import Opening, Schedule
from engine.exchange.ranking import Runner, lot_of
from engine.exchange.spans import span_text
from engine.exchange.terms import Buyer

_NOTHING_READ: Mapping[str, str] = {}


class Line(NamedTuple):
    """A leaf of a buyer's terms; `clause` is its index among the panel's distinct clauses."""

    clause: int
    text: str
    place: Place
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prospect:
    """A buyer made ready to be asked."""

    buyer: Buyer
    lines: tuple[Line, ...]
    is_flat: bool  # accepts is a plain list: its outcome can be read off its lines
    schedule: Schedule | None
    runner: Runner
    owed_runner: Runner
    sentence: str
    untried: ClauseOutcome
    tried: ClauseOutcome
    no_duplicate: ClauseOutcome | None


@dataclass(frozen=True, slots=True)
class Panel:
    """The buyers of one campaign, in its order, and the distinct clauses that they accept by."""

    prospects: tuple[Prospect, ...]
    clauses: tuple[Clause, ...]
    names: tuple[tuple[str, ...], ...]  # the distinct sets of names that clauses read
    names_of: tuple[int, ...]  # for each clause, which of `names` it reads


class Considered(NamedTuple):
    """A buyer's part in a decision before ranking; `runner` is None where it is not eligible."""

    buyer: Buyer
    code: str
    sentence: str
    clauses: tuple[ClauseOutcome, ...]
    runner: Runner | None


def panel_of(buyers: Iterable[Buyer], schedules: Mapping[str, Schedule]) -> Panel:
    """`schedules` has one for each buyer with hours, by buyer."""
    indices: dict[str, int] = {}
    clauses: list[Clause] = []
    prospects = []
    for buyer in buyers:
        lines = []
        for leaf in buyer.accepts.leaves() if buyer.accepts is not None else ():
            index = indices.setdefault(leaf.text, len(clauses))
            if index == len(clauses):
                clauses.append(leaf)
            lines.append(Line(index, leaf.text, leaf.place, leaf.answers))
        prospects.append(_prospect_of(buyer, tuple(lines), schedules.get(buyer.key)))
    order = {names: place for place, names in enumerate(dict.fromkeys(clause.names for clause in clauses))}
    return Panel(
        tuple(prospects), tuple(clauses), tuple(order), tuple(order[clause.names] for clause in clauses)
    )


def _prospect_of(buyer: Buyer, lines: tuple[Line, ...], schedule: Schedule | None) -> Prospect:
    lot = lot_of(buyer.key)
    refuses = buyer.duplicates is not None and buyer.duplicates.then == "refuse"
    return Prospect(
        buyer=buyer,
        lines=lines,
        is_flat=_is_flat(buyer.accepts),
        schedule=schedule,
        runner=Runner(buyer.key, buyer.priority, buyer.price_micros, buyer.weight, lot),
        owed_runner=Runner(buyer.key, buyer.priority, buyer.price_micros, buyer.weight, lot, is_owed=True),
        sentence=f"{buyer.key} takes this call.",
        untried=ClauseOutcome("not tried in this call", buyer.place, True, _NOTHING_READ, ()),
        tried=ClauseOutcome("not tried in this call", buyer.place, False, _NOTHING_READ, ()),
        no_duplicate=_duplicate_clause(buyer, True, None) if refuses else None,
    )


@dataclass(slots=True)
class Moment:
    """What the buyers of one decision share. Instants are milliseconds since 1970, UTC."""

    panel: Panel
    evaluator: Evaluator
    instant_ms: int
    started_ms: int
    caller_is_known: bool
    contacts: Mapping[str, Contact]  # by buyer, the latest of each
    tried: Collection[str]
    outcomes: list[bool | None] = field(init=False)  # of the panel's clauses
    readings: list[Mapping[str, object]] = field(init=False)
    _openings: dict[str, Opening] = field(init=False)
    _explained: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        readings = [self.evaluator.read(names) for names in self.panel.names]
        self.readings = [readings[place] for place in self.panel.names_of]
        values = self.evaluator.values
        self.outcomes = [clause.evaluate(values) for clause in self.panel.clauses]
        self._openings = {}
        self._explained = {}

    def opening(self, schedule: Schedule) -> Opening:
        opening = self._openings.get(schedule.text)
        if opening is None:
            opening = self._openings[schedule.text] = schedule.at(self.instant_ms)
        return opening

    def explanation(self, clause: int) -> str:
        """Why the clause of this index is not true."""
        explained = self._explained.get(clause)
        if explained is None:
            explained = self._explained[clause] = explain(self.panel.clauses[clause], self.evaluator)
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


def consider(prospect: Prospect, moment: Moment) -> Considered:
    """The buyer's clauses, its code and its sentence."""
    buyer = prospect.buyer
    clauses, refusal = _accepts(prospect, moment)
    if prospect.schedule is not None:
        clause, refused = _hours(prospect.schedule, buyer, moment)
        clauses.append(clause)
        refusal = refusal or refused
    is_owed = False
    if buyer.duplicates is not None:
        contact = moment.contact(buyer)
        if buyer.duplicates.then == "refuse":
            clause, refused = _no_duplicate(prospect, contact, moment)
            clauses.append(clause)
            refusal = refusal or refused
        elif contact is not None:
            is_owed = True
            clauses.append(_returning_clause(buyer, contact, moment))
    if buyer.key in moment.tried:
        clauses.append(prospect.tried)
        refusal = refusal or ("already_tried", f"{buyer.key} was called in this call already.")
    else:
        clauses.append(prospect.untried)
    if refusal is not None:
        return Considered(buyer, *refusal, tuple(clauses), None)
    runner = prospect.owed_runner if is_owed else prospect.runner
    return Considered(buyer, "eligible", prospect.sentence, tuple(clauses), runner)


_Refusal = tuple[str, str]


def _accepts(prospect: Prospect, moment: Moment) -> tuple[list[ClauseOutcome], _Refusal | None]:
    outcomes, readings = moment.outcomes, moment.readings
    new = tuple.__new__  # half the price of ClauseOutcome(…), of which a decision makes thousands
    clauses: list[ClauseOutcome] = [
        new(ClauseOutcome, (text, place, outcomes[clause], readings[clause], answers))
        for clause, text, place, answers in prospect.lines
    ]
    accepts = prospect.buyer.accepts
    if accepts is None:
        return clauses, None
    if not prospect.is_flat:
        outcome = accepts.judged(moment.evaluator)
        return clauses, None if outcome else _unmet(prospect, outcome, explain(accepts, moment.evaluator))
    told = [clause.outcome for clause in clauses]
    for failure in (False, None):
        if failure in told:
            why = moment.explanation(prospect.lines[told.index(failure)].clause)
            return clauses, _unmet(prospect, failure, why)
    return clauses, None


def _unmet(prospect: Prospect, outcome: bool | None, why: str) -> _Refusal:
    code = "terms_not_met" if outcome is False else "terms_unknown"
    return code, f"{prospect.buyer.key} wants {why}."


def _hours(schedule: Schedule, buyer: Buyer, moment: Moment) -> tuple[ClauseOutcome, _Refusal | None]:
    opening = moment.opening(schedule)
    place = buyer.hours.place if buyer.hours is not None else buyer.place
    clause = ClauseOutcome(schedule.text, place, opening.is_open, opening.values, ())
    if opening.is_open:
        return clause, None
    return clause, ("closed", f"{buyer.key} is closed: it is {opening} in {schedule.zone.key}.")


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

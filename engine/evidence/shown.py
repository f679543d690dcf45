"""The parts of a file as what they were written from: answers, candidates, a verdict's halves, legs, entries.

A view has some halves and not others: a publisher sees when a leg rang, not whom it rang; a buyer its
revenue, not the payout. Each half is a record of its own, which says what its part holds.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.core.conditions import ClauseOutcome, Detail
from engine.core.events import EndedBy, LegOutcome
from engine.core.facts import Answer, Candidate, Timer
from engine.core.journal import fact_from_json, record_from_json
from engine.core.json_values import JsonObject
from engine.core.leg_events import AnsweredBy, BuyerNotice, Joining, TalkKey
from engine.core.records import Frozen, Record
from engine.store.ledger.causes import Cause, cause_of


class PartsByGroup(Protocol):
    """A file of evidence, as far as its parts are read here."""

    def bodies(self, group: str) -> Mapping[str, JsonObject]: ...


class Revenue(Frozen, frozen=True):
    """What a verdict says between network and buyer."""

    at: int
    leg: str
    buyer: str
    billable: bool
    reason: str
    timer: Timer
    clauses: tuple[ClauseOutcome, ...]
    revenue_micros: int
    currency: str
    near_miss_by: str = ""
    details: Mapping[str, Detail] = {}


class Payout(Frozen, frozen=True):
    """What a verdict says between network and publisher."""

    at: int
    leg: str
    currency: str
    payable: bool
    payout_reason: str
    payout_clauses: tuple[ClauseOutcome, ...]
    payout_micros: int


class LegTimes(Frozen, frozen=True):
    """When a leg rang, was answered, taken, joined and over, in milliseconds since the call's start."""

    leg: str
    dialled_at: int
    answered_at: int | None = None
    accepted_at: int | None = None
    bridged_at: int | None = None
    ended_at: int | None = None
    outcome: LegOutcome | None = None
    ended_by: EndedBy | None = None
    held_ms: int = 0
    ended_apart: bool = False
    is_ours: bool = False
    keyed_at: int | None = None
    answered_by: AnsweredBy | None = None
    keys_pressed: int = 0


class LegParty(Frozen, frozen=True):
    """Whom a leg rang, for how much, and who joined their talk."""

    buyer: str | None
    to: str
    campaign: str
    price_micros: int
    details: Mapping[str, Detail] = {}
    told: BuyerNotice | None = None
    extension: str = ""
    keys: tuple[TalkKey, ...] = ()
    joining: Joining | None = None


class Placing(Frozen, frozen=True):
    """Of which decision a candidate is, and whether it was chosen."""

    at: int
    campaign: str
    is_chosen: bool


class ShownEntry(Frozen, frozen=True):
    """An entry of the ledger with the hash that covers it; `sold_to` stands for its buyer."""

    entry: int
    party: str
    position: int
    call: str
    kind: str
    amount_micros: int
    amount: str
    currency: str
    posted_at: int
    corrects: int | None
    why: str
    made_by: str
    previous: str
    hash: str
    sold_to: str | None
    cause: Cause | None = None

    @property
    def made_through(self) -> Cause:
        """What made it, kept or, of an older engine's entry, in its words."""
        return cause_of(self.cause, self.made_by, self.why)


class Sale(Frozen, frozen=True):
    """Whom an entry's call was sold to, with what blinds that in its hash."""

    buyer: str
    blind: str


def answers_of(evidence: PartsByGroup) -> Mapping[str, Answer]:
    """The answers that the file shows, by name."""
    found = {}
    for name, body in evidence.bodies("answer").items():
        if "/" not in name:
            answer = fact_from_json(body)
            assert isinstance(answer, Answer), f"answer/{name} is an answer"
            found[name] = answer
    return found


def given_of(evidence: PartsByGroup) -> Mapping[str, Sequence[Answer]]:
    """By name, each answer as often as it was given, oldest first."""
    bodies = evidence.bodies("answer")
    found: dict[str, list[Answer]] = {name: [] for name in bodies if "/" not in name}
    for name, body in sorted(bodies.items(), key=lambda part: _nth(part[0])):
        whose, _, place = name.partition("/")
        is_answer = not place or (place.startswith("earlier/") and place.count("/") == 1)
        answer = fact_from_json(body) if is_answer else None
        if isinstance(answer, Answer) and whose in found:
            found[whose].append(answer)
    return found


def _nth(name: str) -> int:
    """The place of an answer's part among those of its name; the one that stands is the last."""
    _, is_earlier, number = name.partition("/earlier/")
    return int(number) if is_earlier and number.isdecimal() else sys.maxsize


def candidates_of(evidence: PartsByGroup) -> Mapping[str, tuple[Candidate, Placing]]:
    """Every buyer's part in a decision, as that buyer reads it, by the part's name."""
    found = {}
    for name, body in evidence.bodies("decision").items():
        if name.count("/") == 1:
            own = {key: held for key, held in body.items() if key not in Placing.__struct_fields__}
            found[name] = (record_from_json(Candidate, own), _named(Placing, body))
    return found


def revenues_of(evidence: PartsByGroup, group: str) -> Mapping[str, Revenue]:
    """Leg → what its verdict says between network and buyer; `group` is verdict or corrected."""
    return _halves(evidence, group, "revenue", Revenue)


def payouts_of(evidence: PartsByGroup, group: str) -> Mapping[str, Payout]:
    """Leg → what its verdict says between network and publisher."""
    return _halves(evidence, group, "payout", Payout)


def times_of(evidence: PartsByGroup) -> Mapping[str, LegTimes]:
    return {
        name: record_from_json(LegTimes, body)
        for name, body in evidence.bodies("leg").items()
        if "/" not in name
    }


def parties_of(evidence: PartsByGroup) -> Mapping[str, LegParty]:
    return _halves(evidence, "leg", "party", LegParty)


def entries_of(evidence: PartsByGroup) -> Mapping[str, ShownEntry]:
    return {name: record_from_json(ShownEntry, body) for name, body in evidence.bodies("ledger").items()}


def sales_of(evidence: PartsByGroup) -> Mapping[str, Sale]:
    return {name: record_from_json(Sale, body) for name, body in evidence.bodies("sale").items()}


def _halves(evidence: PartsByGroup, group: str, half: str, kind: type[Record]) -> Mapping[str, Record]:
    """Leg → this half, of those that the file shows."""
    found = {}
    for name, body in evidence.bodies(group).items():
        leg, _, own = name.rpartition("/")
        if own == half:
            found[leg] = record_from_json(kind, body)
    return found


def _named(kind: type[Record], body: JsonObject) -> Record:
    """The record of the body's fields that have its names."""
    return record_from_json(kind, {name: body[name] for name in kind.__struct_fields__})

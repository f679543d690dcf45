"""What there is to prove of a call, part by part, and who may see which part.

The network sees everything. A buyer sees its own part of each decision, its legs, its verdicts, its terms,
its ledger, and the answers that its clauses rest on; a publisher the same of what it is paid for. Nobody
else's terms, price or name is in what either gets (`discretion`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TypeVar, cast

from engine.core.conditions import ClauseOutcome
from engine.core.events import CALLER
from engine.core.facts import (
    Answer,
    Consent,
    Decision,
    Fact,
    Fault,
    Leg,
    Step,
    Tag,
    Turn,
    Verdict,
)
from engine.core.given_answers import earlier_answers
from engine.core.journal import fact_from_json, to_json
from engine.core.json_values import Json, JsonObject
from engine.core.money import format_money
from engine.core.records import changed
from engine.evidence.discretion import (
    as_the_buyer_reads_it,
    candidate_json,
    for_the_network_alone,
    split,
    talkers,
)
from engine.evidence.shown import LegTimes, Payout, Placing, Revenue
from engine.evidence.terms import TermsInForce
from engine.store.instants import iso
from engine.store.ledger.chain import KeptLink, covered, sold_to
from engine.store.ledger.disputes import Dispute, proposal_json
from engine.store.tables.carrier_records import CarrierRecord, finding_json
from engine.store.tables.erasures import Erasure
from engine.store.tables.journal import KeptEntry
from engine.store.views import CallRecord

NETWORK = "network"
ALL = "everybody"

_LISTED: Mapping[str, type[Fact]] = {"path": Step, "turns": Turn, "tags": Tag, "faults": Fault}
"""Facts that are told one after another, by the part that holds them."""

EARLIER = "/earlier/"
"""In the name of a part: an answer as it was before it was given again."""

_OF_CALLER = ("from_number", "carrier_call")
_OF_END = ("ended_at", "ended_by")

AnyFact = TypeVar("AnyFact", bound=Fact)


def buyer(key: str) -> str:
    """The audience that a buyer is."""
    return f"buyer:{key}"


def publisher(key: str) -> str:
    """The audience that a publisher is."""
    return f"publisher:{key}"


@dataclass(frozen=True, slots=True)
class Material:
    """All that the store has of an ended call, and the revision that it ran by.

    `decisions` are the call's with every buyer of each, where its journal wrote the first alone;
    `corrected` the verdicts over the carrier's times, where a carrier's record changed them; `erasures` what
    was taken out of it. `blind` is part of its salts.
    """

    record: CallRecord
    journal: tuple[KeptEntry, ...]
    files: Mapping[str, str]
    ledger: tuple[KeptLink, ...] = ()
    recordings: tuple[JsonObject, ...] = ()
    carrier_records: tuple[CarrierRecord, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    decisions: tuple[Decision, ...] | None = None
    corrected: tuple[Verdict, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    blind: str = field(default="", repr=False)


@dataclass(slots=True)
class Dossier:
    """Name → body of every part, in the order in which they are told, and who besides the network sees it.

    `_hearers` are those who may hear a recording too, by its name.
    """

    material: Material
    bodies: dict[str, Json] = field(default_factory=dict)
    audiences: dict[str, frozenset[str]] = field(default_factory=dict)
    _hearers: dict[str, frozenset[str]] = field(default_factory=dict)

    def add(self, name: str, body: Json, *audience: str) -> None:
        self.bodies[name] = body
        self.audiences[name] = frozenset(audience)

    def add_recording(self, name: str, body: JsonObject, seen: Iterable[str], heard: Iterable[str]) -> None:
        self.add(f"recording/{name}", body, *seen)
        self._hearers[name] = frozenset(heard)

    @property
    def parties(self) -> tuple[str, ...]:
        """Everybody for whom there is a view, the network first."""
        named = {who for some in self.audiences.values() for who in some if who.partition(":")[2]}
        return (NETWORK, *sorted(named))

    def visible(self, audience: str) -> frozenset[str]:
        """The names of the parts that this audience may see."""
        if audience == NETWORK:
            return frozenset(self.bodies)
        return frozenset(name for name, who in self.audiences.items() if audience in who or ALL in who)

    def audible(self, audience: str) -> frozenset[str]:
        """The recordings that this audience may hear."""
        return frozenset(
            name for name, who in self._hearers.items() if audience == NETWORK or audience in who
        )


def dossier_of(material: Material) -> Dossier:
    """Every part of a call's evidence."""
    dossier = Dossier(material)
    facts = list(facts_of(material.journal))
    decisions = material.decisions
    if decisions is None:
        decisions = tuple(fact for fact in facts if isinstance(fact, Decision))
    told = [*(fact for fact in facts if isinstance(fact, Verdict)), *material.corrected]
    source, legs = publisher(material.record.publisher), list(_last(facts, Leg, "leg").values())
    reached = tuple(dict.fromkeys(buyer(leg.buyer) for leg in legs if leg.buyer))
    _add_call(dossier, material.record, source, reached)
    _add_erasures(dossier, material.erasures)
    readers = _readers(decisions, told, source)
    _add_answers(dossier, _last(facts, Answer, "name"), readers, source)
    _add_earlier(dossier, facts, readers, source)
    _add_decisions(dossier, decisions)
    _add_legs(dossier, legs, source)
    for verdict in _last(facts, Verdict, "leg").values():
        _add_verdict(dossier, "verdict", verdict, source)
    for verdict in material.corrected:
        _add_verdict(dossier, "corrected", verdict, source)
    _add_terms(dossier, decisions, legs, material)
    _add_ledger(dossier, material.ledger)
    for recording in material.recordings:
        _add_recording(dossier, recording, legs, source)
    for name, consent in _last(facts, Consent, "answer").items():
        dossier.add(f"consent/{name}", to_json(consent), source, *reached)
    _add_claims(dossier, legs, material)
    for name, kind in _LISTED.items():
        dossier.add(name, [to_json(fact) for fact in facts if isinstance(fact, kind)])
    for name, text in material.files.items():
        dossier.add(f"revision/{name}", text)
    for number, kept in enumerate(material.journal):
        dossier.add(f"journal/{number}", {"event": kept.event, "commands": cast(Json, list(kept.commands))})
    return dossier


def facts_of(journal: Iterable[KeptEntry]) -> Iterator[Fact]:
    """Every fact that the journal recorded, in order."""
    for kept in journal:
        for command in kept.commands:
            if command["type"] == "Record":
                yield fact_from_json(cast(JsonObject, command["fact"]))


def entry_json(kept: KeptLink) -> JsonObject:
    """An entry with its place in its party's chain, and the hash that covers it."""
    link = cast(JsonObject, covered(kept.link, kept.link.buyer))
    amount = format_money(kept.link.amount_micros)
    return {**link, "blind": kept.link.blind, "entry": kept.entry, "hash": kept.hash, "amount": amount}


def _add_ledger(dossier: Dossier, ledger: Iterable[KeptLink]) -> None:
    """An entry is its party's to see, but not whom a publisher's call went to."""
    kinds: dict[tuple[str, int | None], str] = {}
    for kept in ledger:
        link = kept.link
        kind = kinds[link.party, link.position] = kinds.get((link.party, link.corrects), link.kind)
        party = buyer(link.party) if kind == "revenue" else publisher(link.party)
        body, sale = split(entry_json(kept), ("buyer", "blind"))
        told = sold_to(link.buyer, link.blind) if link.blind else None
        dossier.add(f"ledger/{kept.entry}", {**body, "sold_to": told}, party)
        dossier.add(f"sale/{kept.entry}", sale, buyer(link.buyer) if kind == "revenue" else NETWORK)


def _add_claims(dossier: Dossier, legs: Iterable[Leg], material: Material) -> None:
    """What others said of the call afterwards: the carrier of a leg's length, a buyer of its bill."""
    source = publisher(material.record.publisher)
    buyers = {leg.leg: buyer(leg.buyer) for leg in legs if leg.buyer}
    for record in material.carrier_records:
        body, _ = split(asdict(replace(record, finding=None)), ("finding",))
        finding = None if record.finding is None else finding_json(record.finding)
        owner: tuple[str, ...] = (buyers[record.leg],) if record.leg in buyers else ()
        if record.leg == CALLER:  # it bounds everybody's talk
            owner = tuple(dict.fromkeys(buyers.values()))
        dossier.add(f"carrier/{record.leg}", body, source, *owner)
        dossier.add(f"carrier/{record.leg}/finding", {"finding": finding}, *owner)
    for dispute in material.disputes:
        fields = {name: getattr(dispute, name) for name in Dispute.__dataclass_fields__}
        del fields["payout_micros"]  # between network and publisher; the ledger's part has it
        body = {**fields, "proposal": proposal_json(dispute.proposal)}
        dossier.add(f"dispute/{dispute.dispute}", body, buyer(dispute.buyer))


def _add_call(dossier: Dossier, record: CallRecord, source: str, reached: Iterable[str]) -> None:
    """Whoever was asked for the call may know of it; who called, whoever was called."""
    known = asdict(record)
    del known["again_of"]  # the journal tells it
    if not record.practice:
        del known["practice"]  # older files don't say it of a call that counts
    plain, private = split(known, ("reason", "publisher", "revision", *_OF_CALLER, *_OF_END))
    dossier.add("call", {**plain, "started": iso(record.started_at)}, ALL)
    dossier.add("call/caller", {name: private[name] for name in _OF_CALLER}, source, *reached)
    ending = {name: private[name] for name in _OF_END}
    dossier.add("call/ending", {**ending, "ended": iso(record.ended_at)}, source)
    dossier.add("call/reason", private["reason"])
    dossier.add("call/source", {name: private[name] for name in ("publisher", "revision")}, source)


def _add_erasures(dossier: Dossier, erasures: Iterable[Erasure]) -> None:
    """Everybody may know that something is no more, when and by whom; which parts those were, the network."""
    for number, erasure in enumerate(erasures, start=1):
        told: JsonObject = {"what": erasure.what, "at": erasure.made_at, "made_by": erasure.made_by}
        told |= {"retention": erasure.forgetting is None, "root": erasure.root}
        dossier.add(f"erasure/{number}", told, ALL)
        dossier.add(f"erasure/{number}/parts", cast(Json, dict(erasure.digests)))


def _add_answers(
    dossier: Dossier, answers: Mapping[str, Answer], seen: Mapping[str, frozenset[str]], source: str
) -> None:
    """An answer is for those whose clauses rest on it; which publisher gave it, for that publisher."""
    for name, answer in answers.items():
        _add_answer(dossier, f"answer/{name}", answer, seen.get(name, frozenset()), source)


def _add_answer(dossier: Dossier, part: str, answer: Answer, readers: frozenset[str], source: str) -> None:
    body, given_by = split(to_json(answer), ("source",))
    dossier.add(part, body, *readers)
    if answer.source is not None:
        is_publishers = answer.mode == "publisher"
        dossier.add(f"{part}/source", given_by, *((source,) if is_publishers else readers))


def _add_earlier(
    dossier: Dossier, facts: Iterable[Fact], seen: Mapping[str, frozenset[str]], source: str
) -> None:
    """What an answer was before it was given again: clauses that were judged until then rest on that."""
    facts = tuple(facts)
    for name in _last(facts, Answer, "name"):
        for number, answer in enumerate(earlier_answers(facts, name), start=1):
            part = f"answer/{name}{EARLIER}{number}"
            _add_answer(dossier, part, answer, seen.get(name, frozenset()), source)


def _add_decisions(dossier: Dossier, decisions: Iterable[Decision]) -> None:
    for number, decision in enumerate(decisions, start=1):
        head = to_json(changed(decision, candidates=()))
        del head["candidates"]
        dossier.add(f"decision/{number}", head)
        for candidate in decision.candidates:
            key = candidate.buyer
            is_chosen = key in (decision.chosen, *decision.together)
            placing = to_json(Placing(decision.at, decision.campaign, is_chosen))
            del placing["type"]
            body = {**placing, **candidate_json(as_the_buyer_reads_it(candidate))}
            dossier.add(f"decision/{number}/{key}", body, buyer(key))
            if private := for_the_network_alone(candidate):
                dossier.add(f"decision/{number}/{key}/private", private)


def _add_legs(dossier: Dossier, legs: Iterable[Leg], source: str) -> None:
    """The times of a leg are the publisher's business too; whom it went to is not."""
    for leg in legs:
        owner = (buyer(leg.buyer),) if leg.buyer else ()
        rest, times = split(to_json(leg), LegTimes.__struct_fields__)
        dossier.add(f"leg/{leg.leg}", times, source, *owner)
        dossier.add(f"leg/{leg.leg}/party", rest, *owner)


def _add_verdict(dossier: Dossier, group: str, verdict: Verdict, source: str) -> None:
    """Revenue is between network and buyer, payout between network and publisher."""
    whole = to_json(verdict)
    for half, kind, who in (("revenue", Revenue, buyer(verdict.buyer)), ("payout", Payout, source)):
        _, own = split(whole, ("type", *kind.__struct_fields__))
        dossier.add(f"{group}/{verdict.leg}/{half}", own, who)


def _add_terms(
    dossier: Dossier, decisions: Iterable[Decision], legs: Iterable[Leg], material: Material
) -> None:
    """The terms of every buyer that was asked, and what each campaign in it promised the publisher."""
    asked = [candidate.buyer for decision in decisions for candidate in decision.candidates]
    in_force = TermsInForce(material.files)
    for key in dict.fromkeys([*(leg.buyer for leg in legs if leg.buyer), *asked]):
        if (terms := in_force.buyer(key)) is not None:
            dossier.add(f"terms/buyer/{key}", terms, buyer(key))
    for campaign in dict.fromkeys([material.record.campaign, *(leg.campaign for leg in legs)]):
        if campaign and (terms := in_force.payout(campaign)) is not None:
            dossier.add(f"terms/payout/{campaign}", terms, publisher(material.record.publisher))


def _add_recording(dossier: Dossier, recording: JsonObject, legs: Iterable[Leg], source: str) -> None:
    """Nobody hears the caller talk with somebody else; the publisher knows of a recording all the same."""
    heard = talkers(recording, legs)
    hearers = [buyer(*heard)] if len(heard) == 1 and "" not in heard else [] if heard else [source]
    dossier.add_recording(str(recording["recording"]), recording, {source, *hearers}, hearers)


def _readers(
    decisions: Iterable[Decision], verdicts: Iterable[Verdict], source: str
) -> Mapping[str, frozenset[str]]:
    """Answer → whose clauses rest on it."""
    found: dict[str, set[str]] = {}
    for decision in decisions:
        for candidate in decision.candidates:
            _note(found, candidate.clauses, buyer(candidate.buyer))
    for verdict in verdicts:
        _note(found, verdict.clauses, buyer(verdict.buyer))
        _note(found, verdict.payout_clauses, source)
    return {name: frozenset(who) for name, who in found.items()}


def _note(found: dict[str, set[str]], clauses: Iterable[ClauseOutcome], who: str) -> None:
    for clause in clauses:
        for answer in clause.answers:
            found.setdefault(answer, set()).add(who)


def _last(facts: Iterable[Fact], kind: type[AnyFact], key: str) -> dict[str, AnyFact]:
    """The facts of one kind by their key; one that was recorded again stands as it was last."""
    return {str(getattr(fact, key)): fact for fact in facts if isinstance(fact, kind)}

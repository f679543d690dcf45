"""What there is to prove of a call, part by part, and who may see which part.

The network sees everything. A buyer sees its own part of each decision, its legs, its verdicts, its terms,
its ledger, and the answers that its clauses rest on; a publisher the same of what it is paid for. Nobody
else's terms, price or name is in what either gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import cast

from engine.core.journal import Json, JsonObject, objects
from engine.core.money import format_money
from engine.evidence.terms import buyer_terms, payout_terms
from engine.store.carrier_records import CarrierRecord
from engine.store.chain import KeptLink
from engine.store.disputes import Dispute
from engine.store.instants import iso
from engine.store.journal import KeptEntry
from engine.store.views import CallRecord

NETWORK = "network"
ALL = "everybody"

_LISTED = {"path": "Step", "turns": "Turn", "tags": "Tag", "faults": "Fault"}
"""Facts that are told one after another, by the part that holds them."""

_LEG_TIMES = (
    "leg",
    "dialled_at",
    "answered_at",
    "accepted_at",
    "bridged_at",
    "ended_at",
    "outcome",
    "ended_by",
)


def buyer(key: str) -> str:
    """The audience that a buyer is."""
    return f"buyer:{key}"


def publisher(key: str) -> str:
    """The audience that a publisher is."""
    return f"publisher:{key}"


@dataclass(frozen=True, slots=True)
class Material:
    """All that the store has of an ended call, and the revision that it ran by."""

    record: CallRecord
    journal: tuple[KeptEntry, ...]
    files: Mapping[str, str]
    ledger: tuple[KeptLink, ...] = ()
    recordings: tuple[JsonObject, ...] = ()
    carrier_records: tuple[CarrierRecord, ...] = ()
    disputes: tuple[Dispute, ...] = ()


@dataclass(slots=True)
class Dossier:
    """Name → body of every part, in the order in which they are told, and who besides the network sees it."""

    material: Material
    bodies: dict[str, Json] = field(default_factory=dict)
    audiences: dict[str, frozenset[str]] = field(default_factory=dict)

    def add(self, name: str, body: Json, *audience: str) -> None:
        self.bodies[name] = body
        self.audiences[name] = frozenset(audience)

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


def dossier_of(material: Material) -> Dossier:
    """Every part of a call's evidence."""
    dossier = Dossier(material)
    facts = list(facts_of(material.journal))
    seen = _readers(facts, material.record.publisher)
    _add_call(dossier, material.record)
    for name, answer in _last(facts, "Answer", "name").items():
        dossier.add(f"answer/{name}", answer, *seen.get(name, ()))
    _add_decisions(dossier, facts)
    _add_legs(dossier, facts, material.record.publisher)
    for verdict in _last(facts, "Verdict", "leg").values():
        _add_verdict(dossier, verdict, material.record.publisher)
    _add_terms(dossier, facts, material)
    _add_ledger(dossier, material.ledger)
    for recording in material.recordings:
        dossier.add(f"recording/{recording['recording']}", recording, ALL)
    for name, consent in _last(facts, "Consent", "answer").items():
        dossier.add(f"consent/{name}", consent, ALL)
    _add_claims(dossier, facts, material)
    for name, kind in _LISTED.items():
        dossier.add(name, cast(Json, [fact for fact in facts if fact["type"] == kind]))
    for name, text in material.files.items():
        dossier.add(f"revision/{name}", text)
    for number, kept in enumerate(material.journal):
        dossier.add(f"journal/{number}", {"event": kept.event, "commands": cast(Json, list(kept.commands))})
    return dossier


def facts_of(journal: Iterable[KeptEntry]) -> Iterator[JsonObject]:
    """Every fact that the journal recorded, in order."""
    for kept in journal:
        for command in kept.commands:
            if command["type"] == "Record":
                yield cast(JsonObject, command["fact"])


def entry_json(kept: KeptLink) -> JsonObject:
    """An entry with its place in its party's chain, and the hash that covers it."""
    link = cast(JsonObject, asdict(kept.link))
    return {**link, "entry": kept.entry, "hash": kept.hash, "amount": format_money(kept.link.amount_micros)}


def _add_ledger(dossier: Dossier, ledger: Iterable[KeptLink]) -> None:
    """An entry is its party's to see, but not whom a publisher's call went to."""
    kinds: dict[tuple[str, int | None], str] = {}
    for kept in ledger:
        link = kept.link
        kind = kinds[link.party, link.position] = kinds.get((link.party, link.corrects), link.kind)
        party = buyer(link.party) if kind == "revenue" else publisher(link.party)
        body = entry_json(kept)
        sold_to = body.pop("buyer")
        dossier.add(f"ledger/{kept.entry}", body, party)
        dossier.add(f"sale/{kept.entry}", sold_to, buyer(link.buyer) if kind == "revenue" else NETWORK)


def _add_claims(dossier: Dossier, facts: Iterable[JsonObject], material: Material) -> None:
    """What others said of the call afterwards: the carrier of a leg's length, a buyer of its bill."""
    buyers = {name: leg["buyer"] for name, leg in _last(facts, "Leg", "leg").items()}
    for record in material.carrier_records:
        body = cast(JsonObject, asdict(record))
        dossier.add(f"carrier/{record.leg}", body, buyer(str(buyers.get(record.leg))))
    for dispute in material.disputes:
        dossier.add(f"dispute/{dispute.dispute}", cast(JsonObject, asdict(dispute)), buyer(dispute.buyer))


def _add_call(dossier: Dossier, record: CallRecord) -> None:
    plain = cast(JsonObject, asdict(record))
    dossier.add("call/ending", plain.pop("reason"))
    source = {name: plain.pop(name) for name in ("publisher", "revision")}
    plain |= {"started": iso(record.started_at), "ended": iso(record.ended_at)}
    dossier.add("call", plain, ALL)
    dossier.add("call/source", source, publisher(record.publisher))


def _add_decisions(dossier: Dossier, facts: Iterable[JsonObject]) -> None:
    decisions = [fact for fact in facts if fact["type"] == "Decision"]
    for number, decision in enumerate(decisions, start=1):
        head = {key: held for key, held in decision.items() if key != "candidates"}
        dossier.add(f"decision/{number}", head)
        for candidate in objects(decision["candidates"]):
            is_chosen = decision["chosen"] == candidate["buyer"]
            body = {
                "at": decision["at"],
                "campaign": decision["campaign"],
                "is_chosen": is_chosen,
                **candidate,
            }
            key = str(candidate["buyer"])
            dossier.add(f"decision/{number}/{key}", body, buyer(key))


def _add_legs(dossier: Dossier, facts: Iterable[JsonObject], source: str) -> None:
    """The times of a leg are the publisher's business too; whom it went to is not."""
    for name, leg in _last(facts, "Leg", "leg").items():
        owner = (buyer(str(leg["buyer"])),) if leg["buyer"] else ()
        times = {key: leg[key] for key in _LEG_TIMES}
        rest = {key: held for key, held in leg.items() if key not in _LEG_TIMES}
        dossier.add(f"leg/{name}", times, publisher(source), *owner)
        dossier.add(f"leg/{name}/party", rest, *owner)


def _add_verdict(dossier: Dossier, verdict: JsonObject, source: str) -> None:
    """Revenue is between network and buyer, payout between network and publisher."""
    both = ("type", "at", "leg", "currency")
    payout = {key: held for key, held in verdict.items() if key in both or key.startswith("pay")}
    revenue = {key: held for key, held in verdict.items() if key in both or not key.startswith("pay")}
    dossier.add(f"verdict/{verdict['leg']}/revenue", revenue, buyer(str(verdict["buyer"])))
    dossier.add(f"verdict/{verdict['leg']}/payout", payout, publisher(source))


def _add_terms(dossier: Dossier, facts: Iterable[JsonObject], material: Material) -> None:
    """The terms of everybody whom the call reached, and what the publisher was promised."""
    reached = {str(fact["buyer"]): None for fact in facts if fact["type"] == "Leg" and fact["buyer"]}
    for key in reached:
        if (terms := buyer_terms(material.files, key)) is not None:
            dossier.add(f"terms/buyer/{key}", terms, buyer(key))
    campaign = material.record.campaign
    if (terms := payout_terms(material.files, campaign)) is not None:
        dossier.add(f"terms/payout/{campaign}", terms, publisher(material.record.publisher))


def _readers(facts: Iterable[JsonObject], source: str) -> Mapping[str, frozenset[str]]:
    """Answer → whose clauses rest on it."""
    found: dict[str, set[str]] = {}
    for fact in facts:
        if fact["type"] == "Decision":
            for candidate in objects(fact["candidates"]):
                _note(found, candidate["clauses"], buyer(str(candidate["buyer"])))
        elif fact["type"] == "Verdict":
            _note(found, fact["clauses"], buyer(str(fact["buyer"])))
            _note(found, fact["payout_clauses"], publisher(source))
    return {name: frozenset(who) for name, who in found.items()}


def _note(found: dict[str, set[str]], clauses: Json, who: str) -> None:
    for clause in objects(clauses):
        for answer in cast("list[str]", clause["answers"]):
            found.setdefault(answer, set()).add(who)


def _last(facts: Iterable[JsonObject], kind: str, key: str) -> dict[str, JsonObject]:
    """The facts of one kind by their key; one that was recorded again stands as it was last."""
    return {str(fact[key]): fact for fact in facts if fact["type"] == kind}

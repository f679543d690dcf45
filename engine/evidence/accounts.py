"""The bills of a call: entries are what their hashes cover, follow from the verdicts, and add up.

What was billed at first is what the verdicts say, and nothing of a practice call. What was entered afterwards
says who did so and why; what a carrier's record corrected must lead to the corrected verdict, what a dispute
decided to its decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from engine.core.money import format_money
from engine.evidence.findings import Finding, Phrase, fails, holds
from engine.evidence.shown import Sale, ShownEntry, entries_of, payouts_of, revenues_of, sales_of
from engine.evidence.vcon import Evidence
from engine.store.ledger.chain import Link, hash_of, sold_to
from engine.wording.ledger import entry_sentence


@dataclass(slots=True)
class _Bill:
    """An entry and what corrects it, in the order of posting."""

    entries: list[ShownEntry] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.entries[0].kind

    @property
    def later(self) -> Sequence[ShownEntry]:
        """What was entered after the verdict, by whoever."""
        return [entry for entry in self.entries if entry.made_through.by != "verdict"]

    @property
    def entered_micros(self) -> int:
        """What the verdict entered."""
        return self.micros - sum(entry.amount_micros for entry in self.later)

    @property
    def micros(self) -> int:
        return sum(entry.amount_micros for entry in self.entries)

    @property
    def told(self) -> Finding:
        first, later = self.entries[0], self.later
        is_entered = len(later) < len(self.entries)
        steps = [Phrase("bill_entered", {"micros": self.entered_micros})] if is_entered else []
        for entry in later:
            why = entry_sentence(entry.made_through, entry.why)
            step = {"micros": entry.amount_micros, "made_by": entry.made_by}
            steps.append(Phrase("bill_step", {**step, "why": why} if why else step))
        whose = {"kind": self.kind, "party": first.party, "currency": first.currency}
        return holds("ledger", "bill_stands", **whose, steps=tuple(steps), stands=self.micros)


def check_accounts(evidence: Evidence) -> Iterator[Finding]:
    """Every entry and bill that the file shows."""
    entries = entries_of(evidence)
    if evidence.is_practice:
        billed = ", ".join(entries)
        yield fails("ledger", "practice_billed", entries=billed) if entries else holds("ledger", "practice")
        return
    wrong = [*_hashes(entries, sales_of(evidence)), *_links(entries)]
    bills, strays = _bills(entries)
    wrong += strays
    for kind in ("payout", "revenue"):
        wrong += _against_verdicts(kind, evidence, [bill for bill in bills if bill.kind == kind])
    wrong += _against_disputes(evidence, bills)
    yield from wrong
    if not wrong:
        for bill in bills:
            yield bill.told
        if bills:
            yield holds("ledger", "ledger_agrees", count=len(entries))


def _hashes(entries: Mapping[str, ShownEntry], sales: Mapping[str, Sale]) -> Iterator[Finding]:
    for name, entry in entries.items():
        part = f"ledger/{name}"
        if not _is_covered(entry, sales.get(name)):
            yield fails("ledger", "entry_not_covered", part=part)
        if entry.amount != format_money(entry.amount_micros):
            yield fails("ledger", "amount_differs", part=part, held=entry.amount, micros=entry.amount_micros)


def _is_covered(entry: ShownEntry, sale: Sale | None) -> bool:
    """Whether the hash is the entry's; the buyer is covered unnamed where the audience may not know it."""
    sold = entry.sold_to
    if sale is not None:
        told = sold_to(sale.buyer, sale.blind)
        if told != (sold or sale.buyer):
            return False
        sold = told
    if sold is None:
        return True  # from before there were blinds: only who knows the buyer can tell
    names = Link.__dataclass_fields__.keys() - {"buyer", "blind"}
    return hash_of(Link(**{name: getattr(entry, name) for name in names}, buyer=""), sold) == entry.hash


def _links(entries: Mapping[str, ShownEntry]) -> Iterator[Finding]:
    """Of two entries that follow each other in a party's chain, the later has the hash of the one before."""
    at = {(entry.party, entry.position): name for name, entry in entries.items()}
    for (party, position), name in at.items():
        before = at.get((party, position - 1))
        if before is not None and entries[name].previous != entries[before].hash:
            both = {"part": f"ledger/{name}", "before": f"ledger/{before}"}
            yield fails("ledger", "entry_does_not_follow", **both, party=party)


def _bills(entries: Mapping[str, ShownEntry]) -> tuple[list[_Bill], list[Finding]]:
    """The entries by the bill that they are of; those that correct nothing here are wrong."""
    bills = {
        (entry.party, entry.position): _Bill([entry]) for entry in entries.values() if entry.corrects is None
    }
    strays = []
    for name, entry in entries.items():
        if entry.corrects is None:
            continue
        bill = bills.get((entry.party, entry.corrects))
        if bill is None:
            part = f"ledger/{name}"
            strays.append(fails("ledger", "entry_corrects_nothing", part=part, party=entry.party))
        else:
            bill.entries.append(entry)
    return list(bills.values()), strays


def _against_verdicts(kind: str, evidence: Evidence, bills: Sequence[_Bill]) -> Iterator[Finding]:
    judged = _owed(evidence, "verdict", kind)
    if not judged:
        return
    entered, owed = sum(bill.entered_micros for bill in bills), sum(judged.values())
    if entered != owed:
        yield fails("ledger", "verdicts_differ", kind=kind, entered=entered, owed=owed)
    corrected = _owed(evidence, "corrected", kind)
    if any(entry.made_through.by != "carrier" for bill in bills for entry in bill.later):
        return  # somebody decided otherwise, and says why
    expected, stands = sum({**judged, **corrected}.values()), sum(bill.micros for bill in bills)
    if stands != expected:
        told = {"kind": kind, "stands": stands, "expected": expected}
        if corrected:
            yield fails("ledger", "carriers_differ", **told)
        elif entered == owed:
            yield fails("ledger", "nobody_corrected", **told)


def _owed(evidence: Evidence, group: str, kind: str) -> Mapping[str, int]:
    """Leg → what its verdict owes."""
    if kind == "revenue":
        return {leg: half.revenue_micros for leg, half in revenues_of(evidence, group).items()}
    return {leg: half.payout_micros for leg, half in payouts_of(evidence, group).items()}


def _against_disputes(evidence: Evidence, bills: Sequence[_Bill]) -> Iterator[Finding]:
    """What a decision says that shall stand stood once its entry was made."""
    for name, dispute in evidence.bodies("dispute").items():
        amount = cast("int | None", dispute["amount_micros"])
        for bill in [bill for bill in bills if bill.kind == "revenue"]:
            stood = 0
            for entry in bill.entries:
                stood += entry.amount_micros
                if entry.made_through.dispute == dispute["dispute"] and stood != amount:
                    told = {"part": f"dispute/{name}", "decided": amount or 0, "stands": stood}
                    yield fails("ledger", "dispute_differs", **told)

"""The bills of a call: entries are what their hashes cover, follow from the verdicts, and add up.

What was billed at first is what the verdicts say. What was entered afterwards says who did so and why; what
a carrier's record corrected must lead to the corrected verdict, what a dispute decided to its decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from engine.core.journal import JsonObject
from engine.core.money import format_money
from engine.evidence.findings import Finding, fails, holds
from engine.evidence.rebuilding import CARRIER
from engine.evidence.vcon import Evidence
from engine.store.ledger.chain import Link, hash_of, sold_to


@dataclass(slots=True)
class _Bill:
    """An entry and what corrects it, in the order of posting."""

    entries: list[JsonObject] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return str(self.entries[0]["kind"])

    @property
    def later(self) -> Sequence[JsonObject]:
        """What was entered after the verdict, by whoever."""
        return [entry for entry in self.entries if entry["made_by"] or entry["why"]]

    @property
    def entered_micros(self) -> int:
        """What the verdict entered."""
        return self.micros - sum(_micros(entry) for entry in self.later)

    @property
    def micros(self) -> int:
        return sum(map(_micros, self.entries))

    @property
    def told(self) -> str:
        first = self.entries[0]
        steps = [f"{_signed(_micros(entry))} by {entry['made_by']} ({entry['why']})" for entry in self.later]
        billed = [f"{format_money(self.entered_micros)} billed"] if len(steps) < len(self.entries) else []
        stands = f"{format_money(self.micros)} {first['currency']} stands"
        return f"{self.kind}, {first['party']}: {', '.join([*billed, *steps, stands])}"


def check_accounts(evidence: Evidence) -> Iterator[Finding]:
    """Every entry and bill that the file shows."""
    wrong = [*_hashes(evidence), *_links(evidence)]
    bills, strays = _bills(evidence.bodies("ledger"))
    wrong += strays
    for kind in ("payout", "revenue"):
        wrong += _against_verdicts(kind, evidence, [bill for bill in bills if bill.kind == kind])
    wrong += _against_disputes(evidence, bills)
    yield from wrong
    if not wrong:
        for bill in bills:
            yield holds("ledger", bill.told)
        if bills:
            count = len(evidence.bodies("ledger"))
            yield holds("ledger", f"{count} entries agree with their hashes and the verdicts")


def _hashes(evidence: Evidence) -> Iterator[Finding]:
    sales = evidence.bodies("sale")
    for name, entry in evidence.bodies("ledger").items():
        if not _is_covered(entry, sales.get(name)):
            yield fails("ledger", f"ledger/{name} is not the entry that its hash in the ledger covers")
        if entry["amount"] != format_money(_micros(entry)):
            yield fails(
                "ledger", f"ledger/{name} says {entry['amount']}, and {entry['amount_micros']} micros"
            )


def _is_covered(entry: JsonObject, sale: JsonObject | None) -> bool:
    """Whether the hash is the entry's; the buyer is covered unnamed where the audience may not know it."""
    sold = entry["sold_to"]
    if sale is not None:
        told = sold_to(str(sale["buyer"]), str(sale["blind"]))
        if told != (sold or sale["buyer"]):
            return False
        sold = told
    if sold is None:
        return True  # from before there were blinds: only who knows the buyer can tell
    fields = {name: entry[name] for name in Link.__dataclass_fields__ if name not in ("buyer", "blind")}
    return hash_of(Link(**fields, buyer=""), str(sold)) == entry["hash"]  # type: ignore[arg-type]


def _links(evidence: Evidence) -> Iterator[Finding]:
    """Of two entries that follow each other in a party's chain, the later has the hash of the one before."""
    at = {(entry["party"], cast(int, entry["position"])): name for name, entry in _named(evidence)}
    for (party, position), name in at.items():
        before = at.get((party, position - 1))
        if before is None:
            continue
        entry, previous = evidence.bodies("ledger")[name], evidence.bodies("ledger")[before]
        if entry["previous"] != previous["hash"]:
            yield fails("ledger", f"ledger/{name} does not follow ledger/{before} in the chain of {party}")


def _named(evidence: Evidence) -> Iterator[tuple[str, JsonObject]]:
    yield from evidence.bodies("ledger").items()


def _bills(entries: Mapping[str, JsonObject]) -> tuple[list[_Bill], list[Finding]]:
    """The entries by the bill that they are of; those that correct nothing here are wrong."""
    bills = {
        (str(entry["party"]), cast(int, entry["position"])): _Bill([entry])
        for entry in entries.values()
        if entry["corrects"] is None
    }
    strays = []
    for name, entry in entries.items():
        if entry["corrects"] is None:
            continue
        bill = bills.get((str(entry["party"]), cast(int, entry["corrects"])))
        if bill is None:
            strays.append(
                fails("ledger", f"ledger/{name} corrects an entry of {entry['party']} that is not here")
            )
        else:
            bill.entries.append(entry)
    return list(bills.values()), strays


def _against_verdicts(kind: str, evidence: Evidence, bills: Sequence[_Bill]) -> Iterator[Finding]:
    judged = _owed(evidence, "verdict", kind)
    if not judged:
        return
    entered, owed = sum(bill.entered_micros for bill in bills), sum(judged.values())
    if entered != owed:
        yield fails(
            "ledger",
            f"{kind} in the ledger is {format_money(entered)}, the verdicts give {format_money(owed)}",
        )
    corrected = _owed(evidence, "corrected", kind)
    later = [str(entry["made_by"]) for bill in bills for entry in bill.later]
    if not all(who.startswith(CARRIER) for who in later):
        return  # somebody decided otherwise, and says why
    expected, stands = sum({**judged, **corrected}.values()), sum(bill.micros for bill in bills)
    if stands != expected:
        told = f"{kind} stands at {format_money(stands)} in the ledger; "
        if corrected:
            yield fails("ledger", f"{told}the carriers' times give {format_money(expected)}")
        elif entered == owed:
            yield fails("ledger", f"{told}the verdicts give {format_money(expected)}, nobody corrected them")


def _owed(evidence: Evidence, group: str, kind: str) -> Mapping[str, int]:
    """Leg → what its verdict owes."""
    return {
        str(verdict["leg"]): cast(int, verdict[f"{kind}_micros"])
        for verdict in evidence.bodies(group).values()
        if f"{kind}_micros" in verdict
    }


def _against_disputes(evidence: Evidence, bills: Sequence[_Bill]) -> Iterator[Finding]:
    """What a decision says that shall stand stood once its entry was made."""
    for name, dispute in evidence.bodies("dispute").items():
        begins = f"dispute {name} {dispute['state']}"
        for bill in bills:
            stood = 0
            for entry in bill.entries:
                stood += _micros(entry)
                is_its = str(entry["why"]).startswith(begins) and bill.kind == "revenue"
                if is_its and stood != dispute["amount_micros"]:
                    decided = format_money(cast(int, dispute["amount_micros"] or 0))
                    yield fails(
                        "ledger",
                        f"dispute/{name} decided {decided}, the ledger came to {format_money(stood)}",
                    )


def _micros(entry: JsonObject) -> int:
    return cast(int, entry["amount_micros"])


def _signed(micros: int) -> str:
    return format_money(micros) if micros < 0 else f"+{format_money(micros)}"

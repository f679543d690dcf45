"""What a journal leaves to be reckoned: every buyer of a large decision, verdicts over carriers' times.

Neither is kept anywhere. Both follow from the journal and its revision, so that whoever makes the evidence
and whoever verifies it find the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from engine.core.commands import Record
from engine.core.facts import Decision, Verdict
from engine.core.flow import Revision
from engine.core.journal import Entry
from engine.core.records import changed
from engine.core.replay import decisions_in_full, retraced
from engine.exchange.carrier_times import refused_by, verdicts_over
from engine.store.ledger.entries import PostedEntry
from engine.store.tables.carrier_records import CarrierRecord


class Rebuilt(NamedTuple):
    """`decisions` with every buyer of each; `corrected` are the verdicts that carriers changed."""

    decisions: tuple[Decision, ...]
    corrected: tuple[Verdict, ...]


def corrected_buyers(entries: Iterable[PostedEntry]) -> frozenset[str]:
    """The buyers for whom a carrier's record made an entry."""
    return frozenset(entry.buyer for entry in entries if entry.cause.by == "carrier")


def is_abridged(decisions: Sequence[Decision]) -> bool:
    """Whether there are buyers that the journal only counted."""
    return any(decision.others for decision in decisions)


def rebuilt(
    decisions: Sequence[Decision],
    journal: Sequence[Entry],
    revision: Revision,
    records: Sequence[CarrierRecord],
    corrected: Collection[str],
) -> Rebuilt:
    """`decisions` as they were written; `corrected` the buyers whose entries a carrier's record made."""
    whole = tuple(decisions)
    if is_abridged(decisions):
        in_full = decisions_in_full(journal, revision)
        whole = tuple(
            changed(written, candidates=decision.candidates)
            for written, decision in zip(decisions, in_full, strict=True)
        )
    return Rebuilt(whole, _corrected(journal, revision, records, corrected) if corrected else ())


def _corrected(
    journal: Sequence[Entry],
    revision: Revision,
    records: Sequence[CarrierRecord],
    buyers: Collection[str],
) -> tuple[Verdict, ...]:
    call, commands = retraced(journal, revision)
    facts = [command.fact for command in commands if isinstance(command, Record)]
    before = {fact.leg: fact for fact in facts if isinstance(fact, Verdict)}
    read = [record for record in records if record.finding is not None]
    refused = refused_by(record.finding for record in read)
    after = verdicts_over(revision.market, call.moment, read, refused)
    return tuple(
        verdict
        for verdict in after
        if verdict.buyer in buyers and _owed(verdict) != _owed(before.get(verdict.leg))
    )


def _owed(verdict: Verdict | None) -> tuple[int, int] | None:
    return None if verdict is None else (verdict.revenue_micros, verdict.payout_micros)

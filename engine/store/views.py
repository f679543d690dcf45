"""A call as the store has it: its record, and the facts, entries and claims that it left behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.core.facts import Answer, Consent, Decision, Fault, Leg, Step, Tag, Turn, Verdict, Voicemail
from engine.store.ledger.disputes import Dispute
from engine.store.ledger.entries import PostedEntry, is_billed
from engine.store.tables.carrier_legs import AwaitedLeg
from engine.store.tables.carrier_records import CarrierRecord
from engine.store.tables.erasures import Erasure
from engine.store.tables.recordings import KeptRecording


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What is known of a call as a whole. Times are milliseconds since 1970, None while it lasts."""

    call: str
    carrier: str
    carrier_call: str
    from_number: str
    to_number: str
    flow: str
    revision: str
    campaign: str
    publisher: str
    started_at: int
    ended_at: int | None
    ended_by: str | None
    reason: str | None
    again_of: str = ""  # the first record of the same phone call, where this is a later one of it


@dataclass(frozen=True, slots=True)
class CallView:
    """A call with everything that it left behind. Sensitive answers are masked, as they were kept."""

    record: CallRecord
    steps: tuple[Step, ...]
    answers: tuple[Answer, ...]
    decisions: tuple[Decision, ...]
    legs: tuple[Leg, ...]
    verdicts: tuple[Verdict, ...]
    faults: tuple[Fault, ...]
    ledger: tuple[PostedEntry, ...]
    turns: tuple[Turn, ...] = ()
    tags: tuple[Tag, ...] = ()
    consents: tuple[Consent, ...] = ()
    voicemails: tuple[Voicemail, ...] = ()
    recordings: tuple[KeptRecording, ...] = ()
    carrier_records: tuple[CarrierRecord, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    lost_legs: tuple[AwaitedLeg, ...] = ()  # whose length the carrier hasn't told yet
    corrected: tuple[Verdict, ...] = ()  # the verdicts over carriers' times, where those changed them
    erasures: tuple[Erasure, ...] = ()
    went_on_in: tuple[str, ...] = ()  # later records of the same phone call
    blind: str = field(default="", repr=False)  # part of what salts its evidence


@dataclass(frozen=True, slots=True)
class CallSummary:
    """A call in one line. `buyer` had the caller last; `billable` is None where nobody judged."""

    record: CallRecord
    buyer: str | None
    billable: bool | None
    revenue_micros: int
    payout_micros: int
    currency: str | None


def summarise(
    record: CallRecord,
    last_bridged: str | None,
    verdicts: Iterable[tuple[str, bool, str]],
    entries: Iterable[PostedEntry],
) -> CallSummary:
    """Fold a call's (buyer, billable, currency) verdicts and its ledger into one line.

    A correction counts with the entry that it names, and `billable` follows what stands.
    """
    entries = tuple(entries)
    buyer, billable, currency = last_bridged, None, None
    judged: dict[str, bool] = {}
    for whose, is_billable, in_currency in verdicts:
        judged[whose] = judged.get(whose, False) or is_billable
        currency = in_currency
    for whose, is_billable in judged.items():
        buyer = whose if not billable else buyer  # the one who pays, else the last one
        billable = bool(billable) or bool(is_billed(entries, whose, is_billable))
    totals = {"revenue": 0, "payout": 0}
    kinds: dict[int, str] = {}
    for entry in entries:
        kind = kinds.get(entry.corrects or 0, entry.kind)
        kinds[entry.entry] = kind
        totals[kind] = totals.get(kind, 0) + entry.amount_micros
        currency = entry.currency
    return CallSummary(record, buyer, billable, totals["revenue"], totals["payout"], currency)

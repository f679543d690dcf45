"""A call as the store has it: its record, and the facts, entries and claims that it left behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.facts import Answer, Consent, Decision, Fault, Leg, Step, Tag, Turn, Verdict, Voicemail
from engine.store.ledger.disputes import Dispute
from engine.store.ledger.entries import PostedEntry, is_billed, standing_micros
from engine.store.tables.carrier_legs import AwaitedLeg
from engine.store.tables.carrier_records import CarrierRecord
from engine.store.tables.erasures import Erasure
from engine.store.tables.recordings import KeptRecording

JudgedLeg = tuple[str, bool, str]  # whose leg, whether it was billable, the currency
Talk = tuple[str, int]  # with whom the caller talked, and how long


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
    practice: bool = False  # judged, and nobody is billed for it


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
    earlier_answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)  # before given again


@dataclass(frozen=True, slots=True)
class SoldCall:
    """A call with one of its buyers: what stands of the bill and of the payout, how long the two talked.

    `billable` is None where nobody judged. `tags` are the call's.
    """

    record: CallRecord
    buyer: str | None
    billable: bool | None
    revenue_micros: int
    payout_micros: int
    currency: str | None
    talk_ms: int
    tags: Mapping[str, str]


def sold_lines(
    record: CallRecord,
    verdicts: Sequence[JudgedLeg],
    entries: Sequence[PostedEntry],
    talks: Sequence[Talk],
    tags: Mapping[str, str] | None = None,
) -> Iterable[SoldCall]:
    """A line for each buyer that talked in the call, owes for it, or is why one is paid for.

    A call that no buyer had is one line too.
    """
    talked, owing = [buyer for buyer, _ in talks], [entry.buyer for entry in entries]
    buyers: list[str | None] = [*dict.fromkeys([*talked, *owing])]
    if not buyers:
        buyers = [verdicts[-1][0] if verdicts else None]
    for buyer in buyers:
        own = [each for each in verdicts if each[0] == buyer]
        owed = [entry for entry in entries if entry.buyer == buyer]
        named = [entry.currency for entry in owed] or [each[2] for each in own]
        judged = any(each[1] for each in own) if own else None
        yield SoldCall(
            record=record,
            buyer=buyer,
            billable=judged if buyer is None else is_billed(owed, buyer, judged),
            revenue_micros=0 if buyer is None else standing_micros(owed, "revenue", buyer),
            payout_micros=0 if buyer is None else standing_micros(owed, "payout", buyer),
            currency=named[-1] if named else None,
            talk_ms=sum(talk_ms for whose, talk_ms in talks if whose == buyer),
            tags=tags or {},
        )


@dataclass(frozen=True, slots=True)
class CallSummary:
    """A call in one line, and what it came to with each of its buyers.

    `buyer` is the one that pays, else the one that had the caller last; None where several pay. `billable` is
    None where nobody judged. The amounts are the call's, whoever pays them.
    """

    record: CallRecord
    buyer: str | None
    billable: bool | None
    revenue_micros: int
    payout_micros: int
    currency: str | None
    sold: tuple[SoldCall, ...] = ()


def summarise(
    record: CallRecord,
    verdicts: Sequence[JudgedLeg],
    entries: Sequence[PostedEntry],
    talks: Sequence[Talk],
) -> CallSummary:
    """Fold a call's verdicts, its ledger and its talks into one line.

    A correction counts with the entry that it names, and `billable` follows what stands.
    """
    buyer = talks[-1][0] if talks else None
    billable, currency = None, None
    judged: dict[str, bool] = {}
    for whose, is_billable, in_currency in verdicts:
        judged[whose] = judged.get(whose, False) or is_billable
        currency = in_currency
    for whose, is_billable in judged.items():
        buyer = whose if not billable else buyer  # the one who pays, else the last one
        billable = bool(billable) or bool(is_billed(entries, whose, is_billable))
    sold = tuple(line for line in sold_lines(record, verdicts, entries, talks) if line.buyer is not None)
    paying = [line.buyer for line in sold if line.revenue_micros or line.payout_micros]
    if paying:
        buyer = paying[0] if len(paying) == 1 else None
    return CallSummary(
        record=record,
        buyer=buyer,
        billable=billable,
        revenue_micros=sum(line.revenue_micros for line in sold),
        payout_micros=sum(line.payout_micros for line in sold),
        currency=entries[-1].currency if entries else currency,
        sold=sold,
    )

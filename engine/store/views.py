"""A call as it is shown, and the JSON of `cordboard show` and `cordboard calls`.

Times are ISO 8601 in UTC with milliseconds, amounts decimal text ("45.00"), outcomes the words true,
false and unknown. Keys are never left out; what is not known is null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from engine.core.conditions import outcome_word
from engine.core.journal import Json, JsonObject, objects
from engine.core.money import format_money
from engine.store.instants import iso
from engine.store.ledger.disputes import Dispute
from engine.store.ledger.entries import PostedEntry
from engine.store.money_views import (
    amount_or_null,
    carrier_record_json,
    dispute_json,
    entry_json,
    seconds,
    standing_json,
)
from engine.store.tables.carrier_records import CarrierRecord
from engine.store.tables.recordings import KeptRecording, audio_of, recording_json


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


@dataclass(frozen=True, slots=True)
class CallView:
    """A call with everything that it left behind. Facts are JSON as `engine.core.journal` wrote them."""

    record: CallRecord
    steps: tuple[JsonObject, ...]
    answers: tuple[JsonObject, ...]
    decisions: tuple[JsonObject, ...]
    legs: tuple[JsonObject, ...]
    verdicts: tuple[JsonObject, ...]
    faults: tuple[JsonObject, ...]
    ledger: tuple[PostedEntry, ...]
    turns: tuple[JsonObject, ...] = ()
    tags: tuple[JsonObject, ...] = ()
    consents: tuple[JsonObject, ...] = ()
    voicemails: tuple[JsonObject, ...] = ()
    recordings: tuple[KeptRecording, ...] = ()
    carrier_records: tuple[CarrierRecord, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    corrected: tuple[JsonObject, ...] = ()  # the verdicts over carriers' times, where those changed them


@dataclass(frozen=True, slots=True)
class CallSummary:
    """A call in one line. `buyer` had the caller last; `billable` is None where nobody judged."""

    record: CallRecord
    buyer: str | None
    billable: bool | None
    revenue_micros: int
    payout_micros: int
    currency: str | None


def show_json(view: CallView) -> JsonObject:
    """`cordboard show --json`, in the form that README describes."""
    record = view.record
    return {
        **_head(record),
        "carrier_call": record.carrier_call,
        "revision": record.revision,
        "reason": record.reason,
        "path": [{"node": step["node"], "exit": step["exit"], "at_ms": step["at"]} for step in view.steps],
        # An answer that was given again stands as it was given last.
        "answers": {str(answer["name"]): _answer(answer, view.recordings) for answer in view.answers},
        "turns": [_timed(turn) for turn in view.turns],
        "tags": {str(tag["name"]): tag["value"] for tag in view.tags},
        "consents": [_timed(consent) for consent in view.consents],
        "voicemails": [_timed(message) for message in view.voicemails],
        "decisions": [_decision(decision) for decision in view.decisions],
        "legs": [_leg(leg) for leg in view.legs],
        "verdicts": [
            {**_verdict(verdict), "corrected": _corrected(verdict, view)} for verdict in view.verdicts
        ],
        "ledger": [entry_json(entry) for entry in view.ledger],
        "stands": standing_json(view.ledger),
        "carrier_records": [carrier_record_json(record) for record in view.carrier_records],
        "disputes": [dispute_json(dispute) for dispute in view.disputes],
        "recordings": [_recording(kept) for kept in view.recordings],
        "faults": [
            {"at_ms": fault["at"], "where": fault["where"], "detail": fault["detail"]}
            for fault in view.faults
        ],
    }


def summary_json(summary: CallSummary) -> JsonObject:
    """One item of `cordboard calls --json`."""
    return {
        **_head(summary.record),
        "buyer": summary.buyer,
        "billable": summary.billable,
        "revenue": format_money(summary.revenue_micros),
        "payout": format_money(summary.payout_micros),
        "currency": summary.currency,
    }


def fact_json(fact: JsonObject) -> JsonObject:
    """One fact in the form that `show_json` gives it."""
    forms: Mapping[str, Callable[[JsonObject], JsonObject]] = {
        "Answer": _answer,
        "Decision": _decision,
        "Leg": _leg,
        "Verdict": _verdict,
    }
    form = forms.get(str(fact["type"]))
    return fact if form is None else form(fact)


def summarise(
    record: CallRecord,
    last_bridged: str | None,
    verdicts: Iterable[tuple[str, bool, str]],
    entries: Iterable[PostedEntry],
) -> CallSummary:
    """Fold a call's (buyer, billable, currency) verdicts and its ledger into one line.

    A correction counts with the entry that it names.
    """
    buyer, billable, currency = last_bridged, None, None
    for judged, is_billable, in_currency in verdicts:
        buyer = judged if not billable else buyer  # the one who pays, else the last one
        billable = bool(billable) or is_billable
        currency = in_currency
    totals = {"revenue": 0, "payout": 0}
    kinds: dict[int, str] = {}
    for entry in entries:
        kind = kinds.get(entry.corrects or 0, entry.kind)
        kinds[entry.entry] = kind
        totals[kind] = totals.get(kind, 0) + entry.amount_micros
        currency = entry.currency
    return CallSummary(record, buyer, billable, totals["revenue"], totals["payout"], currency)


def _head(record: CallRecord) -> JsonObject:
    return {
        "call": record.call,
        "carrier": record.carrier,
        "from": record.from_number,
        "to": record.to_number,
        "flow": record.flow,
        "campaign": record.campaign,
        "publisher": record.publisher,
        "started_at": iso(record.started_at),
        "ended_at": iso(record.ended_at),
        "ended_by": record.ended_by,
    }


def _timed(fact: JsonObject) -> JsonObject:
    """A fact that is shown as it is."""
    return {"at_ms" if name == "at" else name: value for name, value in fact.items() if name != "type"}


def _answer(answer: JsonObject, recordings: Sequence[KeptRecording] = ()) -> JsonObject:
    question = answer["question"]
    return {
        "kind": answer["kind"],
        "value": answer["value"],
        "label": answer["label"],
        "values": answer["values"],
        "raw": answer["raw"],
        "words": answer.get("heard") or None,
        "mode": answer["mode"],
        "source": answer.get("source"),
        "confidence": answer["confidence"],
        "attempts": answer["attempts"],
        "confirmed": answer["confirmed"],
        "sensitive": answer["sensitive"],
        "node": answer["node"],
        "prompt": question,
        "asked_at_ms": answer["asked_at"],
        "answered_at_ms": answer["answered_at"],
        "heard": answer.get("utterance"),
        "audio": audio_of(answer, recordings),
    }


def _recording(kept: KeptRecording) -> JsonObject:
    return {**recording_json(kept), "pruned_at": iso(kept.pruned_at)}


def _decision(decision: JsonObject) -> JsonObject:
    return {
        "node": decision["node"],
        "at_ms": decision["at"],
        "campaign": decision["campaign"],
        "chosen": decision["chosen"],
        "strategy": decision.get("strategy", "priority"),
        **{name: decision[name] for name in ("together", "limit") if decision.get(name)},
        "others": decision.get("others", {}),  # how many are not written below, by code
        "candidates": [_candidate(candidate) for candidate in objects(decision["candidates"])],
    }


def _bid(bid: Json) -> JsonObject:
    """What the buyer said when it was asked for its price; nothing where it was not."""
    if not isinstance(bid, dict):
        return {}
    amount = amount_or_null(bid["amount_micros"])
    told: JsonObject = {"outcome": bid["outcome"], "amount": amount, "ms": bid["ms"], "detail": bid["detail"]}
    return {"bid": told}


def _candidate(candidate: JsonObject) -> JsonObject:
    return {
        "buyer": candidate["buyer"],
        "eligible": candidate["eligible"],
        "code": candidate["code"],
        "sentence": candidate["sentence"],
        "rank": candidate["rank"],
        "price": amount_or_null(candidate["price_micros"]),
        "expected": amount_or_null(candidate.get("expected_micros")),
        **_bid(candidate.get("bid")),
        "clauses": clauses_json(candidate["clauses"]),
    }


def _leg(leg: JsonObject) -> JsonObject:
    times = {f"{name}_ms": leg[name] for name in ("dialled_at", "answered_at", "accepted_at", "bridged_at")}
    return {
        "leg": leg["leg"],
        "buyer": leg["buyer"],
        "to": leg["to"],
        "campaign": leg["campaign"],
        "price": amount_or_null(leg["price_micros"]),
        "outcome": leg["outcome"],
        **times,
        "ended_at_ms": leg["ended_at"],
        "ended_by": leg["ended_by"],
        "detail": leg["detail"],
        **({"told": leg["told"]} if leg.get("told") else {}),
    }


def _verdict(verdict: JsonObject) -> JsonObject:
    timer = cast(JsonObject, verdict["timer"])
    return {
        "leg": verdict["leg"],
        "buyer": verdict["buyer"],
        "at_ms": verdict["at"],
        "billable": verdict["billable"],
        "reason": verdict["reason"],
        "sentence": verdict["sentence"],
        "timer": {
            "from": timer["counted_from"],
            "seconds": seconds(timer["ran_ms"]),
            "needed": seconds(timer["needed_ms"]),
        },
        "clauses": clauses_json(verdict["clauses"]),
        "revenue": amount_or_null(verdict["revenue_micros"]),
        "payable": verdict["payable"],
        "payout_reason": verdict["payout_reason"],
        "payout_clauses": clauses_json(verdict["payout_clauses"]),
        "payout": amount_or_null(verdict["payout_micros"]),
        "currency": verdict["currency"],
        "near_miss_by": verdict.get("near_miss_by") or None,
    }


def _corrected(verdict: JsonObject, view: CallView) -> JsonObject | None:
    """The verdict over the carrier's times, and whose they are; None where no carrier's record changed it."""
    found = next((each for each in view.corrected if each["leg"] == verdict["leg"]), None)
    if found is None:
        return None
    by = next((record.carrier for record in view.carrier_records if record.leg == verdict["leg"]), None)
    return {**_verdict(found), "by": by}


def clauses_json(clauses: Json) -> list[Json]:
    """A trace in the form that `show_json` gives it."""
    return [
        {
            "clause": clause["clause"],
            "at": str(clause["place"]).rpartition(":")[0],  # file and line; the column is for editors
            "outcome": outcome_word(cast("bool | None", clause["outcome"])),
            "values": clause["values"],
            "answers": clause["answers"],
        }
        for clause in objects(clauses)
    ]

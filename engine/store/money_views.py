"""Money as it is shown: a buyer's figures, ledger entries and what stands of them, chains, disputes."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.journal import Json, JsonObject
from engine.core.money import format_money
from engine.store.instants import iso
from engine.store.ledger.chain import ChainCheck
from engine.store.ledger.disputes import Dispute
from engine.store.ledger.entries import PostedEntry
from engine.store.reports.figures import BuyerFigures
from engine.store.tables.carrier_records import CarrierRecord


def figures_json(figures: BuyerFigures) -> JsonObject:
    """A buyer's figures; `buzzers` and `caller_misses` are talks that ended just before they were billed."""
    return {
        "buyer": figures.buyer,
        "offered": figures.offered,
        "answered": figures.answered,
        "connected": figures.connected,
        "billed": figures.billed,
        "revenue": format_money(figures.revenue_micros),
        "buzzers": figures.near_misses_by_buyer,
        "caller_misses": figures.near_misses_by_caller,
    }


def chain_json(check: ChainCheck) -> JsonObject:
    """How a party's chain of entries stands, as the command and the API show it."""
    return {
        "party": check.party,
        "holds": not check.sentence,
        "entries": check.entries,
        "head": check.head,
        "broken_entry": check.broken_entry,
        "sentence": check.sentence,
    }


def dispute_json(dispute: Dispute) -> JsonObject:
    """One dispute, as the command and the API show it."""
    return {
        "dispute": dispute.dispute,
        "call": dispute.call,
        "buyer": dispute.buyer,
        "state": dispute.state,
        "clause": dispute.clause or None,
        "reason": dispute.reason or None,
        "says": dispute.says,
        "opened_by": dispute.opened_by,
        "opened_at": iso(dispute.opened_at),
        "proposal": dispute.proposal,
        "amount": amount_or_null(dispute.amount_micros),
        "why": dispute.why,
        "decided_by": dispute.decided_by,
        "decided_at": iso(dispute.decided_at),
    }


def entry_json(entry: PostedEntry) -> JsonObject:
    return {
        "entry": entry.entry,
        "kind": entry.kind,
        "party": entry.party,
        "buyer": entry.buyer,
        "amount": format_money(entry.amount_micros),
        "currency": entry.currency,
        "posted_at": iso(entry.posted_at),
        "corrects": entry.corrects,
        "why": entry.why,
        "made_by": entry.made_by,
        "hash": entry.hash,
    }


def standing_json(entries: Sequence[PostedEntry]) -> list[Json]:
    """What each bill comes to with all that corrects it."""
    bills = {entry.entry: entry for entry in entries if entry.corrects is None}
    sums = dict.fromkeys(bills, 0)
    for entry in entries:
        sums[entry.corrects or entry.entry] += entry.amount_micros
    return [
        {
            "kind": bills[number].kind,
            "party": bills[number].party,
            "buyer": bills[number].buyer,
            "amount": format_money(micros),
            "currency": bills[number].currency,
        }
        for number, micros in sums.items()
    ]


def carrier_record_json(record: CarrierRecord) -> JsonObject:
    return {
        "leg": record.leg,
        "carrier": record.carrier,
        "seconds": seconds(record.duration_ms),
        "received_at": iso(record.received_at),
        "finding": record.finding,
    }


def amount_or_null(micros: Json) -> str | None:
    return format_money(micros) if isinstance(micros, int) else None


def seconds(ms: Json) -> Json:
    """Whole seconds as an integer: 90, and 95.2."""
    assert isinstance(ms, int)
    return ms // 1000 if ms % 1000 == 0 else ms / 1000

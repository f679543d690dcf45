"""The ledger as it is shown: entries, what each bill comes to, each party's chain of hashes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from engine.accounts.shown import Shown
from engine.core.money import format_money
from engine.store.instants import iso_of
from engine.store.ledger.chain import ChainCheck
from engine.store.ledger.entries import PostedEntry
from engine.wording.ledger import chain_sentence, entry_sentence


class EntryShown(Shown, frozen=True, kw_only=True):
    """An entry as it was posted. A correction adds its amount to that of the entry that it `corrects`."""

    entry: int
    kind: Literal["revenue", "payout", "correction"]
    party: str
    buyer: str
    amount: str
    currency: str
    posted_at: str
    corrects: int | None
    why: str
    made_by: str
    cause: Literal["verdict", "carrier", "dispute", "operator", "unreadable"]
    hash: str

    @classmethod
    def of(cls, entry: PostedEntry) -> EntryShown:
        return cls(
            entry=entry.entry,
            kind=entry.kind,
            party=entry.party,
            buyer=entry.buyer,
            amount=format_money(entry.amount_micros),
            currency=entry.currency,
            posted_at=iso_of(entry.posted_at),
            corrects=entry.corrects,
            why=entry_sentence(entry.cause, entry.why),
            made_by=entry.made_by,
            cause=entry.cause.by,
            hash=entry.hash,
        )


class StandingShown(Shown, frozen=True, kw_only=True):
    """The current amount of a bill, corrections included."""

    kind: Literal["revenue", "payout", "correction"]
    party: str
    buyer: str
    amount: str
    currency: str


def standings_of(entries: Sequence[PostedEntry]) -> Iterator[StandingShown]:
    """Each bill of a call, in the order in which they were entered."""
    bills = {entry.entry: entry for entry in entries if entry.corrects is None}
    sums = dict.fromkeys(bills, 0)
    for entry in entries:
        sums[entry.corrects or entry.entry] += entry.amount_micros
    for number, micros in sums.items():
        bill = bills[number]
        yield StandingShown(
            kind=bill.kind,
            party=bill.party,
            buyer=bill.buyer,
            amount=format_money(micros),
            currency=bill.currency,
        )


class ChainShown(Shown, frozen=True, kw_only=True):
    """A party's chain of entries: how many are intact, the last hash, what breaks it (or "").

    The party "" is the ledger as a whole, where it isn't what verdicts and journals say it was.
    """

    party: str
    holds: bool
    entries: int
    head: str
    broken_entry: int | None
    code: str
    sentence: str

    @classmethod
    def of(cls, check: ChainCheck) -> ChainShown:
        return cls(
            party=check.party,
            holds=check.holds,
            entries=check.entries,
            head=check.head,
            broken_entry=check.broken_entry,
            code=check.code,
            sentence=chain_sentence(check.code, check.details),
        )

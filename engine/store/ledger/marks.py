"""The whole ledger as one hash, and the marks of it that verdicts, journals and decisions keep.

The *fold* of the first N entries is the SHA-256 of the fold before and the N-th entry's hash, both in
hexadecimal; of no entries it is "". It lies in `ledger_heads` under no party's name. A *mark*, `N:FOLD`, says
what the ledger was when a verdict was made, an event ended a call, or a dispute was decided. So entries that
were deleted or rewritten together with the heads beside them are missed by whatever came later.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Table, select, tuple_

from engine.core.conditions import Details
from engine.store.databases.transactions import Connection
from engine.store.ledger.chain import ChainCheck
from engine.store.tables.schema import dispute_decisions, disputes, journal, ledger, ledger_heads, verdicts

WHOLE = ""  # the name under which the fold lies among the parties' heads
CHUNK = 5_000
FOLD_BYTES = 32
ENTRIES_DIGITS = 18

_h = ledger_heads.c


@dataclass(frozen=True, slots=True)
class LedgerMark:
    """How many entries the ledger has, and their fold."""

    entries: int = 0
    fold: str = ""

    def __str__(self) -> str:
        return f"{self.entries}:{self.fold}"

    def and_then(self, own_hash: str) -> LedgerMark:
        """The mark once an entry of this hash is added."""
        return LedgerMark(self.entries + 1, hashlib.sha256(f"{self.fold}{own_hash}".encode()).hexdigest())


async def now(connection: Connection) -> LedgerMark:
    """What was added so far, by whoever committed it and by this transaction."""
    kept = await connection.execute(select(_h.entries, _h.hash).where(_h.party == WHOLE))
    row = kept.one_or_none()
    return LedgerMark() if row is None else LedgerMark(row.entries, row.hash)


async def check(connection: Connection) -> ChainCheck:
    """Hold the ledger against every mark of it that is kept; of those that don't fit, the earliest is named.

    Read in one transaction, for calls are billed meanwhile.
    """
    folds = bytearray()
    whole = LedgerMark()
    async for hashes in _hashes(connection):
        whole = await asyncio.to_thread(_folded, folds, whole, hashes)
    missed: tuple[int, str, str] | None = None
    async for where, marks in _marks(connection):
        for call, mark in marks:
            entries, colon, fold = mark.partition(":")
            is_mark = bool(colon) and entries.isdecimal() and len(entries) <= ENTRIES_DIGITS
            number = int(entries) if is_mark else 0
            fits = is_mark and fold == _fold_at(folds, number)
            if not fits and (missed is None or number < missed[0]):
                missed = (number, where, call)
    if missed is not None:
        number, where, call = missed
        details: Details = {"entries": whole.entries, "noted_entries": number, "call": call}
        return ChainCheck(WHOLE, whole.entries, whole.fold, f"unlike_{where}", None, details)
    noted = await now(connection)
    if noted != whole:
        told: Details = {"entries": whole.entries, "noted_entries": noted.entries}
        return ChainCheck(WHOLE, whole.entries, whole.fold, "whole_differs", None, told)
    return ChainCheck(WHOLE, whole.entries, whole.fold)


def _folded(folds: bytearray, whole: LedgerMark, hashes: Sequence[str]) -> LedgerMark:
    for own in hashes:
        whole = whole.and_then(own)
        folds += bytes.fromhex(whole.fold)
    return whole


def _fold_at(folds: bytearray, entries: int) -> str | None:
    """The fold of so many entries; None where there are fewer."""
    end = entries * FOLD_BYTES
    return None if end > len(folds) else folds[max(end - FOLD_BYTES, 0) : end].hex()


async def _hashes(connection: Connection) -> AsyncIterator[Sequence[str]]:
    last = 0
    columns = (ledger.c.entry, ledger.c.hash)
    while True:
        query = select(*columns).where(ledger.c.entry > last).order_by(ledger.c.entry).limit(CHUNK)
        rows = (await connection.execute(query)).all()
        if not rows:
            return
        last = rows[-1].entry
        yield [row.hash for row in rows]


async def _marks(connection: Connection) -> AsyncIterator[tuple[str, Sequence[tuple[str, str]]]]:
    """Where marks are kept, each with its call, some at a time."""
    for where, table in (("verdict", verdicts), ("journal", journal)):
        async for some in _marks_in(connection, table):
            yield where, some
    x = dispute_decisions.c
    decided = (
        select(disputes.c.call, x.ledger_mark)
        .join_from(dispute_decisions, disputes, disputes.c.dispute == x.dispute)
        .where(x.ledger_mark.is_not(None))
    )
    yield "decision", [(call, mark) for call, mark in await connection.execute(decided)]


async def _marks_in(connection: Connection, table: Table) -> AsyncIterator[Sequence[tuple[str, str]]]:
    key = list(table.primary_key)
    last: tuple[object, ...] | None = None
    while True:
        query = select(*key, table.c.ledger_mark).where(table.c.ledger_mark.is_not(None))
        if last is not None:
            query = query.where(tuple_(*key) > tuple_(*last))
        rows = (await connection.execute(query.order_by(*key).limit(CHUNK))).all()
        if not rows:
            return
        last = tuple(rows[-1])[: len(key)]
        yield [(row.call, row.ledger_mark) for row in rows]

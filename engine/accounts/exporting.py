"""Exports of calls, of the ledger and of answers, page by page, as CSV or as one JSON list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.accounts.csv_tables import csv_line, csv_row
from engine.store.reports.books import PageReader
from engine.store.reports.counts import Span
from engine.store.reports.pages import of_answers, of_calls, of_ledger
from engine.store.store import Store

Export = Literal["calls", "ledger", "answers"]
Format = Literal["csv", "json"]


@dataclass(frozen=True, slots=True)
class Table:
    """What is exported: its columns in their order, and where its pages come from."""

    columns: tuple[str, ...]
    page: PageReader


EXPORTS: Mapping[Export, Table] = {
    "calls": Table(
        (
            *("call", "started_at", "ended_at", "ended_by", "carrier", "from", "to", "flow", "campaign"),
            *("publisher", "buyer", "billable", "revenue", "payout", "currency"),
        ),
        of_calls,
    ),
    "ledger": Table(
        (
            *("entry", "call", "started_at", "campaign", "publisher", "kind", "party", "buyer", "amount"),
            *("currency", "posted_at", "corrects", "why", "made_by", "hash"),
        ),
        of_ledger,
    ),
    "answers": Table(
        (
            *("call", "campaign", "answered_at", "name", "kind", "value", "label", "raw", "mode"),
            *("confidence", "attempts", "confirmed", "sensitive", "node"),
        ),
        of_answers,
    ),
}


async def export(store: Store, table: Table, span: Span, form: Format) -> AsyncIterator[str]:
    """The whole text, a page at a time."""
    yield csv_line(table.columns) if form == "csv" else "["
    after, number = None, 0
    while True:
        rows, after = await store.books.page(table.page, span, after)
        if form == "csv":
            yield "".join(csv_row(table.columns, row) for row in rows)
        else:
            written = [json.dumps({name: row[name] for name in table.columns}) for row in rows]
            yield "".join(f"{',' if number + n else ''}\n{one}" for n, one in enumerate(written))
        number += len(rows)
        if after is None:
            break
    if form == "json":
        yield "\n]\n"

"""Exports of calls, of the ledger and of answers, page by page, as CSV or as one JSON list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, cast

import msgspec
from msgspec.structs import asdict

from engine.accounts.amounts import seconds
from engine.accounts.answer_shown import hearing_shown
from engine.accounts.call_line import head_of
from engine.accounts.csv_tables import csv_line, csv_row
from engine.accounts.ledger_shown import EntryShown
from engine.accounts.shown import Shown, members
from engine.core.conditions import Value
from engine.core.events import EndedBy
from engine.core.facts import Answer, AnswerMode
from engine.core.journal import masked
from engine.core.money import format_money
from engine.store.instants import iso_of
from engine.store.reports.books import PageReader
from engine.store.reports.pages import AnswerLine, Kept, LedgerLine, of_answers, of_calls, of_ledger
from engine.store.reports.spans import Span
from engine.store.store import Store
from engine.store.views import SoldCall

Export = Literal["calls", "ledger", "answers"]
Format = Literal["csv", "json"]


class ExportedCall(Shown, frozen=True, kw_only=True):
    """A call with a buyer that talked in it, or owes for it: one line a buyer, and one for a call without.

    Amounts are what stands for this buyer, and `billable` follows them. `talk_s` is its own talk.
    `again_of` names the first record of the same phone call, where this is a later one.
    """

    call: str
    started_at: str
    ended_at: str | None
    ended_by: EndedBy | None
    carrier: str
    from_: str = msgspec.field(name="from")
    to: str
    flow: str
    campaign: str
    publisher: str
    buyer: str | None
    billable: bool | None
    revenue: str
    payout: str
    currency: str | None
    talk_s: int | float
    tags: dict[str, str]
    again_of: str

    @classmethod
    def of(cls, sold: SoldCall) -> ExportedCall:
        return cls(
            **head_of(sold.record),
            again_of=sold.record.again_of,
            buyer=sold.buyer,
            billable=sold.billable,
            revenue=format_money(sold.revenue_micros),
            payout=format_money(sold.payout_micros),
            currency=sold.currency,
            talk_s=seconds(sold.talk_ms),
            tags=dict(sold.tags),
        )


class ExportedEntry(Shown, frozen=True, kw_only=True):
    """An entry of the ledger, with its call. It belongs to the day on which it was posted."""

    entry: int
    call: str
    started_at: str
    campaign: str
    publisher: str
    kind: Literal["revenue", "payout", "correction"]
    party: str
    buyer: str
    amount: str
    currency: str
    posted_at: str
    corrects: int | None
    why: str
    made_by: str
    hash: str

    @classmethod
    def of(cls, line: LedgerLine) -> ExportedEntry:
        entry = asdict(EntryShown.of(line.entry))
        del entry["cause"]
        return cls(
            call=line.call,
            started_at=iso_of(line.started_at),
            campaign=line.campaign,
            publisher=line.publisher,
            **entry,
        )


class ExportedAnswer(Shown, frozen=True, kw_only=True):
    """An answer of a call; a sensitive one is masked."""

    call: str
    campaign: str
    answered_at: str
    name: str
    kind: str
    value: Value
    label: str
    raw: str
    mode: AnswerMode
    confidence: float
    attempts: int
    confirmed: bool
    sensitive: bool
    node: str
    prompt_ms: int | None
    prompt_heard_ms: int | None
    keyed_ahead: bool | None
    heard_before: bool | None

    @classmethod
    def of(cls, line: AnswerLine) -> ExportedAnswer:
        answer = cast(Answer, masked(line.answer))
        return cls(
            call=line.call,
            campaign=line.campaign,
            answered_at=iso_of(line.started_at + answer.answered_at),
            name=answer.name,
            kind=answer.kind,
            value=answer.value,
            label=answer.label,
            raw=answer.raw,
            mode=answer.mode,
            confidence=answer.confidence,
            attempts=answer.attempts,
            confirmed=answer.confirmed,
            sensitive=answer.sensitive,
            node=answer.node,
            **hearing_shown(answer.hearing),
        )


ExportedRows = list[ExportedCall] | list[ExportedEntry] | list[ExportedAnswer]


@dataclass(frozen=True, slots=True)
class Table(Generic[Kept]):
    """What is exported: the source of its pages and the form of its rows."""

    page: PageReader[Kept]
    row: type[Shown]
    shown: Callable[[Kept], Shown]


EXPORTS: Mapping[Export, Table[Any]] = {
    "calls": Table(of_calls, ExportedCall, ExportedCall.of),
    "ledger": Table(of_ledger, ExportedEntry, ExportedEntry.of),
    "answers": Table(of_answers, ExportedAnswer, ExportedAnswer.of),
}


async def export(store: Store, table: Table[Any], span: Span, form: Format) -> AsyncIterator[str]:
    """The whole text, a page at a time."""
    columns = table.row.__struct_encode_fields__
    yield csv_line(columns) if form == "csv" else "["
    after, number = None, 0
    while True:
        found, after = await store.books.page(table.page, span, after)
        rows = [table.shown(one) for one in found]
        if form == "csv":
            yield "".join(csv_row(columns, members(row)) for row in rows)
        else:
            written = [msgspec.json.encode(row).decode() for row in rows]
            yield "".join(f"{',' if number + n else ''}\n{one}" for n, one in enumerate(written))
        number += len(rows)
        if after is None:
            break
    if form == "json":
        yield "\n]\n"

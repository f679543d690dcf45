"""Pages of what was kept, oldest calls first, for exports.

Each page is what some calls left behind, read by itself; the next begins behind the last of these calls. So
neither memory nor a reading transaction grows with what is exported, and the last page costs what the first
did.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, tuple_

from engine.core.journal import JsonObject
from engine.core.money import format_money
from engine.store import reading
from engine.store.databases.transactions import Connection
from engine.store.instants import iso
from engine.store.reports.counts import Span
from engine.store.tables.schema import answers, calls, ledger
from engine.store.views import summary_json

PAGE = 200  # calls, some 20 ms of work: calls that go on meanwhile must not stutter

Mark = tuple[Any, ...]  # where a page ended
Page = tuple[list[JsonObject], Mark | None]

_c, _e, _a = calls.c, ledger.c, answers.c


async def of_calls(connection: Connection, span: Span, after: Mark | None) -> Page:
    """Calls as `cordboard calls --json` shows them."""
    marks = await _marks(connection, span, after)
    found = await reading.summaries_of(connection, _names(marks))
    return [summary_json(one) for one in found], _next(marks)


async def of_ledger(connection: Connection, span: Span, after: Mark | None) -> Page:
    """Entries of the ledger of calls that began in the span, corrections among them."""
    columns = (ledger, _c.campaign, _c.publisher, _c.started_at)
    marks = await _marks(connection, span, after)
    query = select(*columns).join_from(calls, ledger, _c.call == _e.call).where(_c.call.in_(_names(marks)))
    rows = await connection.execute(query.order_by(_c.started_at, _c.call, _e.entry))
    items: list[JsonObject] = [
        {
            "entry": row.entry,
            "call": row.call,
            "started_at": iso(row.started_at),
            "campaign": row.campaign,
            "publisher": row.publisher,
            "kind": row.kind,
            "party": row.party,
            "buyer": row.buyer,
            "amount": format_money(row.amount_micros),
            "currency": row.currency,
            "posted_at": iso(row.posted_at),
            "corrects": row.corrects,
            "why": row.why,
            "made_by": row.made_by,
            "hash": row.hash,
        }
        for row in rows
    ]
    return items, _next(marks)


async def of_answers(connection: Connection, span: Span, after: Mark | None) -> Page:
    """Every answer of every call, in the order in which they were given, sensitive ones masked."""
    marks = await _marks(connection, span, after)
    query = select(_c.call, _c.campaign, _c.started_at, _a.body).join_from(calls, answers, _a.call == _c.call)
    own = query.where(_c.call.in_(_names(marks)))
    rows = await connection.execute(own.order_by(_c.started_at, _c.call, _a.seq, _a.n))
    items = [_answer(row.call, row.campaign, row.started_at, json.loads(row.body)) for row in rows]
    return items, _next(marks)


def _answer(call: str, campaign: str, started_at: int, body: JsonObject) -> JsonObject:
    answered_at = body["answered_at"]
    assert isinstance(answered_at, int)
    shown: JsonObject = {"call": call, "campaign": campaign, "answered_at": iso(started_at + answered_at)}
    names = ("name", "kind", "value", "label", "raw", "mode", "confidence", "attempts", "confirmed")
    return {**shown, **{name: body[name] for name in (*names, "sensitive", "node")}}


async def _marks(connection: Connection, span: Span, after: Mark | None) -> Sequence[Any]:
    """When each of the next calls began, and its name."""
    query = span.of(select(_c.started_at, _c.call)).order_by(_c.started_at, _c.call)
    if after is not None:
        query = query.where(tuple_(_c.started_at, _c.call) > tuple_(*after))
    rows: Sequence[Any] = (await connection.execute(query.limit(PAGE))).all()
    return rows


def _names(marks: Sequence[Any]) -> list[str]:
    return [call for _, call in marks]


def _next(marks: Sequence[Any]) -> Mark | None:
    return tuple(marks[-1]) if len(marks) == PAGE else None

"""Pages of what was kept, oldest first, for exports: each is read by itself and the next begins behind it,
so that neither memory nor a reading transaction grows with what is exported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.core.journal import JsonObject
from engine.core.money import format_money
from engine.store import reading
from engine.store.instants import iso
from engine.store.reports import Span
from engine.store.schema import answers, calls, ledger
from engine.store.views import summary_json

PAGE = 500

Mark = tuple[Any, ...]  # where a page ended
Page = tuple[list[JsonObject], Mark | None]

_c, _e, _a = calls.c, ledger.c, answers.c


async def of_calls(connection: AsyncConnection, span: Span, after: Mark | None) -> Page:
    """Calls as `cordboard calls --json` shows them."""
    query = span.of(select(_c.started_at, _c.call)).order_by(_c.started_at, _c.call)
    marks = await _marks(connection, query, (_c.started_at, _c.call), after)
    found = await reading.summaries_of(connection, [call for _, call in marks])
    return [summary_json(one) for one in found], _next(marks)


async def of_ledger(connection: AsyncConnection, span: Span, after: Mark | None) -> Page:
    """Entries of the ledger of calls that began in the span, corrections among them."""
    columns = (_e.entry, ledger, _c.campaign, _c.publisher, _c.started_at)
    query = span.of(select(*columns).join_from(ledger, calls, _c.call == _e.call)).order_by(_e.entry)
    rows = await _marks(connection, query, (_e.entry,), after)
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
    return items, _next([(row.entry,) for row in rows])


async def of_answers(connection: AsyncConnection, span: Span, after: Mark | None) -> Page:
    """Every answer of every call, in the order in which they were given, sensitive ones masked."""
    key = (_c.started_at, _c.call, _a.seq, _a.n)
    query = span.of(select(*key, _c.campaign, _a.body).join_from(calls, answers, _a.call == _c.call))
    rows = await _marks(connection, query.order_by(*key), key, after)
    items = [_answer(row.call, row.campaign, row.started_at, json.loads(row.body)) for row in rows]
    return items, _next([tuple(row)[:4] for row in rows])


def _answer(call: str, campaign: str, started_at: int, body: JsonObject) -> JsonObject:
    answered_at = body["answered_at"]
    assert isinstance(answered_at, int)
    shown: JsonObject = {"call": call, "campaign": campaign, "answered_at": iso(started_at + answered_at)}
    names = ("name", "kind", "value", "label", "raw", "mode", "confidence", "attempts", "confirmed")
    return {**shown, **{name: body[name] for name in (*names, "sensitive", "node")}}


async def _marks(
    connection: AsyncConnection, query: Select[Any], key: Sequence[Any], after: Mark | None
) -> Sequence[Any]:
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    rows: Sequence[Any] = (await connection.execute(query.limit(PAGE))).all()
    return rows


def _next(marks: Sequence[Any]) -> Mark | None:
    return tuple(marks[-1]) if len(marks) == PAGE else None

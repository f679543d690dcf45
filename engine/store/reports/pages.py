"""Pages of what was kept, oldest calls first, for exports.

Each page is what some calls left behind, read by itself; the next begins behind the last of these calls. So
neither memory nor a reading transaction grows with what is exported, and the last page costs what the first
did.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import select, tuple_

from engine.core.facts import Answer
from engine.core.journal import fact_from_json
from engine.store.databases.transactions import Connection
from engine.store.ledger import entries
from engine.store.ledger.entries import PostedEntry
from engine.store.reports import sales
from engine.store.reports.spans import Span
from engine.store.tables.schema import answers, calls, ledger
from engine.store.views import SoldCall

PAGE = 200  # calls, some 20 ms of work: calls that go on meanwhile must not stutter

Mark = tuple[Any, ...]  # where a page ended
Kept = TypeVar("Kept")
Page: TypeAlias = tuple[Sequence[Kept], Mark | None]

_c, _e, _a = calls.c, ledger.c, answers.c


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An entry of the ledger, and the call that it came of."""

    call: str
    started_at: int
    campaign: str
    publisher: str
    entry: PostedEntry


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """An answer, and the call in which it was given."""

    call: str
    campaign: str
    started_at: int
    answer: Answer


async def of_calls(connection: Connection, span: Span, after: Mark | None) -> Page[SoldCall]:
    """Calls, each in a line for every buyer that it came to."""
    marks = await _marks(connection, span, after)
    found = await sales.of(connection, _names(marks))
    return [sold for sold in found if span.buyer in (None, sold.buyer)], _next(marks)


async def of_ledger(connection: Connection, span: Span, after: Mark | None) -> Page[LedgerLine]:
    """Entries of the ledger that were posted in the span, in the order in which they were.

    A correction belongs to its own day, whenever its call began.
    """
    columns = (ledger, _c.campaign, _c.publisher, _c.started_at)
    query = span.posted(select(*columns).join_from(calls, ledger, _c.call == _e.call)).order_by(_e.entry)
    if after is not None:
        query = query.where(_e.entry > after[0])
    rows = (await connection.execute(query.limit(PAGE))).all()
    found = [
        LedgerLine(row.call, row.started_at, row.campaign, row.publisher, entries.posted(row)) for row in rows
    ]
    return found, ((rows[-1].entry,) if len(rows) == PAGE else None)


async def of_answers(connection: Connection, span: Span, after: Mark | None) -> Page[AnswerLine]:
    """Every answer of every call, in the order in which they were given, sensitive ones masked."""
    marks = await _marks(connection, span, after)
    query = select(_c.call, _c.campaign, _c.started_at, _a.body).join_from(calls, answers, _a.call == _c.call)
    own = query.where(_c.call.in_(_names(marks)))
    rows = await connection.execute(own.order_by(_c.started_at, _c.call, _a.seq, _a.n))
    found = [
        AnswerLine(row.call, row.campaign, row.started_at, cast(Answer, fact_from_json(json.loads(row.body))))
        for row in rows
    ]
    return [line for line in found if line.answer.withdrawn_at is None], _next(marks)


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

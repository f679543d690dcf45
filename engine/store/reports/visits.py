"""Visits of a flow's nodes: how often each was left by which exit, and where calls stood when they ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, func, select

from engine.store.databases.transactions import Connection
from engine.store.reports.spans import Span
from engine.store.tables.calls import goes_on
from engine.store.tables.schema import calls, steps

_c, _s = calls.c, steps.c


@dataclass(frozen=True, slots=True)
class Left:
    """A node of a flow was left so often by this exit."""

    flow: str
    node: str
    exit: str
    visits: int


@dataclass(frozen=True, slots=True)
class LastStep:
    """So many calls ended after this step of theirs; a call that left no node has the step ""."""

    flow: str
    revision: str
    node: str
    exit: str
    ended_by: str
    calls: int


async def of(connection: Connection, span: Span) -> tuple[Sequence[Left], Sequence[LastStep]]:
    """Every exit that was taken, and the last step of every call that ended."""
    return await left(connection, span), await last_steps(connection, span)


async def left(connection: Connection, span: Span) -> Sequence[Left]:
    """Every exit that was taken."""
    query = select(_c.flow, _s.node, _s.exit, func.count()).join_from(calls, steps, _s.call == _c.call)
    rows = await connection.execute(span.of(query).group_by(_c.flow, _s.node, _s.exit))
    return [Left(*row) for row in rows]


async def last_steps(connection: Connection, span: Span) -> Sequence[LastStep]:
    """The last step of every phone call that ended, in its last record."""
    later = steps.alias("later")
    order = (later.c.seq.desc(), later.c.n.desc())
    last = select(later.c.seq, later.c.n).where(later.c.call == _c.call).order_by(*order).limit(1)
    is_last = (_s.seq == _column(last, 0)) & (_s.n == _column(last, 1))
    again = calls.alias("again").c
    node, exit_ = func.coalesce(_s.node, ""), func.coalesce(_s.exit, "")
    query = (
        select(_c.flow, _c.revision, node, exit_, _c.ended_by, func.count())
        .select_from(calls.outerjoin(steps, (_s.call == _c.call) & is_last))
        .where(_c.ended_at.is_not(None), _c.flow != "", ~exists(again.call).where(goes_on(again, _c)))
        .group_by(_c.flow, _c.revision, node, exit_, _c.ended_by)
    )
    return [LastStep(*row) for row in await connection.execute(span.of(query))]


def _column(query: Select[Any], number: int) -> Any:
    chosen = list(query.selected_columns)[number]
    return query.with_only_columns(chosen).correlate(calls).scalar_subquery()

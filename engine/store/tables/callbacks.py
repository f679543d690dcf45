"""Who wants to be called back, and whether somebody did. Nobody is called by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from engine.core.facts import CallbackRequest
from engine.store.databases.database import insert
from engine.store.databases.transactions import Connection
from engine.store.tables import calls
from engine.store.tables.schema import callbacks

_c = callbacks.c


@dataclass(frozen=True, slots=True)
class Callback:
    """A request. Times are milliseconds since 1970; `done_at` is None while nobody has called back."""

    callback: int
    call: str
    number: str
    is_callers_own: bool
    campaign: str
    asked_at: int
    done_at: int | None
    done_by: str


async def enter(connection: Connection, call: str, seq: int, n: int, fact: CallbackRequest) -> None:
    """Keep what a caller asked for; by its place in the journal, once."""
    row = {
        "call": call,
        "seq": seq,
        "n": n,
        "number": fact.number,
        "is_callers_own": fact.is_callers_own,
        "campaign": fact.campaign,
        "asked_at": await calls.began_at(connection, call) + fact.at,
    }
    await connection.execute(insert(callbacks).on_conflict_do_nothing(), [row])


async def find(connection: Connection, *, is_open: bool, limit: int) -> Sequence[Callback]:
    """Requests, the oldest first that is still open; else all, newest first."""
    query = select(*(_c[name] for name in Callback.__dataclass_fields__)).limit(limit)
    if is_open:
        query = query.where(_c.done_at.is_(None)).order_by(_c.callback)
    else:
        query = query.order_by(_c.callback.desc())
    return [Callback(*row) for row in await connection.execute(query)]


async def done(connection: Connection, numbers: Sequence[int], by: str, now_ms: int) -> int:
    """Note that these were called back; how many of them were still open."""
    statement = update(callbacks).where(_c.callback.in_(numbers), _c.done_at.is_(None))
    return int((await connection.execute(statement.values(done_at=now_ms, done_by=by))).rowcount)


async def erase(connection: Connection, call: str, erased: str) -> None:
    """Forget where the caller wanted to be called."""
    await connection.execute(update(callbacks).where(_c.call == call).values(number=erased))

"""The outbox: letters to webhooks that wait to be sent, each until it is delivered or given up.

Rules
1. A letter is sent by one worker at a time: who claims it holds a lease, and after that anybody may.
2. Letters of one call to one webhook are claimed in the order in which they were written; a letter waits for
   the one before it. A dead one is waited for no longer.
3. What came of a letter is noted only by who holds it.
A receiver may see a letter twice (a worker died between sending and noting); its name stays the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Row, Select, delete, exists, func, select, update

from engine.store.databases.database import wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import outbox

State = Literal["waiting", "delivered", "dead"]

_c = outbox.c


@dataclass(frozen=True, slots=True)
class Letter:
    """One event on its way to one webhook. `detail` says what became of the last attempt."""

    entry: int
    webhook: str
    call: str
    event: str
    delivery: str
    body: str
    state: State
    attempts: int
    made_at: int
    due_at: int
    settled_at: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a letter: delivered, dead, or `waiting` to be tried again at `due_at`."""

    entry: int
    state: State
    detail: str
    at_ms: int
    due_at: int = 0


@dataclass(frozen=True, slots=True)
class LetterClaim:
    """A worker asks for letters: at most so many of each webhook, held until `until_ms`."""

    holder: str
    room: Mapping[str, int]
    now_ms: int
    until_ms: int


async def is_due(connection: Connection, now_ms: int) -> bool:
    """Whether there is anything to send."""
    return bool((await connection.execute(select(exists(select(_c.entry).where(_free(now_ms)))))).scalar())


async def claim(connection: Connection, asked: LetterClaim) -> list[Letter]:
    """Letters to send now, oldest first; nobody else gets them while the lease runs."""
    await wait_for_turn(connection, "outbox")
    entries: list[int] = []
    for webhook, room in asked.room.items():
        if room > 0:
            query = select(_c.entry).where(_c.webhook == webhook, _free(asked.now_ms))
            first = query.order_by(_c.due_at, _c.entry).limit(room)
            entries += (await connection.execute(first)).scalars()
    if not entries:
        return []
    taken = update(outbox).where(_c.entry.in_(entries))
    await connection.execute(taken.values(holder=asked.holder, held_until=asked.until_ms))
    rows = await connection.execute(_letters().where(_c.entry.in_(entries)).order_by(_c.entry))
    return [_letter(row) for row in rows]


async def settle(connection: Connection, holder: str, sent: Sequence[Sent]) -> None:
    """Note what came of letters that the holder holds, and let go of them."""
    for one in sent:
        is_over = one.state != "waiting"
        await connection.execute(
            update(outbox)
            .where(_c.entry == one.entry, _c.holder == holder, _c.state == "waiting")
            .values(
                state=one.state,
                attempts=_c.attempts + 1,
                detail=one.detail,
                due_at=one.due_at or _c.due_at,
                settled_at=one.at_ms if is_over else None,
                holder="",
                held_until=0,
            )
        )


async def let_go(connection: Connection, holder: str) -> None:
    """What the holder did not come to send is anybody's again."""
    held = update(outbox).where(_c.holder == holder, _c.state == "waiting")
    await connection.execute(held.values(holder="", held_until=0))


async def give_up_strangers(connection: Connection, known: Sequence[str], now_ms: int) -> int:
    """Letters to webhooks that the network has no more are dead; how many."""
    gone = await connection.execute(
        update(outbox)
        .where(_c.state == "waiting", _c.webhook.not_in(known), _c.held_until <= now_ms)
        .values(state="dead", settled_at=now_ms, detail="the network no longer has this webhook")
    )
    return gone.rowcount


async def retry(connection: Connection, entries: Sequence[int] | None, now_ms: int) -> int:
    """Send dead letters again, with all attempts before them; all of them where none is named. How many."""
    dead = update(outbox).where(_c.state == "dead")
    if entries is not None:
        dead = dead.where(_c.entry.in_(entries))
    again = dead.values(state="waiting", attempts=0, due_at=now_ms, settled_at=None, holder="", held_until=0)
    return (await connection.execute(again)).rowcount


async def drop(connection: Connection, entries: Sequence[int] | None) -> int:
    """Forget dead letters, all of them where none is named; how many."""
    dead = delete(outbox).where(_c.state == "dead")
    if entries is not None:
        dead = dead.where(_c.entry.in_(entries))
    return (await connection.execute(dead)).rowcount


async def prune(connection: Connection, before_ms: int) -> int:
    """Forget what was delivered before then; how many."""
    old = delete(outbox).where(_c.state == "delivered", _c.settled_at < before_ms)
    return (await connection.execute(old)).rowcount


async def has_settled(connection: Connection, before_ms: int) -> bool:
    """Whether any was delivered or died before then."""
    old = select(_c.entry).where(_c.state != "waiting", _c.settled_at < before_ms)
    return bool((await connection.execute(select(exists(old)))).scalar())


async def forget_settled(connection: Connection, before_ms: int, most: int) -> int:
    """Forget up to so many that were delivered or died before then; how many."""
    old = select(_c.entry).where(_c.state != "waiting", _c.settled_at < before_ms).order_by(_c.entry)
    gone = delete(outbox).where(_c.entry.in_(old.limit(most)))
    return (await connection.execute(gone)).rowcount


async def find(connection: Connection, states: Sequence[State], limit: int) -> Sequence[Letter]:
    """Letters in any of the states, newest first."""
    query = _letters().where(_c.state.in_(states)).order_by(_c.entry.desc()).limit(limit)
    return [_letter(row) for row in await connection.execute(query)]


async def counts(connection: Connection) -> dict[State, int]:
    """How many letters are in each state."""
    rows = await connection.execute(select(_c.state, func.count().label("number")).group_by(_c.state))
    found: dict[State, int] = {"waiting": 0, "delivered": 0, "dead": 0}
    return found | {row.state: int(row.number) for row in rows}


def _letters() -> Select[tuple[object, ...]]:
    return select(*(_c[name] for name in Letter.__dataclass_fields__))


def _letter(row: Row[tuple[object, ...]]) -> Letter:
    return Letter(**dict(row._mapping))


def _free(now_ms: int) -> ColumnElement[bool]:
    """Due, held by nobody, and none of its call and webhook waits before it."""
    before = outbox.alias("before")
    waits = exists().where(
        before.c.webhook == _c.webhook,
        before.c.call == _c.call,
        before.c.state == "waiting",
        before.c.entry < _c.entry,
    )
    return (_c.state == "waiting") & (_c.due_at <= now_ms) & (_c.held_until <= now_ms) & ~waits

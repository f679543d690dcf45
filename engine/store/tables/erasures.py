"""Erasures: what was taken out of a call, when and by whom, and what its evidence was hashed to before.

An erasure is asked for first. It is made once the call is over, in one transaction with what it erases.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from sqlalchemy import ColumnElement, Row, exists, func, or_, select, update

from engine.core.facts import Decision, Verdict
from engine.core.journal import fact_from_json
from engine.core.json_values import JsonObject
from engine.store.databases.database import wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.tables.schema import calls, erasures, forgettings, recordings, traces

What = Literal["person", "numbers", "answers", "transcripts", "journal"]
"""All of a person; the caller's number; what callers said and were; the words of it; the journal's rows."""

RETENTION = "retention"
"""Who erases what was kept as long as the network wanted."""

_COVERED_BY: Mapping[What, tuple[What, ...]] = {
    "person": ("person",),
    "numbers": ("person", "numbers"),
    "answers": ("person", "answers"),
    "transcripts": ("person", "answers", "transcripts"),
    "journal": ("journal",),
}
"""What makes an erasure needless."""

RECORDINGS_WITHIN_MS = 3_600_000
"""How long after its end a call's recordings are waited for. Later, whoever wrote them is gone for good."""

Outcome = Literal["made", "made_before", "outdated"]
"""What came of making one: nobody else had; somebody had; another one of the call was made meanwhile."""

_e = erasures.c


@dataclass(frozen=True, slots=True)
class Erasure:
    """Something of a call that is no more. `made_at` is None while the call goes on.

    `digests` are those of the parts of evidence that it changed, by name, as they were before; `root` is that
    of all parts before. Nobody can guess what was erased from them: the call's blind is gone too.
    """

    erasure: int
    call: str
    what: What
    forgetting: int | None
    made_by: str
    asked_at: int
    made_at: int | None
    root: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    rebuilt: JsonObject | None = None

    @property
    def decisions(self) -> tuple[Decision, ...] | None:
        """Every buyer of the call's decisions, where its journal does not lead to them any more."""
        kept = None if self.rebuilt is None else self.rebuilt.get("decisions")
        return None if kept is None else cast("tuple[Decision, ...]", _facts(kept))

    @property
    def corrected(self) -> tuple[Verdict, ...]:
        """The verdicts over carriers' times, likewise."""
        return cast("tuple[Verdict, ...]", _facts((self.rebuilt or {}).get("corrected", [])))


def _facts(kept: object) -> tuple[object, ...]:
    return tuple(fact_from_json(each) for each in cast("list[JsonObject]", kept))


@dataclass(frozen=True, slots=True)
class Forgetting:
    """A person was forgotten: `person` is a keyed hash of the number, which leads nobody back to it."""

    forgetting: int
    person: str
    made_by: str
    why: str
    made_at: int
    calls: int


async def note_forgetting(connection: Connection, told: Forgetting) -> int:
    """Keep that somebody was forgotten; its number."""
    row = {name: getattr(told, name) for name in ("person", "made_by", "why", "made_at", "calls")}
    made = await connection.execute(forgettings.insert().returning(forgettings.c.forgetting), row)
    return int(made.scalar_one())


async def ask(connection: Connection, names: Sequence[str], wanted: Erasure) -> None:
    """Have this erased of each of the calls."""
    asked = {name: getattr(wanted, name) for name in ("what", "forgetting", "made_by", "asked_at")}
    if names:
        await connection.execute(erasures.insert(), [{"call": call, **asked} for call in names])


async def due(
    connection: Connection,
    what: What,
    began: tuple[int, int],
    most: int,
    among: Collection[str] | None = None,
) -> list[tuple[str, int]]:
    """Ended calls that `began` in this span and of which this was not erased, nor asked to be.

    With when they began; the oldest first.
    """
    c, (since_ms, before_ms) = calls.c, began
    done = exists().where(_e.call == c.call, _e.what.in_(_COVERED_BY[what]))
    query = select(c.call, c.started_at).where(c.started_at >= since_ms, c.started_at < before_ms)
    query = query.where(c.ended_at.is_not(None), ~done)
    if among is not None:
        query = query.where(c.call.in_(among))
    rows = await connection.execute(query.order_by(c.started_at).limit(most))
    return [(row.call, row.started_at) for row in rows]


async def waiting(
    connection: Connection,
    now_ms: int,
    limit: int | None = None,
    *,
    of: Collection[str] | None = None,
    passing_over: Collection[int] = (),
) -> list[Erasure]:
    """Erasures that can be made now, oldest first: all of them, or those `of` these calls."""
    query = select(erasures).join(calls, calls.c.call == _e.call)
    query = query.where(_e.made_at.is_(None), _e.erasure.not_in(passing_over), _is_settled(now_ms))
    if of is not None:
        query = query.where(_e.call.in_(of))
    return [_erasure(row) for row in await connection.execute(query.order_by(_e.erasure).limit(limit))]


def _is_settled(now_ms: int) -> ColumnElement[bool]:
    """The call has ended, and nobody writes a recording of it any more that would be deleted."""
    writes = exists().where(recordings.c.call == _e.call, recordings.c.complete.is_(None))
    ended = calls.c.ended_at
    return ended.is_not(None) & or_(_e.what != "person", ~writes, ended < now_ms - RECORDINGS_WITHIN_MS)


async def of_call(connection: Connection, call: str) -> tuple[Erasure, ...]:
    """What was erased of the call, oldest first; what still waits is not among it."""
    query = select(erasures).where(_e.call == call, _e.made_at.is_not(None)).order_by(_e.erasure)
    return tuple([_erasure(row) for row in await connection.execute(query)])


async def note_made(connection: Connection, made: Erasure, seen: Collection[int]) -> Outcome:
    """It is made, with the digests of before, which were taken when the erasures `seen` had been made."""
    await wait_for_turn(connection, f"erasing {made.call}")
    query = select(_e.erasure).where(_e.call == made.call, _e.made_at.is_not(None))
    standing = set((await connection.execute(query)).scalars())
    if made.erasure in standing:
        return "made_before"
    if standing != set(seen):
        return "outdated"
    await connection.execute(
        update(erasures)
        .where(_e.erasure == made.erasure)
        .values(
            made_at=made.made_at,
            root=made.root,
            digests=json.dumps(dict(made.digests), separators=(",", ":")),
            rebuilt=None if made.rebuilt is None else json.dumps(made.rebuilt, separators=(",", ":")),
        )
    )
    return "made"


async def of_person(connection: Connection, person: str) -> list[Forgetting]:
    """When a person was forgotten, oldest first."""
    c = forgettings.c
    rows = await connection.execute(select(forgettings).where(c.person == person).order_by(c.forgetting))
    return [Forgetting(**dict(row._mapping)) for row in rows]


async def leave_traces(connection: Connection, at_ms: int) -> None:
    """The database's file may hold what is erased now, until it is swept."""
    await connection.execute(traces.insert(), [{"left_at": at_ms}])


async def last_trace(connection: Connection) -> int:
    """The newest of them; 0 where there is none."""
    return (await connection.execute(select(func.max(traces.c.trace)))).scalar() or 0


async def is_awaited(connection: Connection) -> bool:
    """Whether somebody who was forgotten by name may still be in the file."""
    first_ms = select(func.min(traces.c.left_at)).scalar_subquery()
    of_person = select(_e.erasure).where(_e.what == "person", _e.made_at >= first_ms)
    return bool((await connection.execute(select(exists(of_person)))).scalar())


async def progress(connection: Connection) -> tuple[int, int]:
    """The newest forgetting, 0 for none, and how many erasures of people wait: another after each."""
    newest = (await connection.execute(select(func.max(forgettings.c.forgetting)))).scalar()
    left = select(func.count()).where(_e.made_at.is_(None), _e.what == "person")
    return newest or 0, int((await connection.execute(left)).scalar_one())


def _erasure(row: Row[tuple[object, ...]]) -> Erasure:
    kept = dict(row._mapping)
    rebuilt = kept["rebuilt"]
    kept |= {"digests": json.loads(kept["digests"]), "rebuilt": json.loads(rebuilt) if rebuilt else None}
    return Erasure(**kept)

"""Takes people out of the store: finds the calls in which a number stands, and erases what is theirs.

Rules
1. A call is erased in one transaction, with the record of its erasure, and only once it is over.
2. Money stays: amounts, entries and their hashes, verdicts, times and durations.
3. What was erased may still lie in the database's file, in free pages and in the log: `traces` says so until
   `sweep` has rewritten it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Table, delete, select, update

from engine.core.erasing import ERASED, erased, erased_as, without_number, without_words
from engine.core.json_values import JsonObject
from engine.core.sought import Sought
from engine.store import whereabouts
from engine.store.databases.database import Database, wait_for_turn
from engine.store.databases.transactions import Connection
from engine.store.seal import Seal
from engine.store.tables import callbacks, erasures, schema
from engine.store.tables.erasures import Erasure, Forgetting, Outcome, What
from engine.store.whereabouts import FoundCall

_FACTS: tuple[Table, ...] = (
    schema.steps,
    schema.answers,
    schema.decisions,
    schema.legs,
    schema.verdicts,
    schema.recordings,
    schema.faults,
    schema.turns,
    schema.tags,
    schema.consents,
    schema.voicemails,
)

Rewrite = Callable[[JsonObject], JsonObject]


class Shredder:
    """Part of an opened store."""

    def __init__(self, database: Database, clock: Callable[[], int], seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal

    async def country(self) -> str:
        """The country whose spellings of numbers are meant: that of the number that was called last."""
        return await self._database.read(whereabouts.country)

    async def calls_of(self, digits: str) -> Sequence[FoundCall]:
        """Every call from the number of these international digits, and every other one it was given in."""
        return await self._database.read(
            lambda connection: whereabouts.calls_of(connection, digits, self._seal)
        )

    async def entries_naming(self, digits: str) -> Sequence[int]:
        """Ledger entries whose reason names the number. Hashes cover them, so they can't be erased."""
        sought = Sought(digits)

        async def work(connection: Connection) -> Sequence[int]:
            c = schema.ledger.c
            rows = await connection.execute(select(c.entry, c.why, c.cause).where(c.why != ""))
            return [row.entry for row in rows if sought.is_number_in(f"{row.why} {row.cause or ''}")]

        return await self._database.read(work)

    async def ask(
        self, names: Sequence[str], what: What, by: str, *, person: str | None = None, why: str = ""
    ) -> int | None:
        """Have something erased of these calls; with `person`, keep that somebody is forgotten."""

        async def work(connection: Connection) -> int | None:
            at_ms, number = self._clock(), None
            if person is not None:
                told = Forgetting(0, person, by, why, at_ms, len(names))
                number = await erasures.note_forgetting(connection, told)
            one = Erasure(0, "", what, number, by, at_ms, None)
            await erasures.ask(connection, names, one)
            return number

        return await self._database.write(work)

    async def ask_due(self, what: What, began: tuple[int, int], most: int) -> Sequence[int]:
        """Have it erased of up to so many calls that `began` in this span; when they began, oldest first.

        Looking for them is reading. Where there are some, one worker at a time asks for them.
        """
        found = await self._database.read(lambda connection: erasures.due(connection, what, began, most))
        if not found:
            return ()
        names = [name for name, _ in found]

        async def work(connection: Connection) -> None:
            await wait_for_turn(connection, "retention")
            left = await erasures.due(connection, what, began, most, names)
            one = Erasure(0, "", what, None, erasures.RETENTION, self._clock(), None)
            await erasures.ask(connection, [name for name, _ in left], one)

        await self._database.write(work)
        return [began_ms for _, began_ms in found]

    async def waiting(
        self,
        limit: int | None = None,
        *,
        of: Collection[str] | None = None,
        passing_over: Collection[int] = (),
    ) -> Sequence[Erasure]:
        """Erasures that can be made now, oldest first: all of them, or those `of` these calls."""
        now_ms = self._clock()
        return await self._database.read(
            lambda on: erasures.waiting(on, now_ms, limit, of=of, passing_over=passing_over)
        )

    async def of_person(self, person: str) -> Sequence[Forgetting]:
        """When a person was forgotten."""
        return await self._database.read(lambda connection: erasures.of_person(connection, person))

    async def erase(self, asked: Erasure, known: Sought, seen: Collection[int]) -> Outcome:
        """Make the erasure; it is kept with `digests`, `root` and `rebuilt` as they are given.

        They were taken when the erasures `seen` of the call had been made. Where another one was made since,
        nothing is done.
        """
        made = replace(asked, made_at=self._clock())
        return await self._database.write(lambda connection: _erase(connection, made, known, seen))

    async def words_of(self, call: str) -> frozenset[str]:
        """What the person said, keyed and was in the call, to be looked for in what others wrote."""
        return await self._database.read(
            lambda connection: whereabouts.words_of(connection, call, self._seal)
        )

    async def has_traces(self) -> bool:
        """Whether the file may still hold what was erased."""
        return bool(await self._database.read(erasures.last_trace))

    async def is_awaited(self) -> bool:
        """Whether the file may still hold somebody who was forgotten by name."""
        return await self._database.read(erasures.is_awaited)

    async def progress(self) -> tuple[int, int]:
        """Another after each forgetting, and after each erasure of a person, whoever made it."""
        return await self._database.read(erasures.progress)

    async def sweep(self) -> bool:
        """Rewrite the file without what was erased; False where a call is open or somebody reads it."""
        last = await self._database.read(erasures.last_trace)
        if not await self._database.sweep():
            return False
        gone = delete(schema.traces).where(
            schema.traces.c.trace <= last
        )  # what was left meanwhile is swept later
        await self._database.write(lambda connection: connection.execute(gone))
        return True


async def _erase(connection: Connection, made: Erasure, known: Sought, seen: Collection[int]) -> Outcome:
    """All of rule 1: the call's rows, and the erasure that stands for them."""
    outcome = await erasures.note_made(connection, made, seen)
    if outcome != "made":
        return outcome
    if made.what == "journal":
        await connection.execute(delete(schema.journal).where(schema.journal.c.call == made.call))
    else:
        await _rewrite(connection, made, known)
    c = schema.calls.c
    values: dict[str, object] = {"blind": secrets.token_hex(16)}
    if made.what in ("person", "numbers"):
        legs = schema.carrier_legs
        await connection.execute(delete(legs).where(legs.c.call == made.call))
        values |= {"from_number": ERASED, "carrier_call": ERASED}
    await connection.execute(update(schema.calls).where(c.call == made.call).values(values))
    if made.what in ("person", "answers"):
        found = update(schema.answers).where(schema.answers.c.call == made.call)
        await connection.execute(found.values(found_by=""))
    e = schema.erasures.c
    earlier = update(schema.erasures).where(e.call == made.call, e.erasure != made.erasure)
    await connection.execute(earlier.values(rebuilt=None))
    await erasures.leave_traces(connection, made.made_at or 0)
    return "made"


async def _rewrite(connection: Connection, made: Erasure, known: Sought) -> None:
    rewrite = rewriting(made.what, known)
    j = schema.journal.c
    rows = (await connection.execute(select(j.seq, j.event, j.commands).where(j.call == made.call))).all()
    for row in rows:
        event = _written(rewrite(json.loads(row.event)))
        told = (
            None if row.commands is None else _written([rewrite(each) for each in json.loads(row.commands)])
        )
        if (event, told) != (row.event, row.commands):
            own = (j.call == made.call, j.seq == row.seq)
            await connection.execute(update(schema.journal).where(*own).values(event=event, commands=told))
    for table in _FACTS:
        await _rewrite_bodies(connection, table, made, rewrite)
    if made.what in ("person", "answers", "numbers"):
        await _rewrite_letters(connection, made, known)
        await _rewrite_disputes(connection, made, known)
        await callbacks.erase(connection, made.call, ERASED)


def rewriting(what: What, known: Sought) -> Rewrite:
    """What becomes of each event, command and fact of a call."""
    match what:
        case "transcripts":
            return without_words
        case "numbers":
            return lambda record: without_number(record, known)
        case "answers":
            return lambda record: _with_number(record, erased(record, known))
    return lambda record: erased(record, known)


def _with_number(before: JsonObject, after: JsonObject) -> JsonObject:
    """The answers are erased, but not yet whose they were."""
    if before.get("type") != "CallArrived":
        return after
    kept = ("caller_number", "carrier_call", "contacts", "earlier_calls")
    return {**after, **{name: before[name] for name in kept if name in before}}


async def _rewrite_bodies(connection: Connection, table: Table, made: Erasure, rewrite: Rewrite) -> None:
    key = [column for column in table.primary_key.columns if column.name != "call"]
    rows = (await connection.execute(select(*key, table.c.body).where(table.c.call == made.call))).all()
    for *place, body in rows:
        told = _written(rewrite(json.loads(body)))
        if told == body:
            continue
        own = [column == held for column, held in zip(key, place, strict=True)]
        values: dict[str, object] = {"body": told}
        if table is schema.faults:
            values["where_at"] = json.loads(told)["where"]
        elif table is schema.tags:
            values["value"] = json.loads(told)["value"]
        await connection.execute(update(table).where(table.c.call == made.call, *own).values(values))


async def _rewrite_letters(connection: Connection, made: Erasure, known: Sought) -> None:
    """Letters keep what they tell of the call: those that wait are sent without the person."""
    c = schema.outbox.c
    rows = (await connection.execute(select(c.entry, c.body, c.detail).where(c.call == made.call))).all()
    for row in rows:
        told = json.loads(row.body)
        if made.what != "answers":
            told["from"] = ERASED
        if made.what != "numbers":
            told |= {"answers": {}, "tags": dict.fromkeys(told.get("tags", {}), ERASED)}
        if "number" in told:  # which the caller gave, or was shown
            told["number"] = ERASED
        told = {name: _searched(held, known) for name, held in told.items()}
        detail = ERASED if known.is_in(row.detail) else row.detail
        changed = update(schema.outbox).where(c.entry == row.entry)
        await connection.execute(changed.values(body=_written(told), detail=detail))


def _searched(held: Any, known: Sought) -> Any:
    """What a letter tells, without the person's number and words where they are part of it."""
    if isinstance(held, str):
        return ERASED if known.is_in(held) else held
    if isinstance(held, list):
        return [_searched(each, known) for each in held]
    if isinstance(held, dict):
        return {name: _searched(each, known) for name, each in held.items()}
    return held


async def _rewrite_disputes(connection: Connection, made: Erasure, known: Sought) -> None:
    """What a buyer said stays unless the person is in it; the grounds lose what they read."""
    d, x = schema.disputes.c, schema.dispute_decisions.c
    query = select(d.dispute, d.says, d.proposal).where(d.call == made.call)
    for row in (await connection.execute(query)).all():
        before = cast(JsonObject, json.loads(row.proposal))
        is_number = made.what == "numbers"
        proposal = without_number(before, known) if is_number else erased_as("Proposal", before, known)
        says = ERASED if known.is_in(row.says) else row.says
        changed = update(schema.disputes).where(d.dispute == row.dispute)
        await connection.execute(changed.values(says=says, proposal=json.dumps(proposal, ensure_ascii=False)))
        decided = select(x.why).where(x.dispute == row.dispute)
        why = (await connection.execute(decided)).scalar_one_or_none()
        if why is not None and known.is_in(why):
            again = update(schema.dispute_decisions).where(x.dispute == row.dispute)
            await connection.execute(again.values(why=ERASED))


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

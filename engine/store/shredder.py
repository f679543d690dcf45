"""Takes people out of the store: finds the calls in which a number stands, and erases what is theirs.

Rules
1. A call is erased in one transaction, with the record of its erasure, and only once it is over.
2. Money stays: amounts, entries and their hashes, verdicts, times and durations.
3. What was erased may still lie in the database's file, in free pages and in the log: `traces` says so until
   `sweep` has rewritten it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, exists, or_, select, update

from engine.core.erasing import ERASED, erased, erased_as, without_number, without_words, words_in
from engine.core.json_values import JsonObject
from engine.core.sought import Sought
from engine.store.databases.database import Database
from engine.store.databases.transactions import Connection
from engine.store.tables import callbacks, erasures, schema
from engine.store.tables.erasures import Erasure, Forgetting, What

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


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call in which the number stands: as the caller's own, or given in it."""

    call: str
    is_callers: bool
    ended_at: int | None


def digits_of(number: str) -> str:
    """A number in any spelling as its international digits; North America's may be without the 1."""
    text = re.sub(r"^(sips?|tel):", "", number.strip(), flags=re.IGNORECASE).partition("@")[0]
    digits = re.sub(r"\D", "", text)
    if not text.startswith("+"):
        digits = re.sub(r"^(011|00)", "", digits)
    return f"1{digits}" if len(digits) == 10 and not text.startswith("+") else digits


class Shredder:
    """Part of an opened store."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    async def calls_of(self, number: str) -> Sequence[FoundCall]:
        """Every call from the number, in any spelling, and every other one that it was given in."""
        return await self._database.read(lambda connection: _calls_of(connection, digits_of(number)))

    async def entries_naming(self, number: str) -> Sequence[int]:
        """Ledger entries whose reason names the number. Hashes cover them, so they can't be erased."""
        sought = Sought(digits_of(number))

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

    async def ask_due(self, what: What, before_ms: int, most: int) -> int:
        """Have it erased of up to so many calls that began before then, and that it was not erased of yet."""

        async def work(connection: Connection) -> int:
            names = await erasures.due(connection, what, before_ms, most)
            one = Erasure(0, "", what, None, erasures.RETENTION, self._clock(), None)
            await erasures.ask(connection, names, one)
            return len(names)

        return await self._database.write(work)

    async def waiting(self, limit: int = 100) -> Sequence[Erasure]:
        """Erasures that can be made now."""
        return await self._database.read(lambda connection: erasures.waiting(connection, limit))

    async def of_person(self, person: str) -> Sequence[Forgetting]:
        """When a person was forgotten."""
        return await self._database.read(lambda connection: erasures.of_person(connection, person))

    async def erase(self, asked: Erasure, known: Sought) -> Erasure:
        """Make the erasure; it is kept with `digests`, `root` and `rebuilt` as they are given."""
        made = replace(asked, made_at=self._clock())
        await self._database.write(lambda connection: _erase(connection, made, known))
        return made

    async def words_of(self, call: str) -> frozenset[str]:
        """What the person said, keyed and was in the call, to be looked for in what others wrote."""

        async def work(connection: Connection) -> frozenset[str]:
            c = schema.journal.c
            rows = await connection.execute(select(c.event, c.commands).where(c.call == call))
            records = [json.loads(text) for row in rows for text in (f"[{row.event}]", row.commands or "[]")]
            return frozenset(word for some in records for record in some for word in words_in(record))

        return await self._database.read(work)

    async def has_traces(self) -> bool:
        """Whether the file may still hold what was erased."""
        return await self._database.read(_has_traces)

    async def sweep(self) -> bool:
        """Rewrite the file without what was erased; False where somebody reads it: try again."""
        if not await self._database.sweep():
            return False
        await self._database.write(lambda connection: connection.execute(delete(schema.traces)))
        return True


async def _has_traces(connection: Connection) -> bool:
    return bool((await connection.execute(select(exists(select(schema.traces.c.trace))))).scalar())


async def _calls_of(connection: Connection, digits: str) -> Sequence[FoundCall]:
    own, sought = [], Sought(digits)
    c = schema.calls.c
    numbers = await connection.execute(
        select(c.from_number).distinct().where(_may_hold(c.from_number, digits))
    )
    spelled = [number for number in numbers.scalars() if digits_of(number) == digits]
    query = select(c.call, c.ended_at).where(c.from_number.in_(spelled)).order_by(c.started_at, c.call)
    own = [FoundCall(row.call, True, row.ended_at) for row in await connection.execute(query)]
    given: set[str] = set()
    for table, columns in (
        (schema.journal, ("event", "commands")),
        (schema.answers, ("body",)),
        (schema.tags, ("value",)),
        (schema.callbacks, ("number",)),
        (schema.outbox, ("body",)),
        (schema.disputes, ("says", "proposal")),
    ):
        held = [table.c[name] for name in columns]
        rows = await connection.execute(
            select(table.c.call, *held).where(or_(*(_may_hold(column, digits) for column in held)))
        )
        for call, *texts in rows:
            if any(text is not None and sought.is_number_in(text) for text in texts):
                given.add(str(call))
    rest = sorted(given - {each.call for each in own})
    rows = await connection.execute(select(c.call, c.ended_at).where(c.call.in_(rest)))
    ended = {row.call: row.ended_at for row in rows}
    return [*own, *(FoundCall(call, False, ended[call]) for call in rest)]


def _may_hold(column: ColumnElement[Any], digits: str) -> ColumnElement[bool]:
    """Whether the number may stand in it, in groups or not: looked at more closely afterwards."""
    national = digits[-10:]
    groups = [national[at : at + 3] for at in range(0, len(national), 3)]
    return or_(column.like(f"%{national}%"), column.like(f"%{'%'.join(groups)}%"))


async def _erase(connection: Connection, made: Erasure, known: Sought) -> None:
    """All of rule 1: the call's rows, and the erasure that stands for them."""
    if not await erasures.note_made(connection, made):
        return
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
    e = schema.erasures.c
    earlier = update(schema.erasures).where(e.call == made.call, e.erasure != made.erasure)
    await connection.execute(earlier.values(rebuilt=None))
    if not await _has_traces(connection):
        await connection.execute(schema.traces.insert(), [{"left_at": made.made_at}])


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
        await callbacks.erase(connection, made.call, ERASED)
    if made.what in ("person", "answers"):
        tags = schema.tags
        await connection.execute(update(tags).where(tags.c.call == made.call).values(value=ERASED))
        await _rewrite_disputes(connection, made.call, known)


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
            told["answers"] = {}
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
    return held


async def _rewrite_disputes(connection: Connection, call: str, known: Sought) -> None:
    """What a buyer said stays unless the person is in it; the grounds lose what they read."""
    d, x = schema.disputes.c, schema.dispute_decisions.c
    rows = (await connection.execute(select(d.dispute, d.says, d.proposal).where(d.call == call))).all()
    for row in rows:
        proposal = erased_as("Proposal", cast(JsonObject, json.loads(row.proposal)), known)
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

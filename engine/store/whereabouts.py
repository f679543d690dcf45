"""Where a person's number stands in the store: in calls from it, and in what others gave.

The database finds what may hold it, by its digits; what holds it is told by a closer look at the texts that
an erasure would take out. So amounts, times, seeds and digests are nobody's number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, or_, select

from engine.core import phone_numbers
from engine.core.erasing import words_in
from engine.core.events import CALLER
from engine.core.journal import event_from_json, to_json
from engine.core.json_values import Json, JsonObject
from engine.core.sought import Sought
from engine.store.databases.transactions import Connection
from engine.store.errors import SealError
from engine.store.seal import Seal
from engine.store.sealing import opened_event
from engine.store.tables import schema

MAIN_COUNTRY = "US"

_OF_THE_LETTER = frozenset({"id", "call", "from", "to"})
"""What of a delivery names the call and whose it was, not what was given in it."""


_BETWEEN_KEYS = frozenset({"PromptPlayed", "PromptCleared", "TimerFired"})
"""What happens between the keys of one number."""


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call in which the number stands: as the caller's own, or given in it."""

    call: str
    is_callers: bool
    ended_at: int | None


async def country(connection: Connection) -> str:
    """The country of the number that was called last."""
    c = schema.calls.c
    called = select(c.to_number).where(c.to_number != "").order_by(c.started_at.desc()).limit(1)
    number = (await connection.execute(called)).scalar()
    return phone_numbers.country_of(number or "") or MAIN_COUNTRY


async def calls_of(connection: Connection, digits: str, seal: Seal) -> list[FoundCall]:
    """Every call from the number, however it was spelled, and every other one that it was given in.

    A sealed answer that is a number is found by its mark.
    """
    c, home = schema.calls.c, await country(connection)
    _, _, national = phone_numbers.parts_of(digits)
    numbers = await connection.execute(
        select(c.from_number).distinct().where(_may_hold(c.from_number, national))
    )
    spelled = [each for each in numbers.scalars() if phone_numbers.international_digits(each, home) == digits]
    query = select(c.call, c.ended_at).where(c.from_number.in_(spelled)).order_by(c.started_at, c.call)
    own = [FoundCall(row.call, True, row.ended_at) for row in await connection.execute(query)]
    given = await _given_in(connection, Sought(digits), national)
    marks = seal.marks_of(digits)
    marked = select(schema.answers.c.call).where(schema.answers.c.found_by.in_(marks))
    given |= set((await connection.execute(marked)).scalars()) if marks else set()
    rest = sorted(given - {each.call for each in own})
    ended: dict[str, int | None] = {}
    for at in range(0, len(rest), 500):
        rows = await connection.execute(select(c.call, c.ended_at).where(c.call.in_(rest[at : at + 500])))
        ended |= {row.call: row.ended_at for row in rows}
    return [*own, *(FoundCall(call, False, ended[call]) for call in rest)]


async def words_of(connection: Connection, call: str, seal: Seal) -> frozenset[str]:
    """What the person said, keyed and was in the call, be its journal sealed, or gone already.

    What can't be unsealed is passed over: without its key nobody reads it.
    """
    c = schema.journal.c
    query = select(c.event, c.commands).where(c.call == call).order_by(c.seq)
    found, keys = set[str](), ""
    for row in (await connection.execute(query)).all():
        event, commands = _opened(json.loads(row.event), seal), json.loads(row.commands or "[]")
        key = _key_of(event)
        keys += key
        if any(_is_answer(each) for each in commands) or not (key or event["type"] in _BETWEEN_KEYS):
            found.add(keys)
            keys = ""
        for record in (event, *commands):
            found.update(words_in(record))
    for table in (schema.answers, schema.tags, schema.voicemails, schema.turns):
        bodies = await connection.execute(select(table.c.body).where(table.c.call == call))
        found.update(word for body in bodies.scalars() for word in _of_body(body))
    return frozenset(found | {keys} - {""})


def _key_of(event: JsonObject) -> str:
    """The digit that the caller pressed, if it is that."""
    key = event.get("key")
    return key if isinstance(key, str) and key.isdigit() and event.get("leg") == CALLER else ""


def _is_answer(command: JsonObject) -> bool:
    fact = command.get("fact")
    return isinstance(fact, dict) and fact.get("type") == "Answer"


def _opened(record: JsonObject, seal: Seal) -> JsonObject:
    """The event with what was sealed of it readable, as far as it can be read."""
    try:
        return to_json(opened_event(event_from_json(record), seal))
    except (SealError, ValueError):
        return record


async def _given_in(connection: Connection, sought: Sought, national: str) -> set[str]:
    found: set[str] = set()
    for call_of, columns, texts_of in _PLACES:
        query = select(call_of, *columns)
        if call_of.table is schema.disputes:
            decided = schema.dispute_decisions
            query = query.outerjoin(decided, decided.c.dispute == schema.disputes.c.dispute)
        rows = await connection.execute(query.where(or_(*(_may_hold(each, national) for each in columns))))
        for call, *held in rows:
            if call not in found and any(map(sought.is_number_in, texts_of(*held))):
                found.add(str(call))
    return found


def _may_hold(column: ColumnElement[Any], national: str) -> ColumnElement[bool]:
    """Whether the number may stand in it, in groups or not: looked at more closely afterwards."""
    return column.regexp_match("[^0-9A-Za-z]{0,4}".join(national))


def _of_entry(event: str, commands: str | None) -> Iterator[str]:
    happened = json.loads(event)
    happened.pop("caller_number", None)
    for record in (happened, *json.loads(commands or "[]")):
        yield from words_in(record)


def _of_body(body: str) -> Iterator[str]:
    return words_in(json.loads(body))


def _of_letter(body: str) -> Iterator[str]:
    told = json.loads(body)
    yield from _texts({name: held for name, held in told.items() if name not in _OF_THE_LETTER})


def _of_dispute(says: str, proposal: str, why: str | None) -> Iterator[str]:
    yield from (says, why or "")
    yield from words_in(cast(JsonObject, json.loads(proposal)), "Proposal")


def _texts(held: Json) -> Iterator[str]:
    if isinstance(held, Mapping):
        for each in held.values():
            yield from _texts(each)
    elif isinstance(held, list):
        for each in held:
            yield from _texts(each)
    elif isinstance(held, str):
        yield held


_Place = tuple[ColumnElement[str], tuple[ColumnElement[Any], ...], Callable[..., Iterable[str]]]

_PLACES: tuple[_Place, ...] = (
    (schema.journal.c.call, (schema.journal.c.event, schema.journal.c.commands), _of_entry),
    (schema.answers.c.call, (schema.answers.c.body,), _of_body),
    (schema.voicemails.c.call, (schema.voicemails.c.body,), _of_body),
    (schema.turns.c.call, (schema.turns.c.body,), _of_body),
    (schema.tags.c.call, (schema.tags.c.value,), lambda value: (value,)),
    (schema.callbacks.c.call, (schema.callbacks.c.number,), lambda number: (number,)),
    (schema.outbox.c.call, (schema.outbox.c.body,), _of_letter),
    (
        schema.disputes.c.call,
        (schema.disputes.c.says, schema.disputes.c.proposal, schema.dispute_decisions.c.why),
        _of_dispute,
    ),
)
"""Where a number can have been given: the call, what may hold it, and the texts of that which were given."""

"""The journal: a call's events and the commands that they led to, in order, as JSON.

What an event's commands say about the call is written with them in one transaction: facts, and also the
money, and the letters to webhooks. So a call whose record says that it ended has its bill in the ledger, its
reservations settled and its letters in the outbox, even if the worker died before it could carry the commands
out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never, cast

from sqlalchemy import bindparam, select, update

from engine.core.answering import Settled
from engine.core.commands import Command, Post, Record, Release
from engine.core.events import CallArrived, Event
from engine.core.facts import Answer, Ending, Fact, LedgerEntry, Verdict
from engine.core.journal import Entry, event_from_json, masked, to_json
from engine.core.json_values import JsonObject
from engine.store.databases.transactions import Connection
from engine.store.errors import SealError
from engine.store.ledger import entries as ledger
from engine.store.ledger import marks
from engine.store.outbox import announcements
from engine.store.seal import Seal
from engine.store.sealing import opened_event, sealed_event
from engine.store.tables import calls, facts, reservations, schema
from engine.store.tables.facts import PlacedFact


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event on its way into the journal. `arrived` where it opens the call."""

    call: str
    seq: int
    at_ms: int
    event: str
    arrived: CallArrived | None


@dataclass(frozen=True, slots=True)
class CommandsRow:
    """An event's commands on their way into the journal, with what they say about the call."""

    call: str
    seq: int
    commands: str
    facts: tuple[PlacedFact, ...]
    entries: tuple[LedgerEntry, ...]
    releases: tuple[Release, ...]

    @property
    def is_marked(self) -> bool:
        """Whether it judges a leg or ends the call, and so keeps what the ledger was then."""
        return any(isinstance(each.fact, Verdict | Ending) for each in self.facts)


JournalRow = EventRow | CommandsRow


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry as the store keeps it, as JSON: what may be sensitive of its event is sealed."""

    event: JsonObject
    commands: tuple[JsonObject, ...]


def event_row(call: str, seq: int, event: Event, seal: Seal | None) -> EventRow:
    """With a seal, what others gave is stored sealed (`engine.store.sealing`)."""
    arrived = event if isinstance(event, CallArrived) else None
    if seal is not None:
        event = sealed_event(event, seal)
    return EventRow(call, seq, event.at, _dumped(to_json(event)), arrived)


def commands_row(call: str, seq: int, commands: Sequence[Command], seal: Seal) -> CommandsRow:
    """Sensitive answers leave masked, in the journal and in the facts; a number can still be found."""
    plain = [to_json(command) for command in commands]
    facts: list[PlacedFact] = []
    entries: list[LedgerEntry] = []
    releases: list[Release] = []
    for n, command in enumerate(commands):
        if not isinstance(command, Settled):
            continue
        match command:
            case Record(fact):
                body = cast(JsonObject, plain[n]["fact"])
                facts.append(PlacedFact(call, seq, n, masked(fact), body, _found_by(fact, seal)))
            case Post(posted):
                entries += posted
            case Release():
                releases.append(command)
            case _:
                assert_never(command)
    return CommandsRow(call, seq, _dumped(plain), tuple(facts), tuple(entries), tuple(releases))


def _found_by(fact: Fact, seal: Seal) -> str:
    """What a telephone number is found by that is masked: whoever it belongs to may want to be forgotten."""
    if not isinstance(fact, Answer) or not fact.sensitive or fact.kind != "phone":
        return ""
    return seal.marks_of(re.sub(r"\D", "", str(fact.value)), is_kept=True)[0]


async def write(connection: Connection, rows: Sequence[JournalRow], owner: calls.Owner, now_ms: int) -> bool:
    """Write the rows, and whether webhooks are to be told of them.

    Raises CallLost where one belongs to a call that is not the owner's.
    """
    arrivals = [row.arrived for row in rows if isinstance(row, EventRow) and row.arrived]
    await calls.open_calls(connection, arrivals, owner, now_ms)
    await calls.check_owned(connection, {row.call for row in rows}, owner)
    commanded = [row for row in rows if isinstance(row, CommandsRow)]
    for row in commanded:  # before the places, as in a correction: no two then wait for each other
        if row.entries:
            await ledger.enter(connection, row.call, row.entries, now_ms)
    mark = str(await marks.now(connection)) if any(row.is_marked for row in commanded) else None
    await _write_entries(connection, rows, mark)
    placed = [each for row in commanded for each in row.facts]
    await facts.write(connection, placed, mark)
    for row in commanded:
        for release in row.releases:
            await reservations.release(connection, row.call, release.reservation, release.used, now_ms)
    for row in commanded:
        if any(isinstance(each.fact, Ending) for each in row.facts):
            await reservations.settle(connection, row.call)
    return await announcements.announce(connection, [(each.call, each.fact) for each in placed], now_ms)


async def read(connection: Connection, call: str, seal: Seal) -> list[Entry]:
    """The call's entries in order, unsealed."""
    table = schema.journal
    query = select(table.c.event, table.c.commands).where(table.c.call == call).order_by(table.c.seq)
    return [
        Entry(unsealed(event_from_json(json.loads(event)), call, seal), tuple(json.loads(commands or "[]")))
        for event, commands in await connection.execute(query)
    ]


async def read_kept(connection: Connection, call: str) -> list[KeptEntry]:
    """The call's events with their commands as they are kept, what is sealed still sealed."""
    table = schema.journal
    query = select(table.c.event, table.c.commands).where(table.c.call == call).order_by(table.c.seq)
    return [
        KeptEntry(json.loads(event), tuple(json.loads(commands or "[]")))
        for event, commands in await connection.execute(query)
    ]


async def _write_entries(connection: Connection, rows: Sequence[JournalRow], mark: str | None) -> None:
    commanded = [row for row in rows if isinstance(row, CommandsRow)]
    commands = {(row.call, row.seq): row.commands for row in commanded}
    marked = {(row.call, row.seq) for row in commanded if row.is_marked}
    events = [
        {
            "call": row.call,
            "seq": row.seq,
            "at_ms": row.at_ms,
            "event": row.event,
            "commands": commands.pop((row.call, row.seq), None),
            "ledger_mark": mark if (row.call, row.seq) in marked else None,
        }
        for row in rows
        if isinstance(row, EventRow)
    ]
    if events:
        await connection.execute(schema.journal.insert(), events)
    if commands:  # of events that were committed before
        table = schema.journal
        statement = (
            update(table)
            .where(table.c.call == bindparam("of_call"), table.c.seq == bindparam("of_seq"))
            .where(table.c.commands.is_(None))  # a resumed call hands in again what stands already
            .values(commands=bindparam("text"), ledger_mark=bindparam("mark"))
        )
        parameters = [
            {"of_call": call, "of_seq": seq, "text": text, "mark": mark if (call, seq) in marked else None}
            for (call, seq), text in commands.items()
        ]
        await connection.execute(statement, parameters)


def unsealed(event: Event, call: str, seal: Seal) -> Event:
    """The event with what was sealed of it readable; raises SealError where the key is another."""
    try:
        return opened_event(event, seal)
    except SealError as error:
        raise SealError(f"call {call}: {error}") from error


def _dumped(value: JsonObject | list[JsonObject]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""Feeding a journal to a revision again: the same commands, or the first difference."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from engine.core.call import Call
from engine.core.commands import Command, Record
from engine.core.events import CallArrived
from engine.core.facts import Decision
from engine.core.flow import Revision
from engine.core.journal import Entry, to_json
from engine.core.json_values import Json, JsonObject
from engine.core.machine import CallMachine
from engine.core.older import AS_WRITTEN, command_of_today
from engine.core.zip_reads import Row

# The defaults of fields that later versions added to records: a journal from before lacks them.
NOTHING_TO_SAY: tuple[Json, ...] = (None, False, "", 0, [], {}, "priority")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay parts from its journal: the event, and the first command that is not the same."""

    index: int  # of the event, from 0
    at: int
    node: str
    event: JsonObject
    kept: JsonObject | None  # None: the journal has no command here
    replayed: JsonObject | None  # None: the replay has no command here

    def __str__(self) -> str:
        return (
            f"event {self.index} ({self.event['type']} at {self.at} ms, node '{self.node}'): "
            f"the journal has {_brief(self.kept)}, the replay {_brief(self.replayed)}"
        )


@dataclass(frozen=True, slots=True)
class Replay:
    """The machine after the last event, its commands, and the first difference if there is one."""

    machine: CallMachine
    commands: tuple[tuple[Command, ...], ...]
    difference: Difference | None


def replay(journal: Sequence[Entry], revision: Revision) -> Replay:
    """Feed every event; compare what is commanded with what was. Stops at the first difference."""
    machine = CallMachine(revision, recorded_reads(journal))
    played: list[tuple[Command, ...]] = []
    is_older = _is_older(journal)
    for index, entry in enumerate(journal):
        node = machine.call.node if machine.call else ""
        commands = tuple(machine.receive(entry.event))
        played.append(commands)
        if difference := _compare(
            index, node, entry, [to_json(command) for command in commands], is_older=is_older
        ):
            return Replay(machine, tuple(played), difference)
    return Replay(machine, tuple(played), None)


def retraced(journal: Sequence[Entry], revision: Revision) -> tuple[Call, tuple[Command, ...]]:
    """The call at the journal's end, and all that was commanded on the way. The journal is not empty."""
    machine = CallMachine(revision, recorded_reads(journal))
    commands = tuple([command for entry in journal for command in machine.receive(entry.event)])
    assert machine.call is not None, "a journal begins with the call's arrival"
    return machine.call, commands


def decisions_in_full(journal: Sequence[Entry], revision: Revision) -> tuple[Decision, ...]:
    """The call's decisions, in order, each with every buyer and its clauses, however many there were."""
    in_full = dataclasses.replace(revision, market=revision.market.in_full())
    machine = CallMachine(in_full, recorded_reads(journal))
    return tuple(
        [
            command.fact
            for entry in journal
            for command in machine.receive(entry.event)
            if isinstance(command, Record) and isinstance(command.fact, Decision)
        ]
    )


def recorded_reads(journal: Iterable[Entry]) -> dict[str, Row | None]:
    """The rows that a journal recorded: as reads, or, in an older one, within its ZIP answers."""
    rows: dict[str, Row | None] = {}
    for entry in journal:
        for command in entry.commands:
            fact = command.get("fact")
            if isinstance(fact, dict):
                rows.update(_rows_in(fact))
    return rows


def _is_older(journal: Sequence[Entry]) -> bool:
    """Whether the journal is of format 1, which holds sentences where today's holds codes."""
    first = journal[0].event if journal else None
    return isinstance(first, CallArrived) and first.format == 1


def _compare(
    index: int, node: str, entry: Entry, replayed: list[JsonObject], *, is_older: bool
) -> Difference | None:
    written = [command_of_today(command) if is_older else command for command in entry.commands]
    for number in range(max(len(written), len(replayed))):
        kept = written[number] if number < len(written) else None
        again = replayed[number] if number < len(replayed) else None
        if not is_same(_significant(kept), _significant(again), is_older=is_older):
            return Difference(index, entry.event.at, node, to_json(entry.event), kept, again)
    return None


def is_same(kept: Json, again: Json, *, is_older: bool) -> bool:
    """Equal, but for what an older version did not write and a newer one has nothing to say of.

    Of an older journal, sentences that no code stands for are not compared: `again` has a code there.
    """
    if is_older and (kept == AS_WRITTEN or (isinstance(kept, dict) and AS_WRITTEN in kept)):
        return True
    if isinstance(kept, dict) and isinstance(again, dict):
        if not kept.keys() <= again.keys():
            return False
        return all(
            is_same(kept[name], held, is_older=is_older) if name in kept else held in NOTHING_TO_SAY
            for name, held in again.items()
        )
    if isinstance(kept, list) and isinstance(again, list):
        return len(kept) == len(again) and all(
            is_same(one, other, is_older=is_older) for one, other in zip(kept, again, strict=True)
        )
    return kept == again


def _significant(command: JsonObject | None) -> JsonObject | None:
    """A command without what another revision changes by being another: its own name."""
    if command is None or command.get("type") != "Record":
        return command
    fact = command["fact"]
    if isinstance(fact, dict) and fact.get("type") == "CallOpened":
        return {**command, "fact": {**fact, "revision": ""}}
    return command


def _brief(command: JsonObject | None) -> str:
    if command is None:
        return "no further command"
    fields = ", ".join(f"{key}={value!r}" for key, value in command.items() if key != "type")
    text = f"{command['type']}({fields})"
    return text if len(text) <= 300 else text[:297] + "…"


def _rows_in(fact: JsonObject) -> dict[str, Row | None]:
    if fact.get("type") == "ZipRead":
        return {str(fact["code"]): cast("Row | None", fact["row"])}
    if fact.get("type") == "Answer" and fact.get("kind") == "zip" and not fact.get("sensitive"):
        values = cast("Row", fact["values"])
        name = str(fact["name"])
        row = {key.removeprefix(f"{name}."): held for key, held in values.items() if key != name}
        return {str(row.pop("code", fact["value"])): row}
    return {}

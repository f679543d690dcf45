"""Events, commands and facts as JSON, and back: how a journal is kept.

`to_json(event)` is `{"type": "KeyPressed", "at": 5120, "leg": "caller", "key": "7"}`. Sensitive answers
and prompt words leave masked; events are whole, for a replay needs them (the store seals them).
What an older engine wrote is read as well (`engine.core.older`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import msgspec

from engine.core.answers import AnswerType
from engine.core.commands import Sound, SpokenLine, Told, Tones
from engine.core.conditions import CONDITION, MASK, ClauseOutcome
from engine.core.events import EVENT_TYPES, FORMAT, CallArrived, Event
from engine.core.facts import FACT_TYPES, Answer, Fact
from engine.core.json_values import Json, JsonObject
from engine.core.older import event_of_today, fact_of_today
from engine.core.places import Place
from engine.core.prompts import PromptItem
from engine.core.records import Frozen, Record, changed
from engine.core.spoken_commands import SpokenCommands


def objects(value: Json) -> list[JsonObject]:
    """A list of objects, where the form of the JSON is known to be that."""
    return cast("list[JsonObject]", value)


def named_twice(members: Sequence[tuple[str, object]]) -> str | None:
    """The first name that an object of JSON gives two values; readers differ over which of them counts."""
    seen: set[str] = set()
    for name, _ in members:
        if name in seen:
            return name
        seen.add(name)
    return None


# Records that stand inside others and need their type's name: facts, and what a Play plays.
_TAGGED = (*FACT_TYPES, Sound, Tones)
_EVENTS: Mapping[str, type[Frozen]] = {kind.__name__: kind for kind in EVENT_TYPES}
_FACTS: Mapping[str, type[Frozen]] = {kind.__name__: kind for kind in FACT_TYPES}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a journal with the commands that it led to, as they are kept."""

    event: Event
    commands: tuple[JsonObject, ...]


class JournalUnreadableError(ValueError):
    """The JSON is no event of this version: says which field, what it held, what belongs there."""


def to_json(thing: Frozen) -> JsonObject:
    """A record as a JSON object with its type's name under `type`."""
    written = cast(JsonObject, _plain(thing))
    return {"type": type(thing).__name__, **written}


def event_from_json(value: JsonObject) -> Event:
    """The event that `to_json` wrote, here or in an older engine; raises JournalUnreadableError."""
    event = cast(Event, _read(_of_today(event_of_today, value), _EVENTS))
    if isinstance(event, CallArrived) and event.format > FORMAT:
        raise JournalUnreadableError(
            f"the journal has format {event.format}, of a newer version; this one reads up to {FORMAT}"
        )
    return event


def fact_from_json(value: JsonObject) -> Fact:
    """The fact that `to_json` wrote, here or in an older engine; raises JournalUnreadableError.

    What was masked as it was written stays masked.
    """
    return cast(Fact, _read(_of_today(fact_of_today, value), _FACTS))


def record_from_json(kind: type[Record], value: JsonObject) -> Record:
    """A record of this kind that `to_json` wrote; raises JournalUnreadableError for anything else."""
    fields = {key: held for key, held in value.items() if key != "type"}
    try:
        return msgspec.convert(fields, kind, dec_hook=_place_read)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise JournalUnreadableError(f"{kind.__name__}: {error}") from error


def _of_today(upgrade: Callable[[JsonObject], JsonObject], value: JsonObject) -> JsonObject:
    """In today's form; what an older form never had either can't be brought there."""
    try:
        return upgrade(value)
    except (TypeError, LookupError, AttributeError, ValueError) as error:
        raise JournalUnreadableError(f"{value.get('type')}: it has no form that was ever written") from error


def _read(value: JsonObject, kinds: Mapping[str, type[Frozen]]) -> Frozen:
    name = str(value.get("type"))
    kind = kinds.get(name)
    if kind is None:
        raise JournalUnreadableError(f"unknown record {name!r}; expected one of {sorted(kinds)}")
    return record_from_json(kind, value)


def _place_read(kind: type, text: object) -> object:
    if kind is Place:
        return Place.parse(str(text))
    raise NotImplementedError(kind.__name__)


def _plain(thing: object) -> Json:
    kind: type = type(thing)
    return cast(Json, thing) if kind in _SCALARS else _writer(kind)(thing)


@cache
def _writer(kind: type) -> Callable[[object], Json]:
    """How things of this type are written: looked up once, for a journal writes the same few all day."""
    if kind in _WRITERS:
        return _WRITERS[kind]
    if issubclass(kind, Frozen):
        return _record_writer(kind)
    if issubclass(kind, Mapping):
        return _mapping
    if hasattr(kind, "understand_words"):
        return _answer_kind
    if issubclass(kind, tuple | list | frozenset | set):
        return _list
    return lambda thing: cast(Json, thing)


def _record_writer(kind: type[Frozen]) -> Callable[[object], Json]:
    names = kind.__struct_fields__
    tag: JsonObject = {"type": kind.__name__} if issubclass(kind, _TAGGED) else {}

    def write(thing: object) -> Json:
        record: JsonObject = {}
        for name in names:
            held = getattr(thing, name)
            record[name] = held if type(held) in _SCALARS else _plain(held)
        record.update(tag)
        return record

    return write


def _mapping(thing: object) -> Json:
    return {str(key): _plain(value) for key, value in cast("Mapping[object, object]", thing).items()}


def _list(thing: object) -> Json:
    return [_plain(item) for item in cast("Iterable[object]", thing)]


def _prompt_item(thing: object) -> Json:
    item = cast(PromptItem, thing)
    written: JsonObject = {"text": MASK if item.sensitive else item.text, "sensitive": item.sensitive}
    if item.audio:
        written["audio"] = item.audio
    return {**written, "language": item.language} if item.language else written


def masked(fact: Fact) -> Fact:
    """The fact as it may leave the machine: of a sensitive answer nothing but how it was learnt."""
    if not isinstance(fact, Answer) or not fact.sensitive:
        return fact
    values = dict.fromkeys(fact.values, MASK)
    return changed(fact, value=MASK, raw=MASK, heard=MASK, label=MASK, values=values, utterance=None)


def _answer(thing: object) -> Json:
    return _write_answer(masked(cast(Answer, thing)))


def _answer_kind(thing: object) -> Json:
    return cast(AnswerType, thing).kind


def _spoken(thing: object) -> Json:
    return list(cast(SpokenCommands, thing).names)


def _clause_outcome(thing: object) -> Json:
    """Its kind and details only where it is no condition: a choice among many writes thousands of these."""
    line = cast(ClauseOutcome, thing)
    written: JsonObject = {
        "clause": line.clause,
        "place": str(line.place),
        "outcome": line.outcome,
        "values": _mapping(line.values),
        "answers": list(line.answers),
    }
    if line.kind != CONDITION:
        written |= {"kind": line.kind, "details": _mapping(line.details)}
    return written


def _told(thing: object) -> Json:
    told = cast(Told, thing)
    return {"name": told.name, "value": MASK if told.sensitive else told.value, "sensitive": told.sensitive}


def _spoken_line(thing: object) -> Json:
    line = cast(SpokenLine, thing)
    return {"by": line.by, "text": MASK if line.sensitive else line.text, "sensitive": line.sensitive}


_SCALARS: frozenset[type] = frozenset((str, int, bool, float, type(None)))
_write_answer = _record_writer(Answer)
_WRITERS: Mapping[type, Callable[[object], Json]] = {
    Place: str,
    PromptItem: _prompt_item,
    Told: _told,
    SpokenLine: _spoken_line,
    SpokenCommands: _spoken,
    Answer: _answer,
    ClauseOutcome: _clause_outcome,
}

"""Events, commands and facts as JSON, and back: how a journal is kept.

`to_json(event)` is `{"type": "KeyPressed", "at": 5120, "leg": "caller", "key": "7"}`. Sensitive answers
and prompt words leave masked; events are whole, for a replay needs them (the store seals them).
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from engine.core.commands import Command, Sound
from engine.core.conditions import MASK, ClauseOutcome
from engine.core.events import EVENT_TYPES, Event
from engine.core.facts import FACT_TYPES, Answer, Fact
from engine.core.places import Place
from engine.core.prompts import PromptItem

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]

# Records that stand inside others and need their type's name: facts, and what a Play plays.
_TAGGED = (*FACT_TYPES, Sound)
_EVENTS: Mapping[str, type] = {kind.__name__: kind for kind in EVENT_TYPES}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a journal with the commands that it led to, as they are kept."""

    event: Event
    commands: tuple[JsonObject, ...]


class JournalUnreadableError(ValueError):
    """The JSON is no event of this version: says which field, what it held, what belongs there."""


def to_json(thing: Event | Command | Fact) -> JsonObject:
    """A record as a JSON object with its type's name under `type`."""
    written = cast(JsonObject, _plain(thing))
    return {"type": type(thing).__name__, **written}


def event_from_json(value: JsonObject) -> Event:
    """The event that `to_json` wrote; raises JournalUnreadableError for anything else."""
    kind = _EVENTS.get(str(value.get("type")))
    if kind is None:
        raise JournalUnreadableError(
            f"unknown event {value.get('type')!r}; expected one of {sorted(_EVENTS)}"
        )
    return cast(Event, _build(kind, {key: held for key, held in value.items() if key != "type"}))


def _plain(thing: object) -> Json:
    kind: type = type(thing)
    return cast(Json, thing) if kind in _SCALARS else _writer(kind)(thing)


@cache
def _writer(kind: type) -> Callable[[object], Json]:
    """How things of this type are written: looked up once, for a journal writes the same few all day."""
    if kind in _WRITERS:
        return _WRITERS[kind]
    if dataclasses.is_dataclass(kind):
        return _record_writer(kind)
    if issubclass(kind, Mapping):
        return _mapping
    if issubclass(kind, tuple | list | frozenset | set):
        return _list
    return lambda thing: cast(Json, thing)


def _record_writer(kind: type) -> Callable[[object], Json]:
    names = tuple(field.name for field in dataclasses.fields(kind))
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
    return {"text": MASK if item.sensitive else item.text, "sensitive": item.sensitive}


def _answer(thing: object) -> Json:
    answer = cast(Answer, thing)
    if answer.sensitive:
        masked = dict.fromkeys(answer.values, MASK)
        answer = dataclasses.replace(answer, value=MASK, raw=MASK, label=MASK, values=masked)
    return _write_answer(answer)


def _clause_outcome(thing: object) -> Json:
    return _mapping(cast(ClauseOutcome, thing)._asdict())


_SCALARS: frozenset[type] = frozenset((str, int, bool, float, type(None)))
_write_answer = _record_writer(Answer)
_WRITERS: Mapping[type, Callable[[object], Json]] = {
    Place: str,
    PromptItem: _prompt_item,
    Answer: _answer,
    ClauseOutcome: _clause_outcome,
}


@cache
def _hints(kind: type) -> Mapping[str, object]:
    return typing.get_type_hints(kind)


def _build(kind: type, value: Mapping[str, Json]) -> object:
    hints = _hints(kind)
    if extra := set(value) - set(hints):
        raise JournalUnreadableError(f"{kind.__name__} has no field {sorted(extra)}")
    try:
        return kind(
            **{name: _coerce(hints[name], held, f"{kind.__name__}.{name}") for name, held in value.items()}
        )
    except TypeError as error:
        raise JournalUnreadableError(f"{kind.__name__}: {error}") from error


def _coerce(hint: object, held: Json, where: str) -> object:
    origin = typing.get_origin(hint)
    if origin is tuple and isinstance(held, list):
        inner = typing.get_args(hint)[0]
        return tuple(_coerce(inner, item, where) for item in held)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and isinstance(held, dict):
        return _build(hint, held)
    expected = _plain_types(hint)
    if expected and (not isinstance(held, expected) or (isinstance(held, bool) and bool not in expected)):
        raise JournalUnreadableError(f"{where} is {held!r}; expected {hint}")
    return held


def _plain_types(hint: object) -> tuple[type, ...]:
    if isinstance(hint, type):
        return (hint,) if hint in (int, str, bool, float) else ()
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(kind for part in typing.get_args(hint) for kind in _plain_types(part) or (type(None),))
    if typing.get_origin(hint) is typing.Literal:
        return (str,)
    return ()

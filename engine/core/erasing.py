"""What stays of a call's records when a person is forgotten: form, times and money, nothing of the person.

Works on events, commands and facts as JSON, of any format.

Rules
1. A field that KEPT does not name is erased, so one that a later version adds says nothing by itself.
2. A text becomes ERASED, a number 0, a list empty; a mapping of values keeps its names. What is left reads as
   before, and erasing it again changes nothing.
3. What others chose freely (a bidder's name for its bid) stays unless the person's words are in it; no text
   at all stays that has the person's number in it.
4. A clause keeps its text, place and outcome. What it read stays only of kinds that read nothing of a caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, cast, get_args

import msgspec

from engine.core import commands
from engine.core.conditions import MASK
from engine.core.events import CALLER, EVENT_TYPES
from engine.core.facts import FACT_TYPES
from engine.core.json_values import Json, JsonObject
from engine.core.kept_fields import ALL, KEPT
from engine.core.older import clause_of_today
from engine.core.records import Frozen
from engine.core.sought import NOBODY, Sought

ERASED: Final = "[erased]"
"""What stands where something of a person stood."""

SEALED: Final = "sealed:"
"""How the store marks what only a key can read: it goes with the rest, for the key stays."""

HIDDEN: Final = (MASK, ERASED)
"""What stands for a value that cannot be read."""

_FREE = frozenset({"to", "name", "bid", "url", "detail", "reason", "where"})
"""Fields that others may have written the person's words into (rule 3)."""

_DETAILS = frozenset(
    [
        "because",
        "answer",
        "full",
        "cap",
        "most",
        "used",
        "within_ms",
        "per",
        "after",
        "then",
        "from",
        "needed_ms",
        "ran_ms",
        "rounding",
        "moment",
        "scope",
        "kind",
        "seconds",
        "rounded",
        "left_ms",
        "floor_micros",
        "micros",
        "price_micros",
        "carrier_ms",
        "ours_ms",
        "stands",
        "reason",
    ]
)
"""Details that say nothing of the caller."""

_OF_THE_CALL = frozenset(
    {"talk", "moment", "hours", "payout_caps", "not_paused", "not_tried", "cap", "caps_of"}
)
"""Kinds of clauses that read times, counts and settings."""

_OF_THE_FLOW = frozenset(
    {
        *("hours_open", "hours_closed", "lot_drawn", "not_asked"),
        *("asked_as_last", "asked_by_value", "asked_as_written"),
        *("model_left", "model_given_up", "fill_refused"),
    }
)
"""Turns that the clock, a draw, the buyers or a model gave, and nothing that the caller said."""

_TRANSCRIBED: Mapping[str, frozenset[str]] = {
    "SpeechHeard": frozenset({"text", "alternatives"}),
    "Answer": frozenset({"heard", "utterance"}),
    "Voicemail": frozenset({"transcript"}),
    "ModelReplied": frozenset({"text", "fills"}),
    "AskModel": frozenset({"lines"}),
}
"""Where words stand that a caller said."""


_SAID = frozenset({"words"})
"""Kinds of answers whose value is what was said."""


def erased(record: JsonObject, known: Sought = NOBODY) -> JsonObject:
    """An event, command or fact without anything of the person."""
    kind = str(record.get("type"))
    if kind not in KEPT:
        return cast(
            JsonObject, {name: held if name == "type" else _blank(held) for name, held in record.items()}
        )
    return _record(kind, record, known)


def erased_as(kind: str, record: JsonObject, known: Sought = NOBODY) -> JsonObject:
    """As `erased`, of a record that does not say its own type."""
    return _record(kind, record, known)


def without_words(record: JsonObject) -> JsonObject:
    """An event, command or fact without the words that the caller said; what was understood of them stays."""
    fact = record.get("fact")
    if isinstance(fact, dict):
        return {**record, "fact": without_words(fact)}
    kind = str(record.get("type"))
    gone = set(_TRANSCRIBED.get(kind, ()))
    if kind == "Answer" and record.get("mode") == "voice":
        gone.add("raw")
    if kind == "Answer" and record.get("kind") in _SAID:
        gone.add("label")
        record = {**record, "value": _value(record["value"], record, NOBODY)}
        record["values"] = _names_alone(record["values"], record, NOBODY)
    return {
        name: (None if isinstance(held, dict) else _blank(held)) if name in gone else held
        for name, held in record.items()
    }


def without_number(record: JsonObject, known: Sought = NOBODY) -> JsonObject:
    """An event, command or fact without the caller's number, and whatever else of it is theirs left alone."""
    bare = cast(JsonObject, _unnumbered(record, known))
    if record.get("type") == "CallArrived":
        gone = ("caller_number", "carrier_call", "contacts", "earlier_calls")
        return {name: _blank(held) if name in gone else held for name, held in bare.items()}
    return bare


def words_in(record: JsonObject, kind: str = "") -> Iterator[str]:
    """Every text and number that `erased` takes out of the record, or `erased_as` where `kind` is given."""
    yield from _lost(record, erased_as(kind, record) if kind else erased(record))


def _record(kind: str, record: JsonObject, known: Sought) -> JsonObject:
    kept = KEPT.get(kind, "").split()
    written: JsonObject = {}
    for name, held in record.items():
        if name == "type":
            written[name] = held
        elif (special := _SPECIAL.get((kind, name)) or _SPECIAL.get((ALL, name))) and (
            name in kept or kept == [ALL]
        ):
            written[name] = special(held, record, known)
        elif name in kept or kept == [ALL]:
            written[name] = _within(kind, name, held, known)
        else:
            written[name] = _blank(held)
    return written


def _within(kind: str, name: str, held: Json, known: Sought) -> Json:
    if isinstance(held, dict):
        inner = str(held["type"]) if "type" in held else _INNER.get((kind, name), "")
        if inner in KEPT:
            return _record(inner, held, known)
        return {key: _within(kind, name, each, known) for key, each in held.items()}
    if isinstance(held, list):
        return [_within(kind, name, each, known) for each in held]
    if isinstance(held, str):
        is_theirs = known.is_in(held) if name in _FREE else known.is_number_in(held)
        return ERASED if is_theirs else held
    return held


def _unnumbered(held: Json, known: Sought) -> Json:
    if isinstance(held, dict):
        return {name: _unnumbered(each, known) for name, each in held.items()}
    if isinstance(held, list):
        return [_unnumbered(each, known) for each in held]
    return ERASED if isinstance(held, str) and known.is_number_in(held) else held


def _blank(held: Json) -> Json:
    """A value of the same form that says nothing."""
    match held:
        case str():
            return ERASED if held else held
        case bool():
            return False
        case int() | float():
            return 0
        case list():
            return []
        case dict():
            return {}
    return None


def _names_alone(held: Json, _record: JsonObject, _known: Sought) -> Json:
    """A mapping of values with its names; what was not known is not known."""
    if not isinstance(held, dict):
        return _blank(held)
    return {
        name: None if value is None else ERASED
        for name, value in held.items()
        if not name.startswith(SEALED)  # values with their names, sealed as one name
    }


def _value(held: Json, _record: JsonObject, _known: Sought) -> Json:
    return None if held is None else ERASED


def _nothing(_held: Json, _record: JsonObject, _known: Sought) -> Json:
    return None


def _details(held: Json, _record: JsonObject, known: Sought) -> Json:
    if not isinstance(held, dict):
        return _blank(held)
    return {
        name: ERASED if isinstance(value, str) and known.is_number_in(value) else value
        for name, value in held.items()
        if name in _DETAILS and not isinstance(value, dict | list)
    }


def _clauses(held: Json, _record: JsonObject, known: Sought) -> Json:
    return [_clause(clause, {}, known) for clause in cast("list[Json]", held or [])]


def _clause(held: Json, _record: JsonObject, known: Sought) -> Json:
    if not isinstance(held, dict) or clause_of_today(held).get("kind") in _OF_THE_CALL:
        return held
    gone: JsonObject = {"values": _names_alone(held.get("values", {}), {}, known)}
    if "details" in held:
        gone["details"] = _details(held["details"], {}, known)
    return {**held, **gone}


def _of_turn(held: Json, record: JsonObject, known: Sought) -> Json:
    if record.get("code") in _OF_THE_FLOW:
        return held
    return _details(held, record, known)


def _key(held: Json, record: JsonObject, _known: Sought) -> Json:
    """A buyer's key takes the call; the caller's is an answer."""
    return ERASED if record.get("leg") == CALLER else held


def _items(held: Json, _record: JsonObject, _known: Sought) -> Json:
    """What was played, without its words: they may say the caller's back."""
    items = [cast(JsonObject, item) for item in cast("list[Json]", held)]
    return [item if item.get("type") in _SOUNDS else {**item, "text": ERASED} for item in items]


_SOUNDS = ("Sound", "Tones")  # which hold nothing of the caller

_Special = Callable[[Json, JsonObject, Sought], Json]

_SPECIAL: Mapping[tuple[str, str], _Special] = {
    ("KeyPressed", "key"): _key,
    ("Turn", "values"): _of_turn,
    ("Turn", "details"): _of_turn,
    ("Play", "items"): _items,
    ("EndLeg", "said"): _items,
    ("ZipRead", "row"): _nothing,
    ("LookedUp", "fields"): _names_alone,
    ("Bidder", "answers"): _names_alone,
    ("Told", "value"): _value,
    ("Answer", "value"): _value,
    ("Known", "value"): _value,
    (ALL, "values"): _names_alone,
    (ALL, "clauses"): _clauses,
    (ALL, "payout_clauses"): _clauses,
    (ALL, "line"): _clause,
    (ALL, "details"): _details,
}


def _inner_records() -> Mapping[tuple[str, str], str]:
    """By record and field, the record that stands in it without saying its type."""
    found: dict[tuple[str, str], str] = {}
    seen: set[type[Frozen]] = set()

    def look(kind: type[Frozen]) -> None:
        if kind in seen:
            return
        seen.add(kind)
        for field in msgspec.structs.fields(kind):
            inner = _records_of(field.type)
            for each in inner:
                look(each)
            if len(inner) == 1:
                found[kind.__name__, field.encode_name] = inner[0].__name__

    for kind in (*EVENT_TYPES, *commands.COMMAND_TYPES, *FACT_TYPES):
        look(kind)
    return {
        **found,
        ("Proposal", "grounds"): "Ground",
        ("Ground", "known"): "Known",
        ("Ground", "since"): "Known",
    }


def _records_of(annotation: object) -> list[type[Frozen]]:
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        return [annotation]
    return [kind for each in get_args(annotation) for kind in _records_of(each)]


_INNER = _inner_records()


def _lost(before: Json, after: Json) -> Iterator[str]:
    """The texts and numbers of one that the other has no more."""
    if isinstance(before, dict):
        rest = after if isinstance(after, dict) else {}
        for name, held in before.items():
            yield from _lost(held, rest.get(name))
    elif isinstance(before, list):
        others = after if isinstance(after, list) and len(after) == len(before) else [None] * len(before)
        for held, other in zip(before, others, strict=True):
            yield from _lost(held, other)
    elif before is not None and not isinstance(before, bool) and before not in (after, "", ERASED):
        yield str(before)

"""From a checked shape to values: a dataclass's own annotations say how each setting is read.

A setting is the field's name without its unit: `ring_timeout` fills `ring_timeout_ms`, `day_spend` fills
`day_spend_micros`. What the schema has refused already is passed over in silence here, so that every
mistake is said once; what only a reader of meaning can see (names in prompts and conditions, values that
contradict each other) is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from engine.core.conditions import Condition, Value
from engine.core.expressions import Expression
from engine.core.money import parse_money
from engine.core.places import Place
from engine.core.prompts import Prompt
from engine.exchange.hours import NamedSchedule, Schedule
from engine.language.hours import read_hours
from engine.language.json_schemas import read_json_schema
from engine.language.mistakes import Mistakes
from engine.language.names import Names
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import value_at
from engine.language.yaml.units import duration_ms
from engine.nodes.settings import JsonSchemaText

Built = TypeVar("Built")

_UNITS = ("_ms", "_micros")


class Broken:
    """Stands for a setting that cannot be read; its mistake is on the list."""


BROKEN: Final = Broken()


def setting_of(field: str) -> str:
    """The key that fills a dataclass's field: `ring_timeout` for `ring_timeout_ms`."""
    for unit in _UNITS:
        field = field.removesuffix(unit)
    return field.removesuffix("_")  # `with_`: a word of Python's own


@cache
def annotations_of(made: type) -> Mapping[str, Any]:
    """The resolved annotation of every field."""
    hints = get_type_hints(made, include_extras=True)
    return {field.name: hints[field.name] for field in fields(made)}


class Builder:
    """Reads the settings of one document; `names` are what its prompts and conditions may read."""

    def __init__(self, document: Document, names: Names, mistakes: Mistakes, language: str = "en-US") -> None:
        self.document = document
        self.names = names
        self.mistakes = mistakes
        self.language = language

    def build(
        self, made: type[Built], path: Pointer, given: Mapping[str, object] | None = None
    ) -> Built | None:
        """The dataclass with the settings under `path`; `given` fields are taken as they are.

        A field `place` is where the settings stand. None where one of them is broken.
        """
        values = dict(given or {})
        for field in fields(made):  # type: ignore[arg-type]
            if field.name in values or not field.init:
                continue
            value = self._field(made, field, path)
            if value is not MISSING:
                values[field.name] = value
        broken = [name for name, value in values.items() if isinstance(value, Broken)]
        if broken:
            if not self.mistakes.has_errors:  # the first cause, not what follows from it
                self._say_unread((*path, setting_of(broken[0])))
            return None
        try:
            return made(**values)
        except ValueError as problem:  # settings that are right one by one and wrong together
            self.mistakes.error(self.document.key_place(path), f"{subject(path)}{problem}")
            return None

    def _say_unread(self, setting: Pointer) -> None:
        has_it = self.document.has(setting)
        found = f"this version can't read '{setting[-1]}'" if has_it else f"'{setting[-1]}' is missing"
        self.mistakes.unread(self.document.key_place(setting), f"{subject(setting)}{found}")

    def _field(self, made: type, field: Field[object], path: Pointer) -> object:
        annotation = annotations_of(made)[field.name]
        if annotation is Place:
            return self.document.key_place(path)
        setting = (*path, setting_of(field.name))
        if self.document.has(setting):
            return self.read(annotation, setting, field.name)
        has_default = field.default is not MISSING or field.default_factory is not MISSING
        return MISSING if has_default else BROKEN

    def read(self, annotation: Any, path: Pointer, field: str = "") -> object:
        """The setting at `path` as its annotation wants it, or BROKEN."""
        if annotation == Condition or annotation == Condition | None:
            condition = self.names.condition(self.document, path, self.mistakes)
            return BROKEN if condition is None else condition
        if annotation == Value:
            return self._value(path)
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:  # a text that names something
            return self._single(arguments[0], path, field)
        if origin in (Union, UnionType):
            return self.read(next(kind for kind in arguments if kind is not NoneType), path, field)
        if origin is Literal:
            value = self._at(path)
            return value if value in arguments else BROKEN
        if origin is tuple:
            return self._list(arguments[0], path)
        if origin is not None and issubclass(origin, Mapping):
            return self._mapping(arguments[1], path)
        return self._single(annotation, path, field)

    def _single(self, annotation: Any, path: Pointer, field: str) -> object:
        value = self._at(path)
        if annotation is Prompt:
            prompt = self.names.prompt(self.document, path, self.language, self.mistakes)
            return BROKEN if prompt is None else prompt
        if annotation is Expression:
            expression = self.names.expression(self.document, path, self.mistakes)
            return BROKEN if expression is None else expression
        if annotation is Schedule:
            if isinstance(value, str):
                return NamedSchedule(value)
            hours = read_hours(self.document, path, self.mistakes) if isinstance(value, dict) else None
            reference = self.document.reference
            is_whole = hours is not None and reference.has_zone(hours.zone)
            return Schedule(hours, reference) if hours is not None and is_whole else BROKEN
        if annotation is bool:
            return value if isinstance(value, bool) else BROKEN
        if annotation is int:
            return self._integer(value, field)
        if annotation is JsonSchemaText:
            schema = read_json_schema(self.document, path, self.mistakes)
            return BROKEN if schema is None else schema
        if annotation is str:
            raw = self.document.raw(path)
            is_text = raw is not None and not isinstance(value, bool) and value is not None
            return raw if is_text else BROKEN
        if is_dataclass(annotation):
            built = self.build(cast("type[object]", annotation), path) if isinstance(value, dict) else None
            return BROKEN if built is None else built
        raise TypeError(f"{annotation} isn't a type of setting")  # our own mistake, seen by the first test

    def _integer(self, value: object, field: str) -> object:
        if field.endswith("_ms"):
            duration = duration_ms(value) if isinstance(value, str) else None
            return BROKEN if duration is None else duration
        if field.endswith("_micros"):
            try:
                return parse_money(value) if isinstance(value, str) else BROKEN
            except ValueError:
                return BROKEN
        return value if isinstance(value, int) and not isinstance(value, bool) else BROKEN

    def _value(self, path: Pointer) -> object:
        value = self._at(path)
        return value if isinstance(value, str | bool | int | float) else BROKEN

    def _list(self, annotation: Any, path: Pointer) -> object:
        value = self._at(path)
        if not isinstance(value, list):  # a single one stands for a list of one
            is_one = isinstance(value, str) or (annotation is Prompt and isinstance(value, dict))
            single = self.read(annotation, path) if is_one else BROKEN
            return single if isinstance(single, Broken) else (single,)
        items = [self.read(annotation, (*path, index)) for index in range(len(value))]
        return BROKEN if any(isinstance(item, Broken) for item in items) else tuple(items)

    def _mapping(self, annotation: Any, path: Pointer) -> object:
        value = self._at(path)
        if not isinstance(value, dict):
            return BROKEN
        entries = {name: self.read(annotation, (*path, name)) for name in value}
        return BROKEN if any(isinstance(entry, Broken) for entry in entries.values()) else entries

    def _at(self, path: Pointer) -> object:
        return value_at(self.document, path)

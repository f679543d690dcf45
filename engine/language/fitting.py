"""Whether a value fits a JSON Schema: yes or no, some fifty times faster than what says why not.

Each schema becomes a function once. Most of what is read fits, and `schemas` asks the package jsonschema
about the rest alone, so the two must agree on every keyword; a keyword that stands in none of our schemas is
not known here and refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sized
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urljoin

Fits: TypeAlias = Callable[[Any], bool]
Schema: TypeAlias = Mapping[str, Any]


class Fitting:
    """The schemas of a folder as functions: `of(file)` is a file's, `part(schema)` that of a part of one."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        self._parts: dict[int, Fits] = {}  # by the identity of a part, which `schemas` keeps alive
        self._referred: dict[str, Fits | None] = {}

    def of(self, file: str) -> Fits:
        return self._reference("", file)

    def part(self, schema: object) -> Fits | None:
        """What was made of this very part of a schema; None where nothing was."""
        return self._parts.get(id(schema))

    def _made(self, schema: Schema | bool, file: str) -> Fits:
        if isinstance(schema, bool):
            return _always if schema else _never
        made = self._parts.get(id(schema))
        if made is None:
            made = self._parts[id(schema)] = _all_of(self._rules(schema, file))
        return made

    def _rules(self, schema: Schema, file: str) -> list[Fits]:
        rules: list[Fits] = []
        inside = partial(self._made, file=file)
        for keyword, wanted in schema.items():
            if keyword in _WORDS or keyword in ("then", "else"):
                continue
            if keyword in _SIMPLE:
                rules.append(_SIMPLE[keyword](wanted))
            elif keyword == "$ref":
                rules.append(self._reference(file, wanted))
            elif keyword == "properties":
                rules.append(_properties({name: inside(each) for name, each in wanted.items()}))
            elif keyword == "patternProperties":
                rules.append(_patterns({re.compile(name): inside(each) for name, each in wanted.items()}))
            elif keyword == "additionalProperties":
                rules.append(_additional(schema, inside(wanted)))
            elif keyword == "propertyNames":
                rules.append(_names(inside(wanted)))
            elif keyword == "items":
                rules.append(_items(inside(wanted)))
            elif keyword == "allOf":
                rules.append(self._each(wanted, file))
            elif keyword == "if":
                then, otherwise = inside(schema.get("then", True)), inside(schema.get("else", True))
                rules.append(_if(inside(wanted), then, otherwise))
            else:
                raise LookupError(f"{file}: the keyword '{keyword}' has no meaning here yet")
        return rules

    def _reference(self, file: str, reference: str) -> Fits:
        """What a reference leads to. One that leads to itself again is looked up when it is needed."""
        whole = urljoin(file, reference)
        if whole not in self._referred:
            self._referred[whole] = None
            name, _, pointer = whole.partition("#")
            schema: Any = self._schemas[name]
            for step in filter(None, pointer.split("/")):
                schema = schema[step]
            self._referred[whole] = self._made(schema, name)
        found = self._referred[whole]
        if found is not None:
            return found

        def later(value: object) -> bool:
            made = self._referred[whole]
            assert made is not None
            return made(value)

        return later

    def _each(self, parts: Iterable[Schema], file: str) -> Fits:
        """All of the parts. Those that only concern one value of a setting are looked up by that value."""
        rules: list[Fits] = []
        by_value: dict[str, dict[str, Fits]] = {}
        for part in parts:
            made = self._made(part, file)
            key, value = _condition(part)
            if key is None or value is None or value in by_value.setdefault(key, {}):
                rules.append(made)
            else:
                by_value[key][value] = self._made(part["then"], file)
        rules += [_chosen(key, cases) for key, cases in by_value.items()]
        return _all_of(rules)


def _condition(part: Schema) -> tuple[str | None, str | None]:
    """Where a part says `if: the setting K is 'text', then: …` and nothing else: K and the text."""
    asked: Any = part.get("if")
    if set(part) != {"if", "then"} or not isinstance(asked, dict) or set(asked) != {"properties", "required"}:
        return None, None
    settings = asked["properties"]
    if len(settings) != 1 or asked["required"] != [*settings]:
        return None, None
    ((key, wanted),) = settings.items()
    is_text = set(wanted) == {"const"} and isinstance(wanted["const"], str)
    return (key, wanted["const"]) if is_text else (None, None)


def is_extra(schema: Schema, name: str) -> bool:
    """Whether a key is neither among a schema's properties nor like one of its patterns."""
    if name in schema.get("properties", ()):
        return False
    return not any(re.search(pattern, name) for pattern in schema.get("patternProperties", ()))


def _always(value: object) -> bool:
    return True


def _never(value: object) -> bool:
    return False


def _all_of(rules: list[Fits]) -> Fits:
    if not rules:
        return _always
    if len(rules) == 1:
        return rules[0]

    def fits(value: object) -> bool:
        for rule in rules:  # noqa: SIM110  # a generator for all() takes twice as long
            if not rule(value):
                return False
        return True

    return fits


def _properties(parts: Mapping[str, Fits]) -> Fits:
    def fits(value: object) -> bool:
        if isinstance(value, dict):
            for name, inner in value.items():
                part = parts.get(name)
                if part is not None and not part(inner):
                    return False
        return True

    return fits


def _patterns(parts: Mapping[re.Pattern[str], Fits]) -> Fits:
    def fits(value: object) -> bool:
        return not isinstance(value, dict) or all(
            part(inner)
            for pattern, part in parts.items()
            for name, inner in value.items()
            if pattern.search(name)
        )

    return fits


def _additional(schema: Schema, part: Fits) -> Fits:
    known = frozenset(schema.get("properties", ()))
    if "patternProperties" not in schema and part is _never:
        return lambda value: not isinstance(value, dict) or known.issuperset(value)

    def fits(value: object) -> bool:
        return not isinstance(value, dict) or all(
            part(inner) for name, inner in value.items() if name not in known and is_extra(schema, name)
        )

    return fits


def _names(part: Fits) -> Fits:
    return lambda value: not isinstance(value, dict) or all(map(part, value))


def _items(part: Fits) -> Fits:
    return lambda value: not isinstance(value, list) or all(map(part, value))


def _if(asked: Fits, then: Fits, otherwise: Fits) -> Fits:
    return lambda value: then(value) if asked(value) else otherwise(value)


def _chosen(key: str, cases: Mapping[str, Fits]) -> Fits:
    def fits(value: object) -> bool:
        chosen = value.get(key) if isinstance(value, dict) else None
        case = cases.get(chosen) if isinstance(chosen, str) else None
        if case is None and not isinstance(value, dict):
            return all(
                each(value) for each in cases.values()
            )  # `properties` and `required` ask nothing of it
        return case is None or case(value)

    return fits


def _type(wanted: str | list[str]) -> Fits:
    kinds = [_TYPES[each] for each in ([wanted] if isinstance(wanted, str) else wanted)]
    return kinds[0] if len(kinds) == 1 else lambda value: any(kind(value) for kind in kinds)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Mapping[str, Fits] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _same(one: object, other: object) -> bool:
    """As JSON has it: true is not 1, and 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return one == other


def _enum(wanted: list[object]) -> Fits:
    if all(isinstance(each, str) for each in wanted):
        texts = frozenset(wanted)
        return lambda value: isinstance(value, str) and value in texts
    return lambda value: any(_same(each, value) for each in wanted)


def _pattern(wanted: str) -> Fits:
    search = re.compile(wanted).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _required(wanted: list[str]) -> Fits:
    if len(wanted) == 1:
        (only,) = wanted
        return lambda value: not isinstance(value, dict) or only in value
    return lambda value: not isinstance(value, dict) or all(name in value for name in wanted)


def _unique(wanted: bool) -> Fits:
    def fits(value: object) -> bool:
        if not wanted or not isinstance(value, list):
            return True
        if all(isinstance(each, str) for each in value):
            return len(set(value)) == len(value)
        return not any(_same(one, other) for at, one in enumerate(value) for other in value[:at])

    return fits


def _size(kind: type[Sized], least: int, most: float) -> Fits:
    def fits(value: object) -> bool:
        return not isinstance(value, kind) or least <= len(value) <= most

    return fits


_NO_LIMIT = float("inf")

_SIMPLE: Mapping[str, Callable[[Any], Fits]] = {
    "type": _type,
    "const": lambda wanted: _enum([wanted]),
    "enum": _enum,
    "pattern": _pattern,
    "required": _required,
    "uniqueItems": _unique,
    "minimum": lambda least: lambda value: not _is_number(value) or value >= least,
    "maximum": lambda most: lambda value: not _is_number(value) or value <= most,
    "minLength": lambda least: _size(str, least, _NO_LIMIT),
    "maxLength": lambda most: _size(str, 0, most),
    "minItems": lambda least: _size(list, least, _NO_LIMIT),
    "maxItems": lambda most: _size(list, 0, most),
    "minProperties": lambda least: _size(dict, least, _NO_LIMIT),
    "maxProperties": lambda most: _size(dict, 0, most),
}

# What describes and asks nothing; parts under $defs are made when something refers to them.
_WORDS = frozenset(("$schema", "$id", "$defs", "title", "description", "default", "examples"))

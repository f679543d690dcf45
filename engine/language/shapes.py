"""What a schema finds wrong in a file, in an operator's words: where, found, expected, the cure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.language.mistakes import Mistakes, listed, nearest, suggestion
from engine.language.schemas import SchemaName, shape_errors
from engine.language.yaml.documents import Document, Pointer

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MOST_FINDINGS = 100  # of one file, and of one group of settings; nobody mends more at once

_KINDS = {
    "object": "settings, one per line ('key: value')",
    "array": "a list in brackets, such as [one, two]",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}

_SECTIONS = {
    "nodes": "node",
    "answers": "answer",
    "commands": "command",
    "numbers": "number",
    "publishers": "publisher",
    "campaigns": "campaign",
    "buyers": "buyer",
    "stories": "story",
}

_Phrase: TypeAlias = "Callable[[Document, Pointer, ValidationError, Mistakes], None]"


def check_shape(document: Document, schema: SchemaName, mistakes: Mistakes) -> None:
    """Hold the document to its schema and add what is wrong."""
    errors = list(islice(shape_errors(document.value, schema), MOST_FINDINGS + 1))
    if len(errors) > MOST_FINDINGS:
        place = document.place(tuple(errors.pop().absolute_path))
        mistakes.error(place, "there is more wrong from here on", cure="mend what is above first")
    mistyped = _mistyped_keys(errors)
    for error in errors:
        path: Pointer = tuple(error.absolute_path)
        if error.validator == "required" and (path, _missing_key(error)) in mistyped:
            continue  # the key is there, misspelt: said once
        if "propertyNames" in error.absolute_schema_path:
            _bad_name(document, path, error, mistakes)
        else:
            _PHRASES.get(str(error.validator), _otherwise)(document, path, error, mistakes)


def subject(path: Pointer) -> str:
    """The part that a path lies in, to begin a message with: `node 'greet': `."""
    if len(path) > 1 and path[0] in _SECTIONS:
        return f"{_SECTIONS[str(path[0])]} '{path[1]}': "
    return ""


def found(document: Document, path: Pointer) -> str:
    """The value as the operator wrote it."""
    raw = document.raw(path)
    if raw is None:
        return "a group of settings" if _is_group(document, path) else "a list"
    if raw == "" or (document.is_plain(path) and raw in ("null", "~")):
        return "nothing"
    shown = raw if len(raw) <= 60 else raw[:57] + "…"
    return shown if document.is_plain(path) else f'"{shown}"'


def _is_group(document: Document, path: Pointer) -> bool:
    return not document.has((*path, 0))


def _where(path: Pointer) -> str:
    """The setting within its part: `accept.key`."""
    start = 2 if path and path[0] in _SECTIONS else 0
    return ".".join(str(step) for step in path[start:])


def _named(path: Pointer) -> str:
    where = _where(path)
    return f"{subject(path)}'{where}' is" if where else f"{subject(path) or 'this file: '}it is"


def _schema(error: ValidationError) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _wanted(error: ValidationError) -> list[Any]:
    """What the schema's keyword says, as a list."""
    value: Any = error.validator_value
    return value if isinstance(value, list) else [value]


def _properties(error: ValidationError) -> Mapping[str, Mapping[str, object]]:
    properties = _schema(error).get("properties", {})
    return properties if isinstance(properties, Mapping) else {}


def _unknown_keys(error: ValidationError) -> list[str]:
    instance = error.instance if isinstance(error.instance, Mapping) else {}
    patterns = [re.compile(pattern) for pattern in _schema(error).get("patternProperties", {})]
    known = _properties(error)
    return [
        key for key in instance if key not in known and not any(pattern.search(key) for pattern in patterns)
    ]


def _missing_key(error: ValidationError) -> str:
    instance = error.instance if isinstance(error.instance, Mapping) else {}
    quoted = error.message.split("'")
    candidates = [key for key in _wanted(error) if key not in instance]
    return next((key for key in candidates if key in quoted), candidates[0] if candidates else "")


def _mistyped_keys(errors: list[ValidationError]) -> set[tuple[Pointer, str]]:
    """The missing keys that an unknown key beside them was meant to be."""
    return {
        (tuple(error.absolute_path), near)
        for error in errors
        if error.validator == "additionalProperties"
        for key in _unknown_keys(error)[:MOST_FINDINGS]
        if (near := nearest(key, _properties(error))) is not None
    }


def _unknown(document: Document, path: Pointer, error: ValidationError, mistakes: Mistakes) -> None:
    known = _properties(error)
    unknown = _unknown_keys(error)
    if len(unknown) > MOST_FINDINGS:
        more = f"{subject(path)}and {len(unknown) - MOST_FINDINGS} more unknown settings"
        mistakes.error(document.key_place((*path, unknown[MOST_FINDINGS])), more)
    for key in unknown[:MOST_FINDINGS]:
        place = document.key_place((*path, key))
        if path[-1:] == ("exits",):
            cure = suggestion(key, known) if known else "its only exit is 'next'"
            if key == "next":
                cure = "write 'next: …' next to 'type'"
            mistakes.error(place, f"{subject(path)}it has no exit '{key}'", cure=cure)
            continue
        free = [name for name in known if not document.has((*path, name))]
        cure = suggestion(key, known if nearest(key, known) else free)
        if "patternProperties" in _schema(error):
            cure = _described(_schema(error)) or cure
        where = _where(path)
        mistakes.error(
            place, f"{subject(path)}unknown key '{key}'{f' in {where}' if where else ''}", cure=cure
        )


def _required(document: Document, path: Pointer, error: ValidationError, mistakes: Mistakes) -> None:
    key = _missing_key(error)
    title = _described(_properties(error).get(key, {}))
    where = _where(path)
    mistakes.error(
        document.key_place(path),
        f"{subject(path)}'{key}' is missing{f' in {where}' if where else ''}",
        expected=title,
        cure=f"add '{key}: …'",
    )


def _described(schema: Mapping[str, object]) -> str:
    text = str(schema.get("description", "")).strip()
    return text[:1].lower() + text[1:].partition(". ")[0].partition("; ")[0].rstrip(".") if text else ""


def _type(document: Document, path: Pointer, error: ValidationError, mistakes: Mistakes) -> None:
    wanted = _wanted(error)
    title = _schema(error).get("title") if path else None
    expected = str(title or listed([_KINDS[kind] for kind in wanted]).replace(" and ", " or "))
    cure = ""
    raw = document.raw(path)
    pattern = str(_schema(error).get("pattern", ""))
    if wanted == ["string"] and raw and re.search(pattern, raw):
        cure = f'put it in quotes: "{raw}"'
    elif wanted == ["integer"] and isinstance(error.instance, str) and error.instance.isdigit():
        cure = f"remove the quotes: {error.instance}"
    mistakes.error(
        document.place(path), f"{_named(path)} {found(document, path)}", expected=expected, cure=cure
    )


def _enum(document: Document, path: Pointer, error: ValidationError, mistakes: Mistakes) -> None:
    allowed = [str(value) for value in _wanted(error)]
    near = nearest(str(error.instance), allowed) if document.raw(path) is not None else None
    mistakes.error(
        document.place(path),
        f"{_named(path)} {found(document, path)}",
        expected=listed(allowed, 20).replace(" and ", " or "),
        cure=f"did you mean '{near}'?" if near else "",
    )


def _pattern(document: Document, path: Pointer, error: ValidationError, mistakes: Mistakes) -> None:
    expected = str(_schema(error).get("title", f"text like {error.validator_value}"))
    mistakes.error(document.place(path), f"{_named(path)} {found(document, path)}", expected=expected)


def _bad_name(document: Document, path: Pointer, error: ValidationError, mistakes: Mistakes) -> None:
    name = str(error.instance)
    expected = str(_schema(error).get("title", f"a name like {error.validator_value}"))
    mistakes.error(document.key_place((*path, name)), f"'{name}' can't be a name here", expected=expected)


def _limit(document: Document, path: Pointer, error: ValidationError, mistakes: Mistakes) -> None:
    limit = error.validator_value
    expected = {
        "minimum": f"{limit} or more",
        "maximum": f"at most {limit}",
        "minLength": "some text",
        "maxLength": f"at most {limit} characters",
        "minItems": "at least one in the list",
        "maxItems": f"at most {limit} in the list",
        "minProperties": _one_of(error),
        "maxProperties": _one_of(error),
    }[str(error.validator)]
    title = _schema(error).get("title") if error.validator in ("minimum", "maximum") else None
    shown = "empty" if str(error.validator).startswith("min") and not error.instance else None
    if shown is None or error.validator == "minimum":
        shown = found(document, path)
    mistakes.error(document.place(path), f"{_named(path)} {shown}", expected=str(title or expected))


def _one_of(error: ValidationError) -> str:
    names = list(_properties(error))
    if error.validator == "maxProperties":
        return f"only one of {listed(names)}"
    return f"one of {listed(names)}" if names else "at least one entry"


def _otherwise(document: Document, path: Pointer, error: ValidationError, mistakes: Mistakes) -> None:
    mistakes.error(document.place(path), f"{subject(path)}{error.message}")


_PHRASES: Mapping[str, _Phrase] = {
    "additionalProperties": _unknown,
    "required": _required,
    "type": _type,
    "enum": _enum,
    "const": _otherwise,
    "pattern": _pattern,
    **dict.fromkeys(("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"), _limit),
    **dict.fromkeys(("minProperties", "maxProperties"), _limit),
}

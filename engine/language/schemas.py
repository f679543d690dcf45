"""The JSON Schemas of Cordboard's files: the contract that editors complete and `check` holds to.

They lie beside the package in a checkout (`schemas/`) and inside it in an installed wheel
(`engine/schemas/`); both are the same files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from engine.language.fitting import Fitting, is_extra
from engine.language.yaml.documents import Tree

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

SchemaName = Literal["flow", "network", "stories"]

# Schemas refer to each other by relative path; only this scheme resolves those. Nothing is ever opened.
_ROOT = "file:///schemas/"

_Parts: TypeAlias = Mapping[str, object]


@cache
def schema_folder() -> Path:
    """Where the schemas lie."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "schemas", package.parent / "schemas"):
        if (folder / "flow.schema.json").is_file():
            return folder
    raise FileNotFoundError(f"the JSON Schemas are missing; they belong in {package / 'schemas'}")


@cache
def schemas() -> Mapping[str, Mapping[str, object]]:
    """Every schema by its path in the folder: `nodes/collect.schema.json`."""
    folder = schema_folder()
    return {
        file.relative_to(folder).as_posix(): json.loads(file.read_text("utf-8"))
        for file in sorted(folder.rglob("*.schema.json"))
    }


def shape_errors(value: Tree, schema: SchemaName) -> Iterator[ValidationError]:
    """Everything in which the value is not what the schema says."""
    if _fitting().of(f"{schema}.schema.json")(value):
        return iter(())
    return _validator(schema).iter_errors(value)


@cache
def _fitting() -> Fitting:
    return Fitting(schemas())


@cache
def _validator(schema: SchemaName) -> Validator:
    """jsonschema's own, which passes over every part that fits. Its import takes long: only for mistakes."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    whole: dict[str, Any] = dict(Draft202012Validator.VALIDATORS)
    gated = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        {
            "properties": _properties,
            "additionalProperties": partial(_additional, whole["additionalProperties"]),
            "propertyNames": _property_names,
            "items": partial(_items, whole["items"]),
            "allOf": _all_of,
        },
    )
    empty: Registry[bool | Mapping[str, Any]] = Registry()
    registry = empty.with_resources(
        (_ROOT + name, Resource[bool | Mapping[str, Any]].from_contents(content, DRAFT202012))
        for name, content in schemas().items()
    )
    return cast("Validator", gated({"$ref": f"{_ROOT}{schema}.schema.json"}, registry=registry))


def _descend(
    validator: Any, value: Tree, part: object, path: str | int | None = None, step: str | int | None = None
) -> Iterator[ValidationError]:
    """What is wrong with a part; nothing, at little cost, where it fits."""
    fits = _fitting().part(part)
    if fits is None or not fits(value):
        yield from validator.descend(value, part, path=path, schema_path=step)


def _properties(validator: Any, parts: _Parts, value: Tree, _schema: object) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for name, part in parts.items():
            if name in value:
                yield from _descend(validator, value[name], part, name, name)


def _additional(
    whole: Any, validator: Any, part: object, value: Tree, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not isinstance(part, dict) or not isinstance(value, dict):
        yield from whole(validator, part, value, schema)
        return
    for name in value:
        if is_extra(schema, name):
            yield from _descend(validator, value[name], part, name)


def _property_names(validator: Any, part: object, value: Tree, _schema: object) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        for name in value:
            yield from _descend(validator, name, part)


def _items(
    whole: Any, validator: Any, part: object, value: Tree, schema: object
) -> Iterator[ValidationError]:
    if not isinstance(part, dict) or not isinstance(value, list):
        yield from whole(validator, part, value, schema)
        return
    for index, item in enumerate(value):
        yield from _descend(validator, item, part, index)


def _all_of(validator: Any, parts: list[object], value: Tree, _schema: object) -> Iterator[ValidationError]:
    for index, part in enumerate(parts):
        yield from _descend(validator, value, part, None, index)

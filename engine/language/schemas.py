"""The JSON Schemas of Cordboard's files: the contract that editors complete and `check` holds to.

They lie beside the package in a checkout (`schemas/`) and inside it in an installed wheel
(`engine/schemas/`); both are the same files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from engine.language.yaml.documents import Tree

SchemaName = Literal["flow", "network", "stories"]

# Schemas refer to each other by relative path; only this scheme resolves those. Nothing is ever opened.
_ROOT = "file:///schemas/"

_Schema = Resource[bool | Mapping[str, Any]]
_EMPTY: Registry[bool | Mapping[str, Any]] = Registry()


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
    return cast("Iterator[ValidationError]", _validator(schema).iter_errors(value))


@cache
def _validator(schema: SchemaName) -> Draft202012Validator:
    resources = [
        (
            _ROOT + name,
            _Schema.from_contents(content, default_specification=DRAFT202012),
        )
        for name, content in schemas().items()
    ]
    registry = _EMPTY.with_resources(resources)
    return Draft202012Validator({"$ref": f"{_ROOT}{schema}.schema.json"}, registry=registry)

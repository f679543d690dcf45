"""JSON Schemas that operators write: each must be one, without anything from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

from engine.language.mistakes import Mistakes
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import value_at
from engine.nodes.settings import JsonSchemaText


def read_json_schema(document: Document, path: Pointer, mistakes: Mistakes) -> JsonSchemaText | None:
    """The schema at `path` as JSON, its mistakes on the list. None where it is no group of settings."""
    schema = value_at(document, path)
    if not isinstance(schema, dict):
        return None
    from jsonschema import Draft202012Validator  # only a flow with a schema waits for it
    from jsonschema.exceptions import SchemaError

    for reference in _references(schema):
        if not reference.startswith("#"):
            found = f"{subject(path)}the schema refers to {reference}, and outside references aren't fetched"
            mistakes.error(document.key_place(path), found, cure="copy it into '$defs'")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path)
        found = f"{subject(path)}not a valid JSON Schema{f' at {where}' if where else ''}: {error.message}"
        mistakes.error(document.key_place(path), found)
    return JsonSchemaText(json.dumps(schema, sort_keys=True))


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, part in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(part, str):
                yield part
            yield from _references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _references(part)

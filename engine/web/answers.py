"""Answers of the API are records (`engine.accounts.shown`): written by msgspec, described from their classes.

FastAPI knows pydantic's models alone. So a route that returns a record, a list of records or a union of
such is registered by `Routes`: FastAPI sees a function that returns a Response, with the schema of the record
beside it. A route that returns a Response is left as it is.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from types import UnionType
from typing import Any, cast, get_args, get_type_hints

import msgspec
from fastapi import APIRouter, FastAPI, Response

from engine.accounts.shown import Shown
from engine.core.json_values import Json, JsonObject

JSON = "application/json"
REFERENCE = "#/components/schemas/{name}"

Described = Any  # a type that stands for an answer: a record's class, list[…] of one, a union of such


def answer(shown: Shown | Sequence[Shown], status: int = 200) -> Response:
    """The record, or the list, as a response."""
    return Response(msgspec.json.encode(shown), status, media_type=JSON)


class Routes(APIRouter):
    """A router whose routes may return records."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.records: list[Described] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        returned = get_type_hints(endpoint)["return"]
        if not (inspect.isclass(returned) and issubclass(returned, Response)):
            status = options.get("status_code") or 200
            content = {JSON: {"schema": self.schema(returned)}}
            options["responses"] = {status: {"content": content}, **(options.get("responses") or {})}
            endpoint = _answering(endpoint, status)
        super().add_api_route(path, endpoint, **options)

    def schema(self, described: Described) -> JsonObject:
        """The answer's schema. The records in it become components of the document."""
        kinds = list(_alternatives(described))
        self.records += kinds
        schemas, _ = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
        return cast(JsonObject, schemas[0] if len(kinds) == 1 else {"anyOf": list(schemas)})


class Api(FastAPI):
    """An application whose document describes the records of its `Routes`."""

    def __init__(self, *, records: Sequence[Described], **options: Any) -> None:
        super().__init__(**options)
        self._records = records

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        components: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in _components(self._records):
            assert components.setdefault(name, schema) == schema, f"two schemas have the name {name}"
        return document


def _answering(
    endpoint: Callable[..., Awaitable[Shown | Sequence[Shown]]], status: int
) -> Callable[..., Any]:
    """The endpoint as FastAPI can call it: the same parameters, the record written into a response."""

    async def answering(**needs: Any) -> Response:
        return answer(await endpoint(**needs), status)

    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(answering, name, getattr(endpoint, name))
    hints = {**get_type_hints(endpoint, include_extras=True), "return": Response}
    signature = inspect.signature(endpoint)
    parameters = [each.replace(annotation=hints[name]) for name, each in signature.parameters.items()]
    told = signature.replace(parameters=parameters, return_annotation=Response)
    answering.__signature__ = told  # type: ignore[attr-defined]
    answering.__annotations__ = hints
    return answering


def _alternatives(described: Described) -> Iterator[Described]:
    """A union's members: msgspec describes each by itself, but no union of records."""
    if isinstance(described, UnionType):
        for each in get_args(described):
            yield from _alternatives(each)
    else:
        yield described


def _components(records: Sequence[Described]) -> Iterator[tuple[str, JsonObject]]:
    _, components = msgspec.json.schema_components(records, ref_template=REFERENCE)
    for name, schema in components.items():
        yield name, cast(JsonObject, _as_answered(cast(JsonObject, schema)))


def _as_answered(schema: Json) -> Json:
    """The schema of what is written, where msgspec's is that of what would be read.

    Members with a default are always there, later engines may add others, and enumerated words are strings.
    """
    if isinstance(schema, list):
        return [_as_answered(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _as_answered(each) for name, each in schema.items() if name != "default"}
    if told.get("additionalProperties") is False:
        del told["additionalProperties"]
    if isinstance(told.get("properties"), dict):
        properties = cast("dict[str, JsonObject]", schema["properties"])
        required = cast("list[str]", schema.get("required", []))
        told["required"] = [
            name for name, each in properties.items() if name in required or "default" in each
        ]
    if "enum" in told:
        told = {"type": "string", **told}
    return told

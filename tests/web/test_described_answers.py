"""/openapi.json says of every answer what is in it: no object of anything, nothing without a type."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi.routing import APIRoute

from engine.accounts.shown import Shown, as_json
from engine.web import carriers, health
from engine.web.answers import Api, Routes, answer
from engine.web.server import document, every_route

WEB = Path(__file__).parents[2] / "engine" / "web"
DOCUMENT = every_route().openapi()
BINARY = ("audio/wav", "audio/flac")

Schema = Mapping[str, Any]


def untyped(schema: Any, where: str) -> Iterator[str]:
    """Each place of a schema that a client could only take as "anything"."""
    if not isinstance(schema, Mapping):
        yield f"{where}: {schema!r}"
        return
    if "$ref" in schema:
        return
    if alternatives := schema.get("anyOf"):
        for number, each in enumerate(alternatives):
            yield from untyped(each, f"{where}|{number}")
        return
    match schema.get("type"):
        case "object":
            properties: Schema = schema.get("properties", {})
            for name, each in properties.items():
                yield from untyped(each, f"{where}.{name}")
            others = schema.get("additionalProperties", False)
            if others is not False:
                yield from untyped(others, f"{where}.*")
            elif not properties:
                yield f"{where}: an object of anything"
        case "array":
            yield from untyped(schema.get("items"), f"{where}[]")
        case "string" | "integer" | "number" | "boolean" | "null":
            return
        case other:
            yield f"{where}: the type {other}"


def answers() -> Iterator[tuple[str, Any]]:
    """Every answer of every route, refusals among them: where, and its content."""
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                yield f"{method.upper()} {path} {status}", response.get("content")


def test_every_answer_says_what_is_in_it() -> None:
    found = []
    for where, content in answers():
        assert content, f"{where} has no content"
        for kind, told in content.items():
            found += list(untyped(told.get("schema"), f"{where} {kind}"))
    for name, schema in DOCUMENT["components"]["schemas"].items():
        found += list(untyped(schema, name))
    assert found == []
    assert len(DOCUMENT["paths"]) >= 19


@pytest.mark.parametrize(
    "schema",
    [
        {},
        None,
        True,
        {"type": "object"},
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": {}},
        {"type": "array"},
        {"type": "array", "items": {}},
        {"anyOf": [{"type": "null"}, {}]},
        {"type": "object", "properties": {"answers": {"type": "object"}}},
    ],
)
def test_whatever_could_be_anything_is_found(schema: Any) -> None:
    assert list(untyped(schema, "here"))


def test_every_refusal_has_one_form() -> None:
    forms = {
        str(content["application/json"]["schema"])
        for where, content in answers()
        if not where.rpartition(" ")[2].startswith("2")
    }
    assert forms == {"{'$ref': '#/components/schemas/Refusal'}"}


def test_only_what_machines_and_carriers_ask_for_is_left_out_of_the_document() -> None:
    left_out = {
        route.path
        for routes in (health.routes, carriers.routes)
        for route in routes.routes
        if isinstance(route, APIRoute)
    }
    assert left_out == {
        "/healthz",
        "/readyz",
        "/metrics",
        "/carriers/{carrier}/{route:path}",
    }
    assert not left_out & DOCUMENT["paths"].keys()


class Reached(Shown, frozen=True, kw_only=True):
    """How far a caller came."""

    from_: str = msgspec.field(name="from")
    outcome: str | None = None
    bid: int | msgspec.UnsetType = msgspec.UNSET


async def reached() -> list[Reached]:
    return []


def test_the_document_is_written_once() -> None:
    """It is public: whoever asks gets the same bytes."""
    assert document() is document()
    assert json.loads(document()) == DOCUMENT


def test_a_record_is_described_as_it_is_written() -> None:
    routes = Routes()
    routes.get("/reached")(reached)
    schema = msgspec.json.schema_components(routes.records, ref_template="{name}")[1]["Reached"]
    assert schema["required"] == ["from"]  # what would have to be there to be read
    app = Api(records=routes.records)
    app.include_router(routes)
    told = app.openapi()["components"]["schemas"]["Reached"]
    assert told["required"] == ["from", "outcome"]
    assert as_json(Reached(from_="here")) == {"from": "here", "outcome": None}
    assert answer(Reached(from_="here", bid=3)).body == b'{"from":"here","outcome":null,"bid":3}'


def test_routes_are_functions_of_what_they_need() -> None:
    """None is made inside another function, and one file alone asks the app for its engine."""
    nested, keepers = [], []
    for path in sorted(WEB.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        for outer in ast.walk(tree):
            if not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            nested += [
                f"{path.name}:{inner.lineno}"
                for inner in ast.walk(outer)
                if inner is not outer and isinstance(inner, ast.AsyncFunctionDef) and inner.decorator_list
            ]
        keepers += [path.name] if "app.state" in text else []
    assert nested == []
    assert keepers == ["needs.py"]

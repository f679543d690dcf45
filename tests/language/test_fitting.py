"""Asking whether a value fits, and only then why not, finds what asking jsonschema about everything finds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from engine.language.fitting import Fitting
from engine.language.schemas import SchemaName, schemas, shape_errors
from engine.language.yaml.documents import Tree, load

ROOT = Path(__file__).parents[2]
FILES = sorted((*(ROOT / "examples").rglob("*.yaml"), *(ROOT / "flows").rglob("*.yaml")))
REGISTRY: Registry[Any] = Registry().with_resources(
    (f"file:///schemas/{name}", Resource.from_contents(content, DRAFT202012))
    for name, content in schemas().items()
)
STRANGE: tuple[Tree, ...] = (
    "",
    "say",
    "5s",
    "+15550100",
    0,
    1,
    -1,
    1.0,
    2.5,
    True,
    False,
    None,
    [],
    {},
    ["a", "a"],
    {"next": "x"},
)


def schema_of(file: Path) -> SchemaName:
    if file.name.endswith(".stories.yaml"):
        return "stories"
    return "network" if file.name == "network.yaml" else "flow"


def tree_of(file: Path) -> Tree:
    document, _ = load(file.read_text("utf-8"), file.name)
    assert document is not None
    return document.value


def told(errors: Iterator[Any]) -> list[tuple[str, str, str]]:
    return sorted(
        (str(list(each.absolute_path)), str(list(each.absolute_schema_path)), each.message) for each in errors
    )


def by_the_book(value: Tree, schema: SchemaName) -> list[tuple[str, str, str]]:
    whole = Draft202012Validator({"$ref": f"file:///schemas/{schema}.schema.json"}, registry=REGISTRY)
    return told(whole.iter_errors(value))


def spoilt(value: Tree, draw: random.Random) -> Tree:
    """The value with one part of it left out, made strange, moved to another key, or given twice."""
    if not isinstance(value, dict | list) or not value or draw.random() < 0.15:
        return draw.choice(STRANGE)
    if isinstance(value, list):
        at = draw.randrange(len(value))
        if draw.random() < 0.2:
            return [*value, value[at]]
        return [*value[:at], spoilt(value[at], draw), *value[at + 1 :]]
    key = draw.choice(list(value))
    match draw.randrange(6):
        case 0:
            return {name: each for name, each in value.items() if name != key}
        case 1:
            return {**value, draw.choice(("nextt", "", "Ünknown key", "type", "exits")): value[key]}
        case _:
            return {**value, key: spoilt(value[key], draw)}


def test_every_schema_can_be_asked_whether_a_value_fits() -> None:
    fitting = Fitting(schemas())
    for name in schemas():
        fitting.of(name)


def test_a_keyword_without_a_meaning_is_refused_and_not_passed_over() -> None:
    with pytest.raises(LookupError, match="multipleOf"):
        Fitting({"own.schema.json": {"type": "integer", "multipleOf": 5}}).of("own.schema.json")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_spoilt_is_found_as_jsonschema_finds_it(file: Path) -> None:
    schema, value = schema_of(file), tree_of(file)
    assert list(shape_errors(value, schema)) == []
    if len(file.read_bytes()) > 20_000:
        return
    fitting = Fitting(schemas()).of(f"{schema}.schema.json")
    draw = random.Random(str(file.relative_to(ROOT)))
    for _ in range(12):
        wrong = spoilt(value, draw)
        wanted = by_the_book(wrong, schema)
        assert fitting(wrong) is (wanted == [])
        assert told(shape_errors(wrong, schema)) == wanted

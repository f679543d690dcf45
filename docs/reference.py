"""Writes docs/reference.md from the schemas and the code lists, so that no setting can be missing from it,
and into schemas/flow.schema.json which types of nodes and answers there are.

`make reference` writes both anew; a test holds them to what this would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from engine.exchange.codes import CANDIDATE_CODES, DISPUTE_REASONS, VERDICT_REASONS
from engine.language.schemas import schemas
from engine.nodes.types import NODE_TYPES
from engine.understanding.kinds import ANSWER_KINDS
from engine.wording.codes import meaning

TARGET = Path(__file__).with_suffix(".md")
FLOW_SCHEMA = Path(__file__).parents[1] / "schemas" / "flow.schema.json"

HEAD = (
    "# Reference: every setting\n"
    "Written from the [schemas](../schemas) by `make reference`: change those, not this file. What settings "
    "are for stands in [flows.md](flows.md) and [network.md](network.md). What is **bold** must be there. "
    "Where one is left out, its default counts; where no default is told, there is no limit, or nothing "
    "happens. `NAME` is a name of your own.\n"
)

Schema: TypeAlias = Mapping[str, Any]

# Shared forms that are told once, under "What settings hold", and named in the tables
NAMED = (
    *("name", "answer_name", "node", "text", "duration", "money", "phone", "callee", "outward_url"),
    *("secret_name", "value_name", "zone", "key", "keys", "language", "prompt", "prompts", "texts"),
    *("phrases", "spoken_name", "expression", "condition"),
)
# Shared groups of settings: a table each
GROUPS = ("ask", "caps", "counts", "spending", "paid_caps", "recording")
SCOPES = ("campaign_cap_", "publisher_cap_")
LISTED_ELSEWHERE = {
    "../network.schema.json#/properties/buyers/additionalProperties/properties/hours": "hours"
}


def reference() -> str:
    """The whole file."""
    parts = (
        HEAD,
        "## What settings hold\n" + _forms(),
        "\n".join(f"### {name}\n{_words(_common(name))}\n\n{_table(_common(name))}" for name in GROUPS),
        "## A flow's file\n" + _flow(),
        "## Answers\n" + _index("answers", ANSWER_KINDS),
        "\n".join(_kind("answers", kind) for kind in ANSWER_KINDS),
        "## Nodes\n" + _index("nodes", NODE_TYPES),
        "\n".join(_kind("nodes", kind) for kind in NODE_TYPES),
        "## network.yaml\n" + _sections(_file("network")),
        "## Stories (*.stories.yaml)\n" + _stories(),
        "## Reasons\n" + _reasons(),
    )
    return "\n".join(parts)


def _file(name: str) -> Schema:
    schema: Any = schemas()[f"{name}.schema.json"]
    return schema  # type: ignore[no-any-return]


def _forms() -> str:
    rows = []
    for name in NAMED:
        form = _common(name)
        examples = ", ".join(f"`{_cell(_yaml(example))}`" for example in form.get("examples", ()))
        rows.append(f"| {name} | {_cell(form.get('description') or form['title'])} | {examples} |")
    return "\n".join(["| form | what | such as |", "|---|---|---|", *rows]) + "\n"


def _flow() -> str:
    properties = _file("flow")["properties"]
    plain = {**properties, "answers": _without_items(properties["answers"])}
    plain["nodes"] = _without_items(properties["nodes"])
    return _table({**_file("flow"), "properties": plain})


def _without_items(schema: Schema) -> Schema:
    """An answer's and a node's own settings stand in tables of their own."""
    return {name: value for name, value in schema.items() if name != "additionalProperties"}


def flow_schema() -> str:
    """The whole of schemas/flow.schema.json, with the types that the code lists."""
    schema: Any = json.loads(FLOW_SCHEMA.read_text(encoding="utf-8"))
    for folder, types in (("nodes", NODE_TYPES), ("answers", ANSWER_KINDS)):
        one = schema["properties"][folder]["additionalProperties"]
        one["properties"]["type"]["enum"] = list(types)
        one["allOf"] = [
            {
                "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
                "then": {"$ref": f"{folder}/{kind}.schema.json"},
            }
            for kind in types
        ]
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _index(folder: str, kinds: Iterable[str]) -> str:
    """Each type in a line: what it is, and by which exits a call leaves it."""
    has_exits = folder == "nodes"
    head = ["| type | what | exits |", "|---|---|---|"] if has_exits else ["| type | what |", "|---|---|"]
    rows = []
    for kind in kinds:
        schema = _file(f"{folder}/{kind}")
        row = f"| [`{kind}`](#{kind}) | {_cell(schema['description']).partition('. ')[0].rstrip('.')} |"
        rows.append(f"{row} {', '.join(_exit_names(schema))} |" if has_exits else row)
    return "\n".join([*head, *rows]) + "\n"


def _exit_names(schema: Schema) -> Iterator[str]:
    if "next" in schema["properties"]:
        yield "`next`"
    exits = schema["properties"].get("exits", {})
    yield from (f"`{name}`" for name in exits.get("properties", {}))
    if isinstance(exits.get("additionalProperties"), Mapping):
        yield "`NAME`"


def _kind(folder: str, kind: str) -> str:
    schema = _file(f"{folder}/{kind}")
    own = {
        name: value for name, value in schema["properties"].items() if name not in ("type", "next", "exits")
    }
    table = _table({**schema, "properties": own})
    return f"### {kind}\n{schema['description']}\n\n{table}{_exits(schema)}"


def _exits(schema: Schema) -> str:
    properties = schema["properties"]
    ways = []
    if "next" in properties:
        ways.append(f"`next`: {_words(properties['next'])}")
    exits = properties.get("exits", {})
    ways += [f"`{name}`: {_words(way)}" for name, way in exits.get("properties", {}).items()]
    if isinstance(exits.get("additionalProperties"), Mapping):
        ways.append(f"`NAME`: {_words(exits['additionalProperties'])}")
    return "\nExits: " + " ".join(ways) + "\n" if ways else ""


def _sections(schema: Schema) -> str:
    """A table for every top-level setting that holds others; the plain ones first, together."""
    properties = schema["properties"]
    deep = {name for name, value in properties.items() if any(_rows(name, value))}
    plain = {name: value for name, value in properties.items() if name not in deep}
    tables = [_table({**schema, "properties": plain})]
    for name in properties:
        if name in deep:
            one = {**schema, "properties": {name: properties[name]}}
            tables.append(f"### {name}\n{_table(one)}")
    return "\n".join(tables)


def _stories() -> str:
    return _table(_file("stories"))


def _reasons() -> str:
    lists = (
        ("candidate", "Why a buyer was passed over (`candidates[].code`)", CANDIDATE_CODES),
        (
            "verdict",
            "Why a leg was or was not billed or paid (`verdicts[].reason`, `payout_reason`)",
            VERDICT_REASONS,
        ),
        ("dispute", "Why a bill is disputed (`cordboard dispute open --reason`)", DISPUTE_REASONS),
    )
    told = [
        "A campaign's and a publisher's full caps have the buyer's codes behind `campaign_`, `publisher_`.\n"
    ]
    for group, title, codes in lists:
        rows = [
            f"| `{code}` | {_cell(meaning(group, code))} |" for code in codes if not code.startswith(SCOPES)
        ]
        told.append("\n".join([f"### {title}", "| code | says |", "|---|---|", *rows]) + "\n")
    return "\n".join(told)


def _table(schema: Schema) -> str:
    required = schema.get("required", ())
    rows = [
        row
        for name, value in schema["properties"].items()
        for row in (_row(name, value, is_required=name in required), *_rows(name, value))
    ]
    if not rows:
        return "It has no settings.\n"
    return "\n".join(["| setting | holds | default | what |", "|---|---|---|---|", *rows]) + "\n"


def _rows(path: str, schema: Schema) -> Iterator[str]:
    """A row for every setting inside of another, at any depth."""
    if schema.get("$ref") in LISTED_ELSEWHERE or _form(schema) in (*NAMED, *GROUPS):
        return
    whole = _resolved(schema)
    for inside, place in _insides(path, whole):
        required = inside.get("required", ())
        for name, value in inside.get("properties", {}).items():
            yield _row(f"{place}.{name}", value, is_required=name in required)
            yield from _rows(f"{place}.{name}", value)
        for value in inside.get("patternProperties", {}).values():
            yield _row(f"{place}.DAYS", value, is_required=False)


def _insides(path: str, schema: Schema) -> Iterator[tuple[Schema, str]]:
    """The schemas whose settings stand inside of this one, with the path that leads there."""
    yield schema, path
    named, items = schema.get("additionalProperties"), schema.get("items")
    if isinstance(named, Mapping) and _form(named) not in NAMED:
        yield from _insides(f"{path}.NAME", _resolved(named))
    if isinstance(items, Mapping) and _form(items) not in NAMED and "properties" not in schema:
        yield from _insides(f"{path}[]", _resolved(items))
    for branch in ("then", "else"):
        if isinstance(schema.get(branch), Mapping):
            yield from _insides(path, _resolved(schema[branch]))
    for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _insides(path, _resolved(choice))


def _row(path: str, schema: Schema, *, is_required: bool) -> str:
    name = f"**`{path}`**" if is_required else f"`{path}`"
    default = _resolved(schema).get("default")
    shown = "" if default in (None, [], {}) else f"`{_plain(default)}`"
    return f"| {name} | {_holds(schema)} | {shown} | {_cell(_words(schema))} |"


def _holds(schema: Schema) -> str:
    """In a word or two, what a setting's value is."""
    if schema.get("$ref") in LISTED_ELSEWHERE:
        return "as `buyers.NAME.hours`"
    form = _form(schema)
    if form in NAMED:
        return form
    if form in GROUPS:
        return f"[{form}](#{form})"
    whole = _resolved(schema)
    if "enum" in whole:
        return ", ".join(f"`{_plain(value)}`" for value in whole["enum"])
    kinds = whole.get("type", "")
    words = [_type(kind, whole) for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind]
    return " or ".join(dict.fromkeys(words)) or _cell(whole.get("title", "see there"))


def _type(kind: str, schema: Schema) -> str:
    match kind:
        case "object" if isinstance(schema.get("additionalProperties"), Mapping):
            inner = schema["additionalProperties"]
            return f"NAME: {_form(inner)}" if _form(inner) in NAMED else "NAME: …"
        case "object":
            return "a group"
        case "array":
            inner = schema.get("items", {})
            return f"a list of {_holds(inner)}" if _form(inner) in NAMED or "enum" in inner else "a list"
        case "boolean":
            return "`true`, `false`"
        case "integer":
            return "a whole number" + _bounds(schema)
        case "number":
            return "a number" + _bounds(schema)
        case "null":
            return "`null`"
        case _:
            return _cell(str(schema.get("title", "text")))


def _bounds(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f", {least} to {most}"
    return f", {least} or more" if least is not None else ""


def _words(schema: Schema) -> str:
    return str(_resolved(schema).get("description", ""))


def _form(schema: Schema) -> str:
    """The shared form or group that a setting has, perhaps by way of another; "" where it has its own."""
    name = _referred(schema)
    if name and name not in (*NAMED, *GROUPS):
        return _form(_common(name))
    return name


def _referred(schema: Schema) -> str:
    reference = str(schema.get("$ref", ""))
    return reference.rpartition("/")[2] if "$defs" in reference else ""


def _common(name: str) -> Schema:
    return _file("common")["$defs"][name]  # type: ignore[no-any-return]


def _resolved(schema: Schema) -> Schema:
    """With all that it refers to; its own words win."""
    form = _referred(schema)
    return {**_resolved(_common(form)), **schema} if form else schema


def _plain(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case "":
            return '""'
        case _:
            return str(value)


def _yaml(value: object) -> str:
    return value if isinstance(value, str) else yaml.safe_dump(value, default_flow_style=True).strip()


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    FLOW_SCHEMA.write_text(flow_schema(), encoding="utf-8")
    schemas.cache_clear()
    TARGET.write_text(reference(), encoding="utf-8")

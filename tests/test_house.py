"""The house stands as it was drawn: imports point down, the pure rooms are pure, files stay small and say what they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.carriers import CARRIERS
from engine.nodes.types import NODE_TYPES
from engine.rehearsal.loopback.playing import PARTS
from engine.understanding.kinds import ANSWER_KINDS

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "engine"

# Lower floors first; rooms on one floor do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("core",),
    ("understanding", "exchange"),
    ("nodes",),
    ("wording",),
    ("language",),
    ("media", "store"),
    ("evidence", "carriers"),
    ("accounts",),
    ("runtime",),
    ("web",),
    ("rehearsal", "console", "cli"),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# The command brings the rehearsal and the console together with the rest; nothing imports the command.
NEIGHBOURS = {("cli", "rehearsal"), ("cli", "console")}

PURE = ("core", "nodes", "understanding", "exchange")
IMPURE_MODULES = frozenset(
    {
        "aiosqlite",
        "alembic",
        "asyncio",
        "fastapi",
        "http",
        "httpx",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "pipecat",
        "random",
        "requests",
        "secrets",
        "select",
        "selectors",
        "shutil",
        "signal",
        "socket",
        "sqlalchemy",
        "sqlite3",
        "ssl",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "urllib",
        "uuid",
        "uvicorn",
        "websockets",
    }
)
# datetime and date are values; only asking them what time it is now is not pure.
IMPURE_CALLS = frozenset({"now", "utcnow", "today", "open", "print", "input", "exec", "eval"})
LONGEST_FILE = 400

# The one circle, of types alone: a node runs on a call, and the call holds the flow whose nodes those are.
A_NODE_RUNS_ON_A_CALL = {
    "engine.core.call": "holds its revision, its flow, and what it is in the middle of",
    "engine.core.flow": "its nodes run on a call",
    "engine.core.languages": "the call goes on in the flow of its language",
    "engine.core.gathering": "an attempt at a question is a part of the call that it asks in",
    "engine.core.kept_sounds": "so are the sounds that it keeps",
    "engine.core.messages": "so is a message that is being left",
    "engine.core.recording": "so is the recording",
    "engine.core.trail": "so is the way back",
}

# What is known of a node type or an answer kind is said in its own file. Who may name one, and why.
TYPES_NAMED = {
    ("engine/language/flows.py", "engine.nodes.subflow"): "flows that enter flows are of the language",
    ("engine/language/subflows.py", "engine.nodes.subflow"): "flows that enter flows are of the language",
    ("engine/language/lint/subflow.py", "engine.nodes.subflow"): "flows that enter flows are of the language",
    ("engine/nodes/consent.py", "engine.understanding.yes_no"): "a consent is a yes or a no",
    ("engine/nodes/menu.py", "engine.understanding.choice"): "a menu is heard as a choice",
    ("engine/nodes/wishes.py", "engine.understanding.phone"): "who is called back, is called at a number",
    ("engine/nodes/wishes.py", "engine.understanding.yes_no"): "a command is meant or not",
    ("engine/nodes/voicemail.py", "engine.understanding.message"): "a voicemail listens for any words",
    ("engine/runtime/legs/ears.py", "engine.understanding.yes_no"): "every read-back listens for a yes",
    ("engine/rehearsal/comparison/people.py", "engine.understanding.zip"): "a generated caller has one home",
    ("engine/rehearsal/comparison/cases.py", "engine.understanding.zip"): "ZIP codes are compared in classes",
    ("engine/rehearsal/comparison/generated.py", "engine.understanding.choice"): "keys that choose exits",
    ("engine/rehearsal/comparison/flows_moved.py", "engine.understanding.choice"): "options come and go",
    ("engine/rehearsal/comparison/reach.py", "engine.understanding.choice"): "options come and go",
}
# Words that name a node type or an answer kind, and here something else.
OTHERWISE_MEANT = {
    "engine/core/filters.py": "the filters of prompts",
    "engine/language/lint/subflow.py": "the types of parameters",
    "engine/rehearsal/loopback/telnyx/rest.py": "a carrier's commands",
    "engine/understanding/grammar_phrases.py": "what callers say around an answer",
    "engine/wording/catalogue.py": "how details stand in a sentence",
}
SAYS_NOTHING = frozenset({"manager", "helper", "helpers", "util", "utils", "base", "data", "misc", "common"})


@dataclass(frozen=True)
class Import:
    module: str
    line: int
    is_for_types_only: bool


FILES = sorted(ENGINE.rglob("*.py"))
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES}
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def room_of(path: Path) -> str:
    """The folder under engine/ that a file is in; "" for engine's own."""
    inside = path.relative_to(ENGINE).parts
    return inside[0] if len(inside) > 1 else ""


def imports(tree: ast.AST, *, for_types_only: bool = False) -> Iterator[Import]:
    """Every import of a file, wherever it stands, and whether only a type checker follows it."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import(names=names):
                yield from (Import(name.name, node.lineno, for_types_only) for name in names)
            case ast.ImportFrom(module=module, level=level, names=names):
                assert level == 0, f"line {node.lineno}: a relative import hides where it leads"
                assert module is not None
                wholes = {f"{module}.{name.name}" for name in names}
                found = wholes & MODULES or {module}  # `from engine.store import reading` is that module
                yield from (Import(one, node.lineno, for_types_only) for one in sorted(found))
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=orelse):
                for part in body:
                    yield from imports(ast.Module([part], []), for_types_only=True)
                for part in orelse:
                    yield from imports(ast.Module([part], []), for_types_only=for_types_only)
            case _:
                yield from imports(node, for_types_only=for_types_only)


def called_name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def where(path: Path, line: int = 1) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def test_every_room_has_its_floor() -> None:
    assert {room_of(path) for path in FILES} - {""} <= set(FLOOR_OF)


def test_imports_point_down() -> None:
    wrong = []
    for path in FILES:
        here = room_of(path)
        for one in imports(TREES[path]):
            there = one.module.split(".")[1] if one.module.startswith("engine.") else here
            if not here or there == here or (here, there) in NEIGHBOURS:
                continue
            if FLOOR_OF.get(there, len(FLOORS)) >= FLOOR_OF[here]:
                only = " (for types only)" if one.is_for_types_only else ""
                wrong.append(f"{where(path, one.line)} {here} imports {one.module}{only}")
    assert wrong == []


@pytest.mark.parametrize("room", PURE)
def test_the_pure_rooms_touch_no_clock_network_disk_or_chance(room: str) -> None:
    wrong = []
    for path in sorted((ENGINE / room).rglob("*.py")):
        wrong += [
            f"{where(path, one.line)} imports {one.module}"
            for one in imports(TREES[path])
            if one.module.partition(".")[0] in IMPURE_MODULES
        ]
        wrong += [
            f"{where(path, node.lineno)} calls {called_name(node)}()"
            for node in ast.walk(TREES[path])
            if isinstance(node, ast.Call) and called_name(node) in IMPURE_CALLS
        ]
    assert wrong == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lines = {where(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}


def test_every_file_opens_with_its_promise() -> None:
    assert [where(path) for path in FILES if not ast.get_docstring(TREES[path])] == []


def test_nothing_but_the_command_prints() -> None:
    wrong = [
        where(path, node.lineno)
        for path in FILES
        if room_of(path) != "cli"
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert wrong == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [where(path) for path in FILES if path.stem in SAYS_NOTHING] == []


def circles_of(edges: Mapping[str, frozenset[str]]) -> set[frozenset[str]]:
    """The modules that import each other in a circle, by way of others too."""
    reach: dict[str, set[str]] = {}
    for start in edges:
        found: set[str] = set()
        waiting = list(edges[start])
        while waiting:
            module = waiting.pop()
            if module not in found:
                found.add(module)
                waiting += edges[module]
        reach[start] = found
    return {
        frozenset(other for other in found if module in reach[other])
        for module, found in reach.items()
        if module in found
    }


def imported(*, with_types: bool) -> Mapping[str, frozenset[str]]:
    """Module → the modules of the engine that it imports."""
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES}
    modules = {name.removesuffix(".__init__") for name in names.values()}
    return {
        name.removesuffix(".__init__"): frozenset(
            one.module
            for one in imports(TREES[path])
            if one.module in modules and (with_types or not one.is_for_types_only)
        )
        for path, name in names.items()
    }


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circles_of(imported(with_types=False)) == set()


def test_only_what_runs_on_a_call_and_the_call_know_each_other_by_type() -> None:
    assert circles_of(imported(with_types=True)) == {frozenset(A_NODE_RUNS_ON_A_CALL)}


def defining(types: Mapping[str, type]) -> frozenset[str]:
    return frozenset(made.__module__ for made in types.values())


def test_no_node_type_or_answer_kind_is_named_outside_its_own_file() -> None:
    own = {"nodes": defining(NODE_TYPES), "understanding": defining(ANSWER_KINDS)}
    own["understanding"] |= {"engine.understanding.message"}
    found = set()
    for path in FILES:
        for one in imports(TREES[path]):
            for room, modules in own.items():
                if one.module in modules and room_of(path) != room:
                    found.add((path.relative_to(ROOT).as_posix(), one.module))
    assert found == set(TYPES_NAMED)


def test_nobody_keeps_a_list_of_node_types_or_answer_kinds() -> None:
    registers = {"engine/nodes/types.py", "engine/understanding/kinds.py"}
    lists = {
        path.relative_to(ROOT).as_posix()
        for path in FILES
        for node in ast.walk(TREES[path])
        for types in (NODE_TYPES, ANSWER_KINDS)
        if len(words_of(node) & set(types)) > 1
    }
    assert lists - registers == set(OTHERWISE_MEANT)


def words_of(node: ast.AST) -> set[str]:
    """The texts of a collection, or of a match's cases."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            texts = parts
        case ast.Dict(keys=keys):
            texts = [key for key in keys if key is not None]
        case ast.Match(cases=cases):
            texts = [case.pattern.value for case in cases if isinstance(case.pattern, ast.MatchValue)]
        case _:
            texts = []
    return {text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)}


# Below the list of carriers nobody is named; above it, who is the first of them where nobody says.
CARRIERS_NAMED = ("engine/carriers/", "engine/rehearsal/loopback/")
CARRIERS_TIES = {
    "engine/language/lint/bridges.py": "the words for a key, as callers say them",
    "engine/rehearsal/loopback/carrier.py": "plays Twilio where it is given an account and a token",
    "engine/cli/phone.py": "opens the browser's page, with the key to it",
}
CARRIERS_WORDS = {"browser": r"""["'/.]browser["'/]|browser_key"""}
"""How a name is told from the word that it is too."""
UNPLAYED = {"browser"}
"""Whom no part of ours plays, but the thing itself: tests/carriers/test_browser_phone.py."""


def test_nobody_but_a_carriers_own_files_knows_its_name() -> None:
    words = [CARRIERS_WORDS.get(carrier.name, carrier.name) for carrier in CARRIERS]
    names = re.compile("|".join(words), re.IGNORECASE)
    named = {
        path.relative_to(ROOT).as_posix() for path in FILES if names.search(path.read_text(encoding="utf-8"))
    }
    own = {f"{folder}{carrier.name}/" for folder in CARRIERS_NAMED for carrier in CARRIERS}
    lists = {"engine/carriers/__init__.py", "engine/rehearsal/loopback/playing.py"}
    kin = {"engine/carriers/signalwire/", "engine/rehearsal/loopback/signalwire/"}
    outside = {path for path in named if not path.startswith(tuple(own | kin))}
    assert outside == lists | set(CARRIERS_TIES)


def test_carriers_know_of_the_engine_only_their_door() -> None:
    wrong = [
        f"{where(path, one.line)} imports {one.module}"
        for path in FILES
        if room_of(path) == "carriers"
        for one in imports(TREES[path])
        if one.module.startswith("engine.") and one.module.split(".")[1] not in ("carriers", "media", "core")
    ]
    assert wrong == []


def test_every_carrier_has_its_part_its_settings_and_its_page() -> None:
    assert set(PARTS) | UNPLAYED == {carrier.name for carrier in CARRIERS}
    for carrier in CARRIERS:
        fields = carrier.settings.model_fields
        assert all(name.startswith(f"{carrier.name}_") for name in fields), carrier.name
        assert set(carrier.needs) <= set(fields), carrier.name
        assert (ROOT / "docs" / "carriers" / f"{carrier.name}.md").is_file(), carrier.name


def test_a_class_name_stands_once() -> None:
    """Migrations are left as they were written."""
    places: dict[str, list[str]] = {}
    for path in FILES:
        if "versions" not in path.parts:
            for node in ast.walk(TREES[path]):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(where(path, node.lineno))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}

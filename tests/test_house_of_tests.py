"""The tests wait for what happens, not for a time, and use of the engine what everybody may use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
TREES = {
    str(path.relative_to(TESTS)): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(TESTS.rglob("*.py"))
}

MAY_SLEEP = {
    "waiting.py": "the one wait of those who get no sign",
    "test_unhurried.py": "its subject is the time of sleeps",
    "corpus/write_calls.py": "a script that engines of any age run, which know nothing of these tests",
    "runtime/test_hostile_bidders.py": "a bidder that trickles is slow",
    "carriers/test_browser_calls.py": "a tab's microphone keeps time by the wall",
    "carriers/test_browser_phone.py": "a talk of two real tabs lasts as long as it is listened to",
}
MAY_REACH = {
    ("_writes", "store/store_world.py"): "a kill cannot be asked for",
    ("_task", "store/store_world.py"): "a kill cannot be asked for",
    ("_database", "store/store_world.py"): "a kill cannot be asked for",
    ("_links", "store/test_store_audits.py"): "what is read again is no result",
    ("_hashed", "accounts/test_erasures_in_turn.py"): "a fault that nothing else shows the way to",
    ("_panels", "exchange/test_bids.py"): "two ways to the same choice, of which the market shows one",
    ("_LOADER", "language/test_documents.py"): "the parser of a machine without libyaml",
    ("_PRAGMAS", "store/test_store_migrations.py"): "a disk that is full, by the limit of SQLite itself",
}


def sleeps(tree: ast.AST) -> Iterator[int]:
    """Lines that wait for a time; a sleep of 0 only lets others have their turn."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio"), attr="sleep"), args=[long, *_]):
                if not (isinstance(long, ast.Constant) and long.value == 0):
                    yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Name(id="time"), attr="sleep")):
                yield node.lineno
            case ast.ImportFrom(module="time" | "asyncio", names=names):
                if any(name.name == "sleep" for name in names):
                    yield node.lineno


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def reaches(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that are somebody else's own, and the lines where they are taken, replaced or imported."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                pass
            case ast.Attribute(attr=name) if is_private(name):
                yield name, node.lineno
            case ast.Call(func=ast.Attribute(attr="setattr") | ast.Name(id="setattr" | "getattr"), args=args):
                texts = [arg.value for arg in args if isinstance(arg, ast.Constant)]
                last = [text.rpartition(".")[2] for text in texts if isinstance(text, str)]
                yield from ((name, node.lineno) for name in last if is_private(name))
            case ast.ImportFrom(names=names):
                yield from ((name.name, node.lineno) for name in names if is_private(name.name))


def test_no_test_sleeps() -> None:
    found = {
        f"{file}:{line}" for file, tree in TREES.items() if file not in MAY_SLEEP for line in sleeps(tree)
    }
    assert found == set(), "wait with tests.waiting.until, or for an event"


def test_no_test_reaches_for_what_is_private() -> None:
    found = {
        f"{file}:{line} {name}"
        for file, tree in TREES.items()
        for name, line in reaches(tree)
        if (name, file) not in MAY_REACH
    }
    assert found == set()


def test_no_exception_is_left_over() -> None:
    assert [file for file in MAY_SLEEP if not list(sleeps(TREES[file]))] == []
    reached = {(name, file) for file, tree in TREES.items() for name, _ in reaches(tree)}
    assert set(MAY_REACH) - reached == set()

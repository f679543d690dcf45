"""The lock is what pyproject.toml allows: exact, with hashes, bound to no index; and what it asks for is used."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "requirements"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]

# Not imported by the engine itself, but by what it imports; pyproject.toml says beside each what for.
IMPORTED_BY_OTHERS = {"aiosqlite", "protobuf", "tzdata"}


def pins(lock: str) -> dict[str, set[str]]:
    """The versions of each package; several where one differs by Python or platform."""
    found = defaultdict(set)
    for line in (LOCKS / lock).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", " ")):
            name, _, rest = line.partition("==")
            found[canonicalize_name(name)].add(rest.split()[0])
    return found


def asked() -> Iterator[tuple[str, str]]:
    """Each requirement of pyproject.toml with a lock that must meet it."""
    for requirement in PYPROJECT["build-system"]["requires"]:
        yield "build.txt", requirement
    for requirement in PROJECT["dependencies"] + EXTRAS["voice"] + EXTRAS["speech"]:
        yield "engine.txt", requirement
        yield "development.txt", requirement
    for extra in EXTRAS.values():
        for requirement in extra:
            yield "development.txt", requirement


@pytest.mark.parametrize("lock", ["build.txt", "engine.txt", "development.txt"])
def test_a_lock_is_exact_has_hashes_and_names_no_place(lock: str) -> None:
    text = (LOCKS / lock).read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[^ #])", text.partition("make lock\n")[2].rstrip("\n")):
        pin, *hashes = entry.replace("\\\n", "").split("--hash=")
        assert re.fullmatch(r"[a-z0-9.-]+==[0-9][\w.+]*( ; .+)?", pin.strip()), pin
        assert hashes, pin
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each.strip()) for each in hashes), pin
    assert "/" not in text  # neither an index nor a folder


def test_every_range_of_the_project_is_met_by_its_lock() -> None:
    wrong = []
    for lock, text in asked():
        requirement = Requirement(text)
        locked = pins(lock).get(canonicalize_name(requirement.name), set())
        if not locked or not all(requirement.specifier.contains(version) for version in locked):
            wrong.append(f"{lock}: {text}, locked {sorted(locked)}; `make lock` remakes it")
    assert wrong == []


def test_the_locks_agree() -> None:
    whole = pins("development.txt")
    for lock in ("engine.txt", "build.txt"):
        for name, versions in pins(lock).items():
            assert versions <= whole.get(name, versions), f"{lock}: {name}"


def test_every_base_dependency_is_imported() -> None:
    modules = {
        module.partition(".")[0]
        for path in (ROOT / "engine").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for module in _imported(node)
    }
    providers = packages_distributions()
    used = {canonicalize_name(package) for module in modules for package in providers.get(module, ())}
    base = {canonicalize_name(Requirement(each).name) for each in PROJECT["dependencies"]}
    assert base - used == IMPORTED_BY_OTHERS


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []

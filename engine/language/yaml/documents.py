"""Reads YAML safely and remembers where everything was written.

Rules
1. Nothing in a file is executed or constructed: the result is dicts with text keys, lists and scalars.
2. Unquoted words mean what ``scalars`` says; keys are always text (``1:`` is "1"); tags are refused.
3. What can be noticed in one pass is reported in one pass; only a syntax error ends it.
4. A hostile file costs no more than a large honest one: size, depth and alias expansion are limited.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from engine.core.places import Place
from engine.language.kept.reference import Reference
from engine.language.mistakes import Mistake, Mistakes
from engine.language.yaml.scalars import Scalar, plain_value
from engine.language.yaml.tree import MAX_DEPTH, YamlNode, compose, first_content

MAX_BYTES = 8 << 20  # a network of ten thousand buyers takes three
MAX_EXPANDED = 20_000  # nodes that may come out of aliases and merge keys in one file

Pointer: TypeAlias = tuple[str | int, ...]
Tree: TypeAlias = "dict[str, Tree] | list[Tree] | Scalar"


@dataclass(frozen=True, slots=True)
class Mark:
    """How one value was written. ``raw`` is a scalar's text before it got a type."""

    value: Place
    key: Place | None
    content: Place
    raw: str | None
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one file, and for each path in it (``("nodes", "greet", "exits", 0)``) its place."""

    name: str
    value: Tree
    marks: Mapping[Pointer, Mark] = field(repr=False)
    sounds: Mapping[str, str] = field(default_factory=dict, repr=False)  # files of the folder, as kept
    reference: Reference = field(default_factory=Reference, repr=False, compare=False)  # the revision's

    def has(self, path: Pointer) -> bool:
        return path in self.marks

    def place(self, path: Pointer = ()) -> Place:
        """Where the value begins; for a path that isn't there, the nearest thing around it."""
        return self._nearest(path).value

    def key_place(self, path: Pointer) -> Place:
        """Where the value's key stands; a list's item and the root answer with the value's own place."""
        mark = self._nearest(path)
        return mark.key or mark.value

    def content_place(self, path: Pointer) -> Place:
        """Where the first character of a text stands, behind its quote or on its block's first line."""
        return self._nearest(path).content

    def is_plain(self, path: Pointer) -> bool:
        """Whether the scalar was written without quotes."""
        return path in self.marks and self.marks[path].is_plain

    def raw(self, path: Pointer) -> str | None:
        """The scalar's text as it stands in the file: "78701" where the value is the number 78701."""
        return self.marks[path].raw if path in self.marks else None

    def _nearest(self, path: Pointer) -> Mark:
        while path not in self.marks:
            path = path[:-1]
        return self.marks[path]


def read(path: Path, name: str | None = None) -> tuple[Document | None, list[Mistake]]:
    """Reads a file; ``name`` is what places call it. An unreadable file is a mistake like any other."""
    file = name if name is not None else str(path)
    mistakes = Mistakes()
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as problem:
        mistakes.error(Place(file, 1, 1), f"the file can't be read ({problem.strerror})")
        return None, list(mistakes)
    except UnicodeDecodeError as problem:
        if len(content) <= MAX_BYTES:
            line = content[: problem.start].count(b"\n") + 1
            mistakes.error(Place(file, line, 1), "this line isn't UTF-8", cure="save the file as UTF-8")
            return None, list(mistakes)
        text = content.decode("utf-8", "replace")
    return load(text, file)


def load(text: str, name: str) -> tuple[Document | None, list[Mistake]]:
    """The document, or None where it can't be used, and every mistake found on the way."""
    mistakes = Mistakes()
    start = Place(name, 1, 1)
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        cure = "split it into several files"
        mistakes.error(start, "the file is too large", expected="at most 8 MiB", cure=cure)
        return None, list(mistakes)
    root = compose(text, name, mistakes)
    if root is None:
        if not mistakes:
            mistakes.error(start, "the file is empty")
        return None, list(mistakes)
    if root.kind == "scalar" and root.is_plain:
        cure = "write a space after each ':'" if ":" in root.text else ""
        mistakes.error(root.place, "this file is plain text", expected="lines of 'key: value'", cure=cure)
        return None, list(mistakes)
    expansion = _Expansion(text.splitlines(), mistakes)
    try:
        value = expansion.value(root, (), None, is_expanded=False)
    except _TooMuchError as problem:
        mistakes.error(problem.place, str(problem), cure="use fewer '*' references")
        return None, list(mistakes)
    return Document(name, value, expansion.marks), list(mistakes)


class _TooMuchError(Exception):
    """Aliases that would blow up; ends the reading of this file."""

    def __init__(self, place: Place) -> None:
        super().__init__(
            f"the references in this file expand to more than {MAX_EXPANDED} values, or too deep"
        )
        self.place = place


class _Expansion:
    """Builds the values and their marks; counts what comes out of aliases and merge keys."""

    def __init__(self, lines: Sequence[str], mistakes: Mistakes) -> None:
        self.marks: dict[Pointer, Mark] = {}
        self._lines = lines
        self._mistakes = mistakes
        self._expanded = 0

    def value(self, node: YamlNode, path: Pointer, key: Place | None, *, is_expanded: bool) -> Tree:
        is_expanded = is_expanded or node.is_alias
        if is_expanded:
            self._count(node)
        if len(path) > MAX_DEPTH:
            raise _TooMuchError(node.place)
        raw = node.text if node.kind == "scalar" else None
        content = node.place if raw is None else first_content(node, self._lines)
        self.marks[path] = Mark(node.place, key, content, raw, node.is_plain)
        if node.kind == "scalar":
            return plain_value(node.text) if node.is_plain else node.text
        if node.kind == "list":
            return [
                self.value(item, (*path, index), None, is_expanded=is_expanded)
                for index, item in enumerate(node.items)
            ]
        return {
            name: self.value(child, (*path, name), place, is_expanded=is_expanded or is_merged)
            for name, (place, child, is_merged) in self._members(node, 0).items()
        }

    def _members(self, node: YamlNode, depth: int) -> dict[str, tuple[Place, YamlNode, bool]]:
        """A mapping's own entries, then what it merges in; its own always win, as do earlier merges."""
        members: dict[str, tuple[Place, YamlNode, bool]] = {}
        merged: list[YamlNode] = []
        merge_key: Place | None = None
        for key, child in node.entries:
            if key.kind != "scalar":
                self._complex_key(key)
            elif key.is_plain and key.text == "<<":
                if merge_key is not None:
                    self._twice(key, "<<", merge_key)
                merge_key = key.place
                merged += child.items if child.kind == "list" else [child]
            elif key.text in members:
                self._twice(key, key.text, members[key.text][0])
            elif key.is_plain and key.text == "":
                self._mistakes.error(key.place, "the key before this ':' is missing")
            else:
                members[key.text] = (key.place, child, False)
        for source in merged:
            self._count(source)
            if source.kind != "map" or depth > MAX_DEPTH:
                expected = "a mapping, as in '<<: *name'"
                self._mistakes.error(source.place, "'<<' needs a mapping", expected=expected)
                continue
            for name, (place, child, _) in self._members(source, depth + 1).items():
                self._count(child)
                members.setdefault(name, (place, child, True))
        return members

    def _count(self, node: YamlNode) -> None:
        self._expanded += 1
        if self._expanded > MAX_EXPANDED:
            raise _TooMuchError(node.place)

    def _twice(self, key: YamlNode, name: str, first: Place) -> None:
        found = f"'{name}' is given twice here, first at {first}"
        self._mistakes.error(key.place, found, cure="remove one of them")

    def _complex_key(self, key: YamlNode) -> None:
        if key.kind == "map":
            cure = "put text that starts with '{' in quotes"
            self._mistakes.error(key.place, "'{{' outside quotes", expected="quoted text", cure=cure)
        else:
            self._mistakes.error(key.place, "a list as a key", expected="a plain word before the ':'")

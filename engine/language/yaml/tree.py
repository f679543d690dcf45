"""From YAML text to a tree of marked nodes, without building a single value.

The parser's events are read with a stack of our own, so the depth of a hostile file can't exhaust
anything. Aliases stay references here; they are expanded by ``documents`` under a budget.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from engine.core.places import Place
from engine.language.mistakes import Mistakes
from engine.language.yaml.syntax import syntax_mistake

MAX_DEPTH = 40

# What YAML 1.2 forbids anywhere in a file; a byte order mark is fine at its start, and removed by then.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

_BRACKET = re.compile(r"[\[\]{}]")

# libyaml's parser where it is built in (some twenty times faster); both give the same events and marks.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True, eq=False)
class YamlNode:
    """A scalar, list or mapping as written. ``entries`` of a mapping are in the order of the file."""

    kind: Literal["scalar", "list", "map"]
    place: Place
    text: str = ""
    is_plain: bool = False
    style: str = ""
    items: list["YamlNode"] = field(default_factory=list)
    entries: list[tuple["YamlNode", "YamlNode"]] = field(default_factory=list)
    is_whole: bool = True
    is_alias: bool = False


def compose(text: str, file: str, mistakes: Mistakes) -> YamlNode | None:
    """The tree of the one document in the text, or None where the text could not be read to its end."""
    if not _is_printable(text, file, mistakes):
        return None
    composer = _Composer(file, mistakes)
    try:
        return composer.root if composer.read(text) else None
    except yaml.MarkedYAMLError as problem:
        if not _is_too_deep(text, composer, problem):
            mistakes.add(syntax_mistake(problem, file, text.splitlines()))
        return None


def _is_too_deep(text: str, composer: "_Composer", problem: yaml.MarkedYAMLError) -> bool:
    """Whether our limit is passed before the place where the scanner stopped; that mistake is then added.

    The scanner runs up to 1,024 characters ahead of its events, and libyaml 0.2.6 allows 1,000 levels: it
    fails at "[[[[…" before we have counted to forty. Cut behind a bracket that is one too many, the text
    leaves it nothing to run ahead into. Brackets may also be text or comment, so the events of the cut text
    have the last word. Where they see no depth, one longer part is read; more would cost too much.
    """
    if problem.problem_mark is None:
        return False
    end = problem.problem_mark.index
    level, too_many = composer.level, MAX_DEPTH + 1
    for bracket in _BRACKET.finditer(text, max(composer.end, end - 1100), end):
        level += 1 if bracket[0] in "[{" else -1
        if level >= too_many:
            too_many *= 8
            with suppress(yaml.MarkedYAMLError):
                if not composer.again().read(text[: bracket.end()]):
                    return True
    return False


class _Composer:
    """Builds the tree from the parser's events, one by one."""

    def __init__(self, file: str, mistakes: Mistakes) -> None:
        self.root: YamlNode | None = None
        self.end = 0  # characters of the text that the events so far have used up
        self._file = file
        self._mistakes = mistakes
        self._open: list[YamlNode] = []
        self._keys: list[YamlNode | None] = []
        self._anchors: dict[str, YamlNode] = {}
        self._has_document = False

    @property
    def level(self) -> int:
        """Lists and mappings that are open."""
        return len(self._open)

    def again(self) -> "_Composer":
        """One that has read nothing yet, for the same file and mistakes."""
        return _Composer(self._file, self._mistakes)

    def read(self, text: str) -> bool:
        """False where a mistake makes the rest not worth reading. Raises MarkedYAMLError."""
        for event in yaml.parse(text, Loader=_LOADER):
            if not self._take(event):
                return False
            assert event.end_mark is not None  # the parser marks every event
            self.end = event.end_mark.index
        return True

    def _take(self, event: Event) -> bool:
        if isinstance(event, AliasEvent):
            self._attach(self._aliased(event))
        elif isinstance(event, ScalarEvent):
            self._refuse_tag(event)
            plain = not event.style
            node = YamlNode("scalar", self._place(event), event.value, plain, event.style or "")
            self._anchor(event, node)
            self._attach(node)
        elif isinstance(event, CollectionStartEvent):
            return self._begin(event)
        elif isinstance(event, CollectionEndEvent):
            self._keys.pop()
            self._open.pop().is_whole = True
        elif isinstance(event, DocumentStartEvent):
            if self._has_document:
                cure = "split it into files, or remove the '---'"
                self._mistakes.error(self._place(event), "a second document in one file", cure=cure)
                return False
            self._has_document = True
        return True

    def _begin(self, event: CollectionStartEvent) -> bool:
        self._refuse_tag(event)
        place = self._place(event)
        if len(self._open) >= MAX_DEPTH:
            self._mistakes.error(place, f"lists and mappings are nested more than {MAX_DEPTH} levels deep")
            return False
        kind: Literal["list", "map"] = "map" if isinstance(event, MappingStartEvent) else "list"
        node = YamlNode(kind, place, is_whole=False)
        self._anchor(event, node)
        self._attach(node)
        self._open.append(node)
        self._keys.append(None)
        return True

    def _attach(self, node: YamlNode) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if parent.kind == "list":
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = node
        else:
            parent.entries.append((key, node))
            self._keys[-1] = None

    def _aliased(self, event: AliasEvent) -> YamlNode:
        place = self._place(event)
        node = self._anchors.get(event.anchor or "")
        if node is not None and node.is_whole:
            # A copy of the outside only: the inside is shared, its marks stay where it was written.
            return YamlNode(
                node.kind,
                place,
                node.text,
                node.is_plain,
                node.style,
                node.items,
                node.entries,
                is_alias=True,
            )
        if node is None:
            cure = 'declare it above with &, or put the text in quotes, as in "*"'
            self._mistakes.error(place, f"'*{event.anchor}' refers to nothing in this file", cure=cure)
        else:
            self._mistakes.error(place, f"'*{event.anchor}' is inside the value it refers to")
        return YamlNode("scalar", place, is_plain=True)

    def _anchor(self, event: NodeEvent, node: YamlNode) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node

    def _refuse_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.tag is not None:
            found = f"'{_shown_tag(event.tag)}' is a tag, and tags aren't supported"
            cure = "remove it, or put the text in quotes"
            self._mistakes.error(self._place(event), found, cure=cure)

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        assert mark is not None  # the parser marks every event
        return Place(self._file, mark.line + 1, mark.column + 1)


def first_content(node: YamlNode, lines: Sequence[str]) -> Place:
    """Where a scalar's own text begins: behind the quote, or on the first line of a block."""
    place = node.place
    if node.style in ("'", '"'):
        return place.moved(0, 1)
    if node.style in ("|", ">"):
        for number in range(place.line, len(lines)):
            if lines[number].strip():
                return Place(place.file, number + 1, len(lines[number]) - len(lines[number].lstrip()) + 1)
    return place


def _shown_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _is_printable(text: str, file: str, mistakes: Mistakes) -> bool:
    """Looks ahead of the parser, which would stop at the first one and count its place in bytes."""
    found = list(islice(_UNPRINTABLE.finditer(text), 20))
    for match in found:
        before = text[: match.start()]
        place = Place(file, before.count("\n") + 1, match.start() - before.rfind("\n"))
        mistakes.error(place, f"an invisible character (U+{ord(match[0]):04X})", cure="delete it")
    return not found

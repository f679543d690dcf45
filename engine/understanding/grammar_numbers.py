"""Whole numbers as people say them: ``forty five``, ``a hundred and twenty``, ``two grand``, ``1,200``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

from engine.core.conditions import Value
from engine.core.numerals import cardinal
from engine.understanding.tries import Trie

_BELOW_HUNDRED = {cardinal(number): number for number in range(100)}
_SCALES = {"thousand": 1000, "grand": 1000, "k": 1000, "million": 1_000_000, "billion": 1_000_000_000}


class NumberNode(NamedTuple):
    """How far a number has got: ``two thousand three hundred`` is done 2000, open 300."""

    done: int = 0
    open: int | None = None
    limit: int = 10**15  # a further scale must be smaller than this
    room: int = 10**15  # a further number must be smaller than this: after "hundred", 100
    figures: str = ""
    word: int = 0


def _lexicon() -> Trie[str]:
    words = [*_BELOW_HUNDRED, *_SCALES, "hundred", "a hundred", "a thousand", "a million", "and"]
    return Trie((word, word) for word in [*words, *"0123456789"])


_LEXICON = _lexicon()


class WholeNumbers(ABC):
    """Whole numbers from `lowest` to `highest`, both included; no fraction. A language has its words."""

    def __init__(self, lowest: int, highest: int) -> None:
        self.lowest = lowest
        self.highest = highest

    def start(self) -> NumberNode:
        return NumberNode()

    def step(self, node: NumberNode, letter: str) -> Iterator[NumberNode]:
        under_way, ended = self.words().read(node.word, letter)
        if under_way:
            yield node._replace(word=under_way)
        for word in ended:
            after = self.after(node._replace(word=0), word)
            if after is not None and after.done + (after.open or 0) <= self.highest:
                yield after

    def value(self, node: NumberNode) -> Value | None:
        """The number, where it lies within the limits and no word is under way."""
        if node.word or (node.open is None and not node.done):
            return None
        number = node.done + (node.open or 0)
        return number if self.lowest <= number <= self.highest else None

    @abstractmethod
    def words(self) -> Trie[str]:
        """The words of numbers."""

    @abstractmethod
    def after(self, node: NumberNode, word: str) -> NumberNode | None:
        """How far the number has got with this word; None where it can't go on so."""


class NumberCore(WholeNumbers):
    """Those of English."""

    def words(self) -> Trie[str]:
        return _LEXICON

    def after(self, node: NumberNode, word: str) -> NumberNode | None:
        if word.isdigit():
            if (node.figures == "" and node.open is not None) or len(node.figures) >= len(str(self.highest)):
                return None
            figures = node.figures + word
            return node._replace(open=int(figures), figures=figures, room=0)
        if word == "and":
            return node if node.done or (node.open or 0) >= 100 else None
        if word in _BELOW_HUNDRED:
            number = _BELOW_HUNDRED[word]
            if node.open is None:
                return node._replace(open=number, room=0)
            return node._replace(open=node.open + number, room=0) if number < node.room else None
        count, scale = (1, word.removeprefix("a ")) if word.startswith("a ") else (node.open or 0, word)
        if (word.startswith("a ") and (node.open is not None or node.done)) or count == 0:
            return None
        if scale == "hundred":
            return node._replace(open=count * 100, room=100, figures="") if count < 100 else None
        size = _SCALES[scale]
        if size >= node.limit:
            return None
        return NumberNode(node.done + count * size, None, size, size)

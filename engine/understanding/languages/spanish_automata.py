"""Spanish digits and numbers letter by letter, for the recogniser's search."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from engine.core.conditions import Value
from engine.core.sayers.spanish import before_a_noun, below_thousand
from engine.understanding.grammar_digits import DigitWord
from engine.understanding.tries import Trie

_MANY = ("ceros", "unos", "doses", "treses", "cuatros", "cincos", "seises", "sietes", "ochos", "nueves")
_TIMES = {"doble": 2, "triple": 3}
_SCALES = {"millón": 10**6, "millones": 10**6}


@cache
def digit_words() -> Trie[DigitWord]:
    """Digits, pairs, hundreds, "doble cero", "dos ceros", figures, and "mil", which is filled up."""
    words: Trie[DigitWord] = Trie()
    for number in range(1000):
        is_tens = 30 <= number < 100 and number % 10 == 0
        words.add(
            below_thousand(number),
            DigitWord(digits=str(number), is_tens=is_tens, is_unit=0 < number < 10),
        )
    for name, times in _TIMES.items():
        words.add(name, DigitWord(repeat=times))
    for times in (2, 3, 4):
        for digit, name in enumerate(_MANY):
            words.add(f"{below_thousand(times)} {name}", DigitWord(digits=str(digit) * times))
    words.add("mil", DigitWord(pad=3))
    for figure in "0123456789":
        words.add(figure, DigitWord(digits=figure))
    return words


class SpanishNumberNode(NamedTuple):
    """How far a number has got: ``dos millones trescientos mil`` is done 2,300,000."""

    done: int = 0
    open: int | None = None  # what the next "mil" or "millones" counts
    limit: int = 10**12  # a further scale must be smaller than this
    figures: str = ""
    word: int = 0


@cache
def _number_words() -> Trie[str]:
    words: Trie[str] = Trie()
    for number in range(1000):
        name = below_thousand(number)
        for spelled in dict.fromkeys((name, before_a_noun(name), name.replace("cientos", "cientas"))):
            words.add(spelled, str(number))
    words.add("una", "1")
    for name in ("mil", *_SCALES):
        words.add(name, name)
    for figure in "0123456789":
        words.add(figure, f"#{figure}")
    return words


class SpanishNumbers:
    """Whole numbers from `lowest` to `highest`, both included; no fraction."""

    def __init__(self, lowest: int, highest: int) -> None:
        self._lowest = lowest
        self._highest = highest

    def start(self) -> SpanishNumberNode:
        return SpanishNumberNode()

    def step(self, node: SpanishNumberNode, letter: str) -> Iterator[SpanishNumberNode]:
        under_way, ended = _number_words().read(node.word, letter)
        if under_way:
            yield node._replace(word=under_way)
        for word in ended:
            after = self._after(node._replace(word=0), word)
            if after is not None and after.done + (after.open or 0) <= self._highest:
                yield after

    def value(self, node: SpanishNumberNode) -> Value | None:
        """The number, where it lies within the limits and no word is under way."""
        if node.word or (node.open is None and not node.done):
            return None
        number = node.done + (node.open or 0)
        return number if self._lowest <= number <= self._highest else None

    def _after(self, node: SpanishNumberNode, word: str) -> SpanishNumberNode | None:
        if word.startswith("#"):
            is_other = node.open is not None and not node.figures
            if is_other or len(node.figures) >= len(str(self._highest)):
                return None
            figures = node.figures + word[1:]
            return node._replace(open=int(figures), figures=figures)
        if word.isdigit():
            if node.open is not None or (node.done and word == "0"):
                return None
            return node._replace(open=int(word))
        if word == "mil":
            count = 1 if node.open is None else node.open
            if node.limit <= 1000 or count == 0:
                return None
            return SpanishNumberNode(node.done + count * 1000, None, 1000)
        thousands = node.done % 10**6  # "mil millones": the thousand counts them
        count = thousands + (node.open or 0)
        if count == 0 or node.limit <= 10**6 < node.done:
            return None
        return SpanishNumberNode(count * _SCALES[word], None, 10**6)

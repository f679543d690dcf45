"""Digits as people say them: one by one, in pairs, doubled, by hundreds and thousands, or written in figures.

``seven eight seven oh one``, ``seventy eight seven oh one``, ``seven eight seven double oh``, ``one hundred
oh one``, ``ten thousand one`` and ``7-8-7-0-1`` are all read as the digits that they write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from engine.core.conditions import Value
from engine.core.numerals import cardinal
from engine.understanding.tries import Trie
from engine.understanding.zip_table import zip_table

_UNITS = {cardinal(digit): str(digit) for digit in range(10)} | {"oh": "0", "o": "0", "nought": "0"}
_PAIRS = {cardinal(number): str(number) for number in range(10, 100)}
_REPEATS = {"double": 2, "triple": 3}
_PADS = {"hundred": 2, "thousand": 3}


class DigitsNode(NamedTuple):
    """How far a run of digits has got."""

    digits: str = ""
    repeat: int = 0  # the next digit counts so often: after "double"
    pad: int = 0  # the next number fills so many places: after "hundred"
    tens: bool = False  # after "ninety": "ninety two" is 92, never 902
    word: int = 0  # the node of the word under way


class DigitWord(NamedTuple):
    """What a word does: gives digits, or changes how the next ones count."""

    digits: str = ""
    repeat: int = 0
    pad: int = 0
    is_tens: bool = False  # "ninety"
    is_unit: bool = False  # "two", which "ninety" would take to itself


@cache
def digit_words() -> Trie[DigitWord]:
    """Every word of a run of digits in English."""
    words: Trie[DigitWord] = Trie()
    for name, digits in (_UNITS | _PAIRS).items():
        is_tens = len(digits) == 2 and digits >= "20" and digits[1] == "0"
        words.add(name, DigitWord(digits=digits, is_tens=is_tens, is_unit=len(digits) == 1 and digits != "0"))
    for name, repeat in _REPEATS.items():
        words.add(name, DigitWord(repeat=repeat))
    for name, pad in _PADS.items():
        words.add(name, DigitWord(pad=pad))
        words.add(f"{name} and", DigitWord(pad=pad))
    for figure in "0123456789":
        words.add(figure, DigitWord(digits=figure))
    return words


class DigitsCore:
    """Runs of digits that begin some answer (`begins`), and are one (`is_whole`)."""

    def __init__(
        self, words: Trie[DigitWord], begins: Callable[[str], bool], is_whole: Callable[[str], bool]
    ) -> None:
        self._words = words
        self._begins = begins
        self._is_whole = is_whole

    def start(self) -> DigitsNode:
        return DigitsNode()

    def step(self, node: DigitsNode, letter: str) -> Iterator[DigitsNode]:
        under_way, ended = self._words.read(node.word, letter)
        if under_way:
            yield node._replace(word=under_way)
        for word in ended:
            yield from (after for after in _after(node, word) if self._begins(after.digits))

    def value(self, node: DigitsNode) -> Value | None:
        """The digits, where they are whole and no word is under way."""
        if node.word or node.repeat or node.pad or not self._is_whole(node.digits):
            return None
        return node.digits


def _after(node: DigitsNode, word: DigitWord) -> Iterator[DigitsNode]:
    if word.repeat:
        if not (node.repeat or node.pad):
            yield DigitsNode(node.digits, repeat=word.repeat)
    elif word.pad:
        counts = node.digits.strip("0") and not node.digits.endswith("00")
        if counts and not (node.repeat or node.pad):
            yield DigitsNode(node.digits + "0" * word.pad)
            yield DigitsNode(node.digits, pad=word.pad)
    elif node.repeat:
        if len(word.digits) == 1:
            yield DigitsNode(node.digits + word.digits * node.repeat)
    elif node.pad:
        if word.digits.lstrip("0"):
            yield DigitsNode(node.digits + word.digits.zfill(node.pad))
    elif not (node.tens and word.is_unit):
        yield DigitsNode(node.digits + word.digits, tens=word.is_tens)


def run_of_digits(words: Trie[DigitWord], shortest: int, longest: int) -> DigitsCore:
    """Any digits in these words, so many of them."""
    return DigitsCore(
        words, lambda digits: len(digits) <= longest, lambda digits: shortest <= len(digits) <= longest
    )


def zip_digits(words: Trie[DigitWord]) -> DigitsCore:
    """Five digits that are a ZIP code, in these words; only what begins one is followed."""
    codes, begins = _zips()
    return DigitsCore(words, begins.__contains__, codes.__contains__)


@cache
def _zips() -> tuple[frozenset[str], frozenset[str]]:
    """Every ZIP code, and everything that begins one."""
    codes = zip_table().codes()
    return frozenset(codes), frozenset(code[:length] for code in codes for length in range(6))

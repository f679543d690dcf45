"""Spelled letters and digits as a recogniser may hear them: one by one, by the radio alphabet, "B as in boy".

What a text is worth is what it says, letter by letter ("mike" and "m" are two ways to say M): the kind makes
the answer of it. What the forms of the answer allow (masks, lengths) is followed on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from engine.core.conditions import Value
from engine.core.numerals import cardinal
from engine.understanding.letter_names import ALPHABET, AS_IN, EXAMPLES
from engine.understanding.spelled_forms import SpelledForms
from engine.understanding.tries import Trie

_REPEATS = {"double": 2, "triple": 3}


class SpelledNode(NamedTuple):
    """How far spelling has got."""

    text: str = ""  # what it comes to, in capitals
    said: str = ""  # how it was said, where that may mean another text
    repeat: int = 0  # the next one counts so often: after "double"
    pieces: int = 0  # of which it is made: letters, digits, words for them
    word: int = 0  # the node of the word under way


class _Spelled(NamedTuple):
    """What a word does: gives a letter or digit, or makes the next one count more often."""

    signs: tuple[str, ...] = ()  # what it can be, the likeliest first
    said: str = ""
    repeat: int = 0


@cache
def _lexicon() -> Trie[_Spelled]:
    words: Trie[_Spelled] = Trie()
    for text, word in _words():
        words.add(text, word)
    return words


def _words() -> Iterator[tuple[str, _Spelled]]:
    letters = [*map(chr, range(ord("a"), ord("z") + 1))]
    for letter in letters:
        signs = ("O", "0") if letter == "o" else (letter.upper(),)
        yield letter, _Spelled(signs, letter)
        for joined in AS_IN:
            for example in (*EXAMPLES[letter.upper()], *_radio(letter.upper())):
                yield " ".join((letter, *joined, example)), _Spelled((letter.upper(),), letter)
    for word, letter in ALPHABET.items():
        yield word, _Spelled((letter,), word)
    yield "oh", _Spelled(("O", "0"), "oh")
    yield "double you", _Spelled(("W",), "w")
    yield "double u", _Spelled(("W",), "w")
    for digit in range(10):
        yield cardinal(digit), _Spelled((str(digit),), str(digit))
        yield str(digit), _Spelled((str(digit),), str(digit))
    for word, times in _REPEATS.items():
        yield word, _Spelled(repeat=times, said=word)


def _radio(letter: str) -> Iterable[str]:
    return (word for word, each in ALPHABET.items() if each == letter)


SPELLING_WORDS: tuple[str, ...] = tuple(
    dict.fromkeys(word for text, _ in _words() for word in text.split() if len(word) > 1)
)
"""The words by which letters and digits are told."""


class SpelledCore:
    """Texts of these forms."""

    def __init__(self, forms: SpelledForms) -> None:
        self._forms = forms
        self._words = _lexicon()

    def start(self) -> SpelledNode:
        return SpelledNode()

    def step(self, node: SpelledNode, letter: str) -> Iterator[SpelledNode]:
        under_way, ended = self._words.read(node.word, letter)
        if under_way:
            yield node._replace(word=under_way)
        for word in ended:
            yield from self._after(node, word)

    def value(self, node: SpelledNode) -> Value | None:
        """What was said, where it is whole and no word is under way."""
        is_open = node.word or node.repeat
        return None if is_open or not self._forms.is_whole(node.text) else node.said

    def _after(self, node: SpelledNode, word: _Spelled) -> Iterator[SpelledNode]:
        if word.repeat:
            if not node.repeat:
                yield SpelledNode(node.text, node.said, word.repeat, node.pieces)
            return
        times = node.repeat or 1
        for sign in word.signs:
            text = node.text + sign * times
            if self._forms.begins(text):
                yield SpelledNode(text, node.said + word.said * times, pieces=node.pieces + 1)
                return  # the likeliest that can stand there

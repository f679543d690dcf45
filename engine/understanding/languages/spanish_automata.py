"""Spanish digits and numbers letter by letter, for the recogniser's search."""

from __future__ import annotations

from functools import cache

from engine.core.sayers.spanish import before_a_noun, below_thousand
from engine.understanding.grammar_digits import DigitWord
from engine.understanding.grammar_numbers import NumberNode, WholeNumbers
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


class SpanishNumbers(WholeNumbers):
    """Those of Spanish: ``dos millones trescientos mil`` is done 2,300,000."""

    def words(self) -> Trie[str]:
        return _number_words()

    def after(self, node: NumberNode, word: str) -> NumberNode | None:
        if word.startswith("#"):
            is_other = node.open is not None and not node.figures
            if is_other or len(node.figures) >= len(str(self.highest)):
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
            return NumberNode(node.done + count * 1000, None, 1000)
        thousands = node.done % 10**6  # "mil millones": the thousand counts them
        count = thousands + (node.open or 0)
        if count == 0 or node.limit <= 10**6 < node.done:
            return None
        return NumberNode(count * _SCALES[word], None, 10**6)

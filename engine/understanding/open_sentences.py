"""Any sentence, followed piece by piece, with an eye on the answers that it may hold.

An open grammar refuses nothing. It tells which answers a text has named so far ("I need a new roof in 78701"
names a need and a ZIP), so that of two texts that sound alike the one that answers something can be favoured.

Rules
1. An answer begins where a word begins and ends where a word ends.
2. An answer that was named stays named: "78701, no, 78702" names two, and understanding them comes later.
3. Digits that go on are another answer: of "78701 5" no ZIP is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.understanding.grammar_digits import DigitsNode
from engine.understanding.grammars import AnswerCore, answer_core
from engine.understanding.tries import folded

_IN_A_WORD = "'\u2019"


class AnswerStretch(NamedTuple):
    """A stretch of words that may be an answer of this part, so far."""

    part: int
    node: Any


class Named(NamedTuple):
    """An answer that a text names."""

    part: int
    value: Value


class Sentence(NamedTuple):
    """What an open grammar knows of a text."""

    places: frozenset[AnswerStretch] = frozenset()
    named: frozenset[Named] = frozenset()
    whole: frozenset[Named] = frozenset()  # named by the words just said, unless they go on
    in_word: bool = False


class OpenGrammar:
    """The automaton of an open spec."""

    def __init__(self, spec: GrammarSpec) -> None:
        if not spec.is_open:
            raise ValueError(f"the grammar of '{spec.core}' is not open")
        self.spec = spec
        self.start = Sentence()
        self._cores: tuple[AnswerCore, ...] = tuple(answer_core(part) for part in spec.parts)

    def after(self, sentence: Sentence, piece: str) -> Sentence:
        """The sentence with one more piece of text."""
        for letter in folded(piece):
            if letter.isascii() and letter.isalnum():
                sentence = self._letter(sentence, letter)
            elif letter not in _IN_A_WORD:
                sentence = self._word_ends(sentence)
        return sentence

    def named(self, sentence: Sentence) -> frozenset[Named]:
        """The answers that the sentence names if it ends here."""
        ended = self._word_ends(sentence)
        return ended.named | ended.whole

    def worth(self, sentence: Sentence) -> float:
        """How many answers the sentence has named, and how far it has got with the digits of one more."""
        named = {one.part for one in sentence.named | sentence.whole}
        begun: dict[int, float] = {}
        for part, node in sentence.places:
            if part not in named and isinstance(node, DigitsNode) and len(node.digits) > 1:
                share = len(node.digits) / self.spec.parts[part].highest
                begun[part] = max(begun.get(part, 0.0), share)
        return len(named) + sum(begun.values())

    def _letter(self, sentence: Sentence, letter: str) -> Sentence:
        places, named = sentence.places, sentence.named
        if not sentence.in_word:
            places |= {AnswerStretch(part, core.start()) for part, core in enumerate(self._cores)}
        following = frozenset(
            AnswerStretch(place.part, node)
            for place in places
            for node in self._cores[place.part].step(place.node, letter)
        )
        if not sentence.in_word:
            # The next word is no part of what was whole: a digit after five would have made it none.
            named |= frozenset(one for one in sentence.whole if not self._goes_on(one, letter))
        return Sentence(following, named, frozenset(), True)

    def _word_ends(self, sentence: Sentence) -> Sentence:
        if not sentence.in_word:
            return sentence
        return Sentence(sentence.places, sentence.named, frozenset(self._whole(sentence.places)), False)

    def _whole(self, places: Iterable[AnswerStretch]) -> Iterable[Named]:
        for place in places:
            value = self._cores[place.part].value(place.node)
            if value is not None:
                yield Named(place.part, value)

    def _goes_on(self, named: Named, letter: str) -> bool:
        return self.spec.parts[named.part].core in ("zip_code", "digit_run") and letter.isdigit()

"""Following a grammar of spelled letters: a word of the model is no letters in a row.

Any letters may be spelled, so any token of the model would be: "house" as H, O, U, S, E. A token of several
letters is let in only as a part of a word that the grammar knows ("alpha", "as in boy", "please"); letters
come one by one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.beam import Follower, TokenTrie, Ways
from engine.understanding.grammar_spelled import SPELLING_WORDS
from engine.understanding.grammars import Grammar, State
from engine.understanding.tries import Trie, squashed


class SpelledFollower(Follower):
    """As Follower, of a spelled answer."""

    def __init__(self, grammar: Grammar, tokens: TokenTrie) -> None:
        super().__init__(grammar, tokens)
        self._separators = tokens.separators
        parts = _parts_of(_texts(grammar.spec))
        self._pieces: Trie[int] = Trie(
            (text, index)
            for index, text in enumerate(tokens.texts)
            if text is not None and text.isascii() and _is_piece(squashed(text), parts)
        )

    def found(self, state: State) -> Ways:
        """How a text goes on from there."""
        known = self.grammar.longest_spelled(state)
        tokens: list[int] = list(self._separators)
        states: list[State] = [state] * len(tokens)
        open_ways: list[tuple[int, State, int]] = [(0, state, known)]
        while open_ways:
            node, at, most = open_ways.pop()
            for letter in self._pieces.letters(node):
                after = self.grammar.step(at, letter)
                longest = most + 1 if letter.isdigit() or node == 0 else most
                after = None if after is None else self.grammar.spelled_within(after, longest)
                if after is None:
                    continue
                following = self._pieces.step(node, letter)
                assert following is not None
                ends = self._pieces.ends(following)
                tokens += ends
                states += [after] * len(ends)
                open_ways.append((following, after, longest))
        return Ways(np.array(tokens, np.int64), tuple(states), bool(self.grammar.readings(state)))


def _texts(spec: GrammarSpec) -> Iterable[str]:
    """Everything of several letters that may be said."""
    yield from (*SPELLING_WORDS, *spec.leads, *spec.tails, *spec.others, *spec.asides)
    yield from (*spec.aside_leads, *spec.aside_tails)


def _parts_of(texts: Iterable[str]) -> frozenset[str]:
    """Whatever stands within a word of these."""
    parts: set[str] = set()
    for word in {squashed(word) for text in texts for word in text.split()}:
        parts |= {word[first:past] for first in range(len(word)) for past in range(first + 2, len(word) + 1)}
    return frozenset(parts)


def _is_piece(letters: str, parts: frozenset[str]) -> bool:
    return len(letters) == 1 or letters.isdigit() or letters in parts

"""The search for any sentence in which an option of a choice may be named.

A speech model takes a rare name for words that it knows better ("Geico" for "made vital"), and a search by
likelihood alone drops the name before it is whole. So half of the beam is for rows that name an option or
have begun to: the further on, the more they are favoured, and a name that breaks off loses it all again
(contextual biasing). What a text scores is what the model says of it, and no favour: of two texts the named
one is believed only as far as the sound bears it.

Rules
1. An option begins where a word begins and ends where a word ends, as in engine.understanding.open_sentences.
2. Texts that differ in spacing, capitals or punctuation alone are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.beam import TokenTrie
from engine.media.speech.model import Floats, Ids, SoundT, SpeechModel, log_sum_exp
from engine.media.speech.open_beam import gone_on
from engine.understanding.open_sentences import OpenGrammar, Sentence
from engine.understanding.tries import Trie, squashed

_PLACES = {"plain": 3, "begun": 4, "named": 3}
"""Rows that name no option, that have begun to, and that have named one."""

_ROWS = sum(_PLACES.values())
_WAYS, _NAMING_WAYS = 6, 3  # tokens by which a row goes on: the likeliest, and the likeliest that name
_FAVOUR = 8.0  # of a whole name, in nats
_KEEP_GOING = 9.0  # an unfinished row so far below the best whole text is given up
_LEAST_TOKENS = 8
_MOST_WHOLE = 24
_MOST_NAMING = 2000
"""Places among the names whose next tokens are kept."""


@dataclass(frozen=True, slots=True)
class SpottedText:
    """A whole text: its log-probability, how many tokens it has, and the options that it names."""

    text: str
    score: float
    tokens: int
    named: frozenset[str]


@dataclass(frozen=True, slots=True)
class _SentenceSoFar:
    tokens: tuple[int, ...]
    text: str
    score: float
    favour: float
    sentence: Sentence

    @property
    def favoured(self) -> float:
        return self.score + self.favour


class Spotter:
    """The options of one grammar, in a model's tokens."""

    def __init__(self, spec: GrammarSpec, tokens: TokenTrie) -> None:
        named = GrammarSpec("phrases", phrases=spec.phrases, tongue=spec.tongue)
        self.open = OpenGrammar(GrammarSpec("open", is_open=True, parts=(named,), tongue=spec.tongue))
        self._tokens = tokens
        self._names: Trie[int] = Trie((text, 0) for text, _ in spec.phrases)
        self._progress = _progress(self._names, (squashed(text) for text, _ in spec.phrases))
        self._going_on: dict[int, tuple[int, ...]] = {}
        self._naming: dict[tuple[bool, frozenset[int]], Ids] = {}

    def favour(self, sentence: Sentence) -> float:
        """What the sentence is favoured by, in nats: all of it for a name, a part for what begins one."""
        if sentence.named or sentence.whole:
            return _FAVOUR
        begun = (self._progress.get(place.node[0], 0.0) for place in sentence.places)
        return _FAVOUR * max(begun, default=0.0)

    def naming(self, row: Sequence[int], sentence: Sentence) -> Ids:
        """The tokens that go on with a name, or begin one."""
        nodes = frozenset(place.node[0] for place in sentence.places) - {0}
        is_first = not row
        known = self._naming.get((is_first, nodes))
        if known is None:
            if len(self._naming) > _MOST_NAMING:
                self._naming.clear()
            known = self._naming[is_first, nodes] = self._found_naming(is_first, nodes)
        return known

    def _found_naming(self, is_first: bool, nodes: frozenset[int]) -> Ids:
        """The tokens looked for anew: those inside a name, and those that begin one with a word."""
        texts = self._tokens.texts
        begin = (token for token in self._after(0) if is_first or (texts[token] or "").startswith(" "))
        return np.array(sorted({*begin, *(token for node in nodes for token in self._after(node))}), np.int64)

    def _after(self, node: int) -> tuple[int, ...]:
        """The tokens whose letters go on from a node of the names, to a name's end at most."""
        known = self._going_on.get(node)
        if known is None:
            found: list[int] = []
            ways = [(0, node)]
            while ways:
                at, name = ways.pop()
                for letter in self._tokens.tokens.letters(at):
                    after, following = self._names.step(name, letter), self._tokens.tokens.step(at, letter)
                    if after is not None and following is not None:
                        found += self._tokens.tokens.ends(following)
                        ways.append((following, after))
            known = self._going_on[node] = tuple(found)
        return known


def spot(model: SpeechModel[SoundT], encoded: SoundT, spotter: Spotter) -> tuple[SpottedText, ...]:
    """Whole texts, the likeliest first."""
    grammar = spotter.open
    beam = [_SentenceSoFar((), "", 0.0, 0.0, grammar.start)]
    whole: list[SpottedText] = []
    floor = -np.inf
    step = model.first(encoded)
    encoded = encoded.rows(_ROWS)
    for _ in range(_LEAST_TOKENS + int(encoded.seconds * model.tokens_a_second)):
        scores = step.logits - log_sum_exp(step.logits)[:, None]
        for at, row in enumerate(beam):
            ended = _ended(row, float(scores[at, model.end]), grammar)
            whole.append(ended)
            floor = max(floor, ended.score + (_FAVOUR if ended.named else 0.0) - _KEEP_GOING)
        kept = _kept(_grown(model, beam, scores, spotter), floor)
        if not kept:
            break
        beam = [row for _, row in kept]
        step = gone_on(model, encoded, step, [(parent, row.tokens[-1]) for parent, row in kept])
    return _merged(whole)


def _ended(row: _SentenceSoFar, end: float, grammar: OpenGrammar) -> SpottedText:
    named = frozenset(str(one.value) for one in grammar.named(row.sentence))
    return SpottedText(row.text.strip(), row.score + end, len(row.tokens), named)


def _grown(
    model: SpeechModel[SoundT], beam: Sequence[_SentenceSoFar], scores: Floats, spotter: Spotter
) -> list[tuple[int, _SentenceSoFar]]:
    """Every row by its likeliest tokens, and by the likeliest that name an option."""
    grown: list[tuple[int, _SentenceSoFar]] = []
    for at, row in enumerate(beam):
        tokens = set(np.argpartition(-scores[at], _WAYS)[:_WAYS].tolist())
        naming = spotter.naming(row.tokens, row.sentence)
        if len(naming):
            tokens |= set(naming[np.argsort(-scores[at, naming])[:_NAMING_WAYS]].tolist())
        for token in tokens:
            piece = model.tokens[token]
            if piece is not None:
                sentence = spotter.open.after(row.sentence, piece)
                score = row.score + float(scores[at, token])
                favour = spotter.favour(sentence)
                grown.append(
                    (at, _SentenceSoFar((*row.tokens, token), row.text + piece, score, favour, sentence))
                )
    return grown


def _kept(grown: Iterable[tuple[int, _SentenceSoFar]], floor: float) -> list[tuple[int, _SentenceSoFar]]:
    """The best rows of each sort, each text once, and of those that name an option the best for each."""
    kept: dict[str, list[tuple[int, _SentenceSoFar]]] = {"plain": [], "begun": [], "named": []}
    seen: set[object] = set()
    for parent, row in sorted(grown, key=lambda pair: -pair[1].favoured):
        if row.favoured < floor:
            break
        names = row.sentence.named | row.sentence.whole
        sort = "named" if names else "begun" if row.favour else "plain"
        text = names or (squashed(row.text), row.sentence.in_word)
        if len(kept[sort]) < _PLACES[sort] and text not in seen:
            seen.add(text)
            kept[sort].append((parent, row))
    return [pair for rows in kept.values() for pair in rows]


def _merged(whole: Iterable[SpottedText]) -> tuple[SpottedText, ...]:
    best: dict[str, SpottedText] = {}
    for text in sorted(whole, key=lambda text: -text.score):
        best.setdefault(squashed(text.text), text)
    return tuple(best.values())[:_MOST_WHOLE]


def _progress(names: Trie[int], texts: Iterable[str]) -> dict[int, float]:
    """By node of the names, how much of the shortest name through it has been said, by its root: the
    beginning counts most, for it is what a search drops."""
    shares: dict[int, float] = {}
    for text in texts:
        node = 0
        for place, letter in enumerate(text, 1):
            following = names.step(node, letter)
            assert following is not None
            node = following
            shares[node] = max(shares.get(node, 0.0), float(np.sqrt(place / len(text))))
    return shares

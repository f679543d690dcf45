"""The search: what the model most likely heard, of all that a grammar allows.

Rows go through the decoder together. Row 0 is free: it always takes the model's best token, and its score
is what the model thinks likeliest with no grammar at all. The others are a beam, and each lives only while
its text begins something allowed. Scores are natural log-probabilities.

One answer is written in many ways ("78701", "Seven eight…", "7-8-7-0-1"), so rows that stand at the same
place of the grammar are kept to a few, and the ways of one answer that reach the end are summed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.media.speech.model import Floats, Ids, SoundT, SpeechModel, log_sum_exp
from engine.understanding.grammars import Grammar, Reading, State
from engine.understanding.tries import Trie, folded, squashed

_SEPARATORS = frozenset((" ", ",", ".", "-", "!", "?", "'", " -", "...", "/", ":", "$", " $", ";"))
_KEY_PENALTY = 2.0
"""What a spoken key must be the likelier by: in noise a short "one" is always near."""


class TokenTrie:
    """The model's tokens by the letters that a grammar reads; `folds`: those with accents as well."""

    def __init__(self, tokens: Sequence[str | None], *, folds: bool = False) -> None:
        self.texts = tokens
        self.separators = np.array(
            [index for index, text in enumerate(tokens) if text in _SEPARATORS], dtype=np.int64
        )
        self.tokens: Trie[int] = Trie(
            (text, index)
            for index, text in enumerate(tokens)
            if text is not None and text.isprintable() and squashed(text) and _is_latin(text, folds)
        )


def _is_latin(text: str, folds: bool) -> bool:
    return text.isascii() or (folds and all(letter.isascii() or folded(letter).isascii() for letter in text))


@dataclass(frozen=True, slots=True)
class Ways:
    """How a text may go on from a state: tokens, and the state after each."""

    tokens: Ids
    states: tuple[State, ...]
    may_end: bool


class Follower:
    """A grammar in the model's tokens. Ways are remembered from one phrase to the next."""

    def __init__(self, grammar: Grammar, tokens: TokenTrie) -> None:
        self.grammar = grammar
        self._tokens = tokens
        self._alone = frozenset(squashed(text) for text, _ in grammar.spec.alone)
        self._ways: dict[State, Ways] = {}

    def ways(self, state: State) -> Ways:
        known = self._ways.get(state)
        if known is None:
            if len(self._ways) > 20_000:
                self._ways.clear()
            known = self._ways[state] = self.found(state)
        return known

    def weighed(self, found: Found) -> Found:
        """The same with every key less likely than the words that a caller was offered beside it."""
        if not self._alone:
            return found
        allowed = (
            replace(text, score=text.score - _KEY_PENALTY) if self._is_key(text.tokens) else text
            for text in found.allowed
        )
        return replace(found, allowed=tuple(allowed)).ranked()

    def _is_key(self, tokens: Sequence[int]) -> bool:
        return squashed("".join(self._tokens.texts[token] or "" for token in tokens)) in self._alone

    def found(self, state: State) -> Ways:
        """How a text goes on from there, looked for anew."""
        tokens: list[int] = list(self._tokens.separators)
        states: list[State] = [state] * len(tokens)
        trie = self._tokens.tokens
        open_ways = [(0, state)]
        while open_ways:
            node, at = open_ways.pop()
            for letter in trie.letters(node):
                after = self.grammar.step(at, letter)
                if after is None:
                    continue
                following = trie.step(node, letter)
                assert following is not None
                ends = trie.ends(following)
                tokens += ends
                states += [after] * len(ends)
                open_ways.append((following, after))
        return Ways(np.array(tokens, np.int64), tuple(states), bool(self.grammar.readings(state)))


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A whole text that the grammar allows."""

    tokens: tuple[int, ...]
    score: float
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: allowed texts, best first, and the free text with its score.

    Of several `sounds` of the same words, `agreed` is the share in which the likeliest reading is the same.
    """

    allowed: tuple[Hypothesis, ...]
    free: tuple[int, ...]
    free_score: float
    agreed: float = 1.0
    sounds: int = 1

    def ranked(self) -> Found:
        """The same with its texts in the order of their scores."""
        best_first = sorted(self.allowed, key=lambda text: -text.score)
        return replace(self, allowed=tuple(best_first))


@dataclass(frozen=True, slots=True)
class Width:
    """How wide to search."""

    rows: int = 12
    rows_a_state: int = 3
    keep_going: float = 6.0  # an unfinished row so far below the best whole text is given up
    ends_free: bool = False  # the free text ends with the last row: some models go round in circles
    hopeless: float = np.inf  # a row so far below the free text, as far as both have come, is given up


@dataclass(slots=True)
class _Row:
    tokens: tuple[int, ...]
    score: float
    state: State
    separators: int = 0  # at the end


def search(model: SpeechModel[SoundT], encoded: SoundT, follower: Follower, width: Width) -> Found:
    """Both searches in one go."""
    beam = [_Row((), 0.0, follower.grammar.start)]
    free: tuple[int, ...] = ()
    free_score, free_done = 0.0, False
    whole: list[Hypothesis] = []
    step = model.first(encoded)
    encoded = encoded.rows(width.rows + 1)
    logits = np.repeat(step.logits, 2, 0)
    memory = tuple(np.repeat(part, 2, 0) for part in step.memory)
    for _ in range(8 + int(encoded.seconds * model.tokens_a_second)):
        sums = log_sum_exp(logits)
        if not free_done:
            best_free = int(logits[0].argmax())
            free_score += float(logits[0, best_free] - sums[0])
            free_done = best_free == model.end
            free = free if free_done else (*free, best_free)
        spoken = _Spoken(logits[1:], sums[1:])
        whole += _ended(beam, spoken, follower, model.end)
        beam, parents = _grown(beam, spoken, follower, width)
        best = max((hypothesis.score for hypothesis in whole), default=-np.inf)
        floor = max(best - width.keep_going, free_score - width.hopeless)
        alive = [index for index, row in enumerate(beam) if row.score > floor]
        beam, parents = [beam[index] for index in alive], [parents[index] for index in alive]
        if not beam and (free_done or width.ends_free):
            break
        taken = [0, *(parent + 1 for parent in parents)]
        said = np.array(
            [free[-1] if not free_done else model.end, *(row.tokens[-1] for row in beam)], np.int64
        )
        step = model.next(encoded, said, tuple(part[taken] for part in memory))
        logits, memory = step.logits, step.memory
    return Found(tuple(whole), free, free_score).ranked()


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What the decoder says of the beam's rows."""

    logits: Floats
    sums: Floats

    def scores(self, row: int, tokens: Ids) -> Floats:
        return np.asarray(self.logits[row, tokens] - self.sums[row], np.float32)


def _ended(beam: Sequence[_Row], spoken: _Spoken, follower: Follower, end: int) -> list[Hypothesis]:
    """The rows whose texts may end here, ended."""
    return [
        Hypothesis(
            row.tokens,
            row.score + float(spoken.logits[index, end] - spoken.sums[index]),
            follower.grammar.readings(row.state),
        )
        for index, row in enumerate(beam)
        if follower.ways(row.state).may_end
    ]


def _grown(
    beam: Sequence[_Row], spoken: _Spoken, follower: Follower, width: Width
) -> tuple[list[_Row], list[int]]:
    """The next beam and each row's parent."""
    totals: list[Floats] = []
    origins: list[tuple[int, Ways]] = []
    for index, row in enumerate(beam):
        ways = follower.ways(row.state)
        totals.append(spoken.scores(index, ways.tokens) + np.float32(row.score))
        origins.append((index, ways))
    if not totals:
        return [], []
    starts = np.cumsum([0, *(len(part) for part in totals)])
    joined = np.concatenate(totals)
    grown: list[_Row] = []
    parents: list[int] = []
    crowd: dict[State, int] = {}
    count = min(len(joined), 6 * width.rows)
    nearest = np.argpartition(-joined, count - 1)[:count]
    for place in nearest[np.argsort(-joined[nearest])]:
        which = int(np.searchsorted(starts, place, "right")) - 1
        index, ways = origins[which]
        way = int(place - starts[which])
        state = ways.states[way]
        is_separator = state is beam[index].state
        separators = beam[index].separators + 1 if is_separator else 0
        if separators > 2 or crowd.get(state, 0) >= width.rows_a_state:
            continue
        crowd[state] = crowd.get(state, 0) + 1
        grown.append(
            _Row((*beam[index].tokens, int(ways.tokens[way])), float(joined[place]), state, separators)
        )
        parents.append(index)
        if len(grown) == width.rows:
            break
    return grown, parents


def summed(hypotheses: Sequence[Hypothesis]) -> Mapping[Reading, float]:
    """Each reading's score over all its texts, best first; a text of two readings counts for both."""
    totals: dict[Reading, float] = {}
    for hypothesis in hypotheses:
        for reading in hypothesis.readings:
            totals[reading] = float(np.logaddexp(totals.get(reading, -np.inf), hypothesis.score))
    return dict(sorted(totals.items(), key=lambda pair: -pair[1]))

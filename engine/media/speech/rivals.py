"""What differs from the likeliest text by one number, scored in the same sound, whatever the search gave up.

A search keeps a few rows, so that "six" may lose to "eight" early and for good, and the answer then looks
surer than it is. Here each digit of the likeliest text is held against all others.

Rules
1. A rival differs in one spoken number: a digit for a digit, or a ten for a ten or its teen.
2. What the model says at each place of the text (one row, one pass) tells which rivals may matter. Only
   those are scored whole, all in one pass: of clear digits there are none, and it costs that one row.
3. What the grammar reads as no answer is no rival: a code that does not exist, the same digit in other words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from engine.core.numerals import cardinal
from engine.media.speech.beam import Follower, Found, Hypothesis
from engine.media.speech.model import Floats, SoundT, SpeechModel
from engine.understanding.grammars import Reading
from engine.understanding.tries import squashed

_NEAR = 6.0
"""A rival so much less likely at its place than the text is given up: its odds are 1 to 400."""

_MOST = 24
"""Rivals that are scored at most."""

_LONGEST = 4
"""Tokens of one number at most: " F", "ive"."""


@dataclass(frozen=True, slots=True)
class _NumberPlace:
    """Where a text's tokens spell a number."""

    first: int
    past: int
    text: str


class Rivals:
    """Those of any text in a model's tokens, which are remembered."""

    def __init__(self, tokens: Sequence[str | None]) -> None:
        self._texts = tokens
        self._ids = {text: index for index, text in enumerate(tokens) if text}
        self._spelled: dict[str, tuple[int, ...]] = {}

    def beside(self, model: SpeechModel[SoundT], encoded: SoundT, follower: Follower, found: Found) -> Found:
        """What was found, and the rivals of its likeliest text that are near in this sound."""
        if not found.allowed:
            return found
        best = found.allowed[0]
        known = {text.tokens for text in found.allowed}
        near = [
            (tokens, readings)
            for tokens in self.near(best.tokens, model.places(encoded, best.tokens))
            if tokens not in known and (readings := self._readings(follower, tokens, best))
        ][:_MOST]
        if not near:
            return found
        scores = model.score(encoded, [tokens for tokens, _ in near])
        rivals = (
            Hypothesis(tokens, float(score), readings)
            for (tokens, readings), score in zip(near, scores, strict=True)
        )
        return replace(found, allowed=(*found.allowed, *rivals)).ranked()

    def near(self, tokens: Sequence[int], places: Floats) -> list[tuple[int, ...]]:
        """The texts with one number changed, likeliest first by the place of the change alone.

        `places` are log-probabilities of each token at each place of the text.
        """
        found: dict[tuple[int, ...], float] = {}
        for number in self.numbers(tokens):
            own = tokens[number.first : number.past]
            for other in self._others(number.text):
                loss = _loss(own, other, places[number.first :])
                if loss > -_NEAR:
                    found[(*tokens[: number.first], *other, *tokens[number.past :])] = loss
        return sorted(found, key=lambda text: -found[text])

    def numbers(self, tokens: Sequence[int]) -> Iterator[_NumberPlace]:
        """The numbers of a text, each the longest that its tokens spell: "sixteen" rather than "six"."""
        at = 0
        while at < len(tokens):
            ends = range(min(at + _LONGEST, len(tokens)), at, -1)
            past = next((end for end in ends if self._is_number(tokens[at:end])), 0)
            if past:
                yield _NumberPlace(at, past, self._text(tokens[at:past]))
            at = past or at + 1

    def _is_number(self, tokens: Sequence[int]) -> bool:
        ends = (squashed(self._texts[token] or "") for token in (tokens[0], tokens[-1]))
        return all(ends) and squashed(self._text(tokens)) in confusable()

    def _others(self, text: str) -> Iterator[tuple[int, ...]]:
        """The rivals of a number in tokens, written as it is: " six" → " eight", "Six" → "Eight"."""
        bare = text.lstrip()
        before = text[: len(text) - len(bare)]
        for word in confusable()[squashed(text)]:
            if tokens := self._in_tokens(before + (word.capitalize() if bare[:1].isupper() else word)):
                yield tokens

    def _in_tokens(self, text: str) -> tuple[int, ...]:
        """A text in its tokens, each the longest that goes on so; nothing where none does."""
        if text not in self._spelled:
            found: list[int] = []
            rest = text
            while rest:
                size = next((size for size in range(len(rest), 0, -1) if rest[:size] in self._ids), 0)
                if not size:
                    found.clear()
                    break
                found.append(self._ids[rest[:size]])
                rest = rest[size:]
            self._spelled[text] = tuple(found)
        return self._spelled[text]

    def _readings(self, follower: Follower, tokens: tuple[int, ...], best: Hypothesis) -> tuple[Reading, ...]:
        state = follower.grammar.follow(self._text(tokens))
        found = () if state is None else follower.grammar.readings(state)
        return tuple(reading for reading in found if reading not in best.readings)

    def _text(self, tokens: Sequence[int]) -> str:
        return "".join(self._texts[token] or "" for token in tokens)


def _loss(own: Sequence[int], other: Sequence[int], places: Floats) -> float:
    """What it costs to write a number as another, up to the first token in which they differ."""
    at = next((at for at, pair in enumerate(zip(own, other, strict=False)) if pair[0] != pair[1]), -1)
    if at < 0:
        return -_NEAR
    return float(places[at, other[at]]) - sum(float(places[on, own[on]]) for on in range(at, len(own)))


@cache
def confusable() -> Mapping[str, tuple[str, ...]]:
    """By a number as it is written, those that may have been said instead, in the same way of writing."""
    digits = {cardinal(digit): str(digit) for digit in range(10)} | {"oh": "0"}
    tens = {cardinal(ten): f"{ten // 10}" for ten in range(20, 100, 10)}
    teens = {cardinal(ten + 10): f"{ten}" for ten in range(3, 10)}
    figures = "0123456789"
    found = {figure: tuple(other for other in figures if other != figure) for figure in figures}
    for names in (digits, tens):
        found |= {
            name: tuple(other for other, value in names.items() if value != names[name]) for name in names
        }
    for teen, figure in teens.items():
        ten = cardinal(10 * int(figure))
        others = tuple(other for other in teens if other != teen)
        found[teen] = (ten, *others)
        found[ten] = (teen, *found[ten])
    return found

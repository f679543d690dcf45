"""The same words in several sounds: cleaned, as they came, slower, after a lead-in.

Near ties of a recogniser fall the right way more often once the words are heard a little changed, and where
the sounds do not agree, nobody should be sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Generic

from engine.media.speech.beam import Found, Hypothesis, summed
from engine.media.speech.model import SoundT, SpeechModel

_TEXTS = 10
"""Texts of each search that are scored in every sound."""

Scores = dict[tuple[int, ...], float]


class Hearings(Generic[SoundT]):
    """One utterance in every sound that it was heard in, and the best texts of the searches in some."""

    def __init__(self, model: SpeechModel[SoundT]) -> None:
        self._model = model
        self._sounds: list[tuple[SoundT, Scores]] = []
        self._texts: dict[tuple[int, ...], Hypothesis] = {}
        self._free: dict[tuple[int, ...], None] = {}

    def add(self, sound: SoundT, found: Found | None = None) -> None:
        """Hear it in this sound too; what was `found` there need not be scored there again."""
        scores: Scores = {}
        self._sounds.append((sound, scores))
        if found is not None:
            self.find(found, len(self._sounds) - 1)

    def find(self, found: Found, at: int) -> None:
        """Add what another search found in the sound of this place."""
        self._texts |= {
            text.tokens: text for text in found.allowed[:_TEXTS] if text.tokens not in self._texts
        }
        self._free[found.free] = None
        scores = self._sounds[at][1]
        scores.update({found.free: found.free_score} | {text.tokens: text.score for text in found.allowed})

    def together(self) -> Found:
        """The best texts of all searches, and the best free one, by their mean scores over all sounds."""
        for sound, scores in self._sounds:
            unknown = [tokens for tokens in (*self._texts, *self._free) if tokens not in scores]
            if unknown:
                scores |= dict(zip(unknown, map(float, self._model.score(sound, unknown)), strict=True))
        each = [scores for _, scores in self._sounds]
        means = {tokens: _mean(scores[tokens] for scores in each) for tokens in (*self._texts, *self._free)}
        free = max(self._free, key=lambda tokens: means[tokens])
        whole = Found(self._scored(means), free, means[free]).ranked()
        agreed = _agreed(whole, [self._scored(scores) for scores in each])
        return replace(whole, agreed=agreed, sounds=len(self._sounds))

    def _scored(self, scores: Scores) -> tuple[Hypothesis, ...]:
        return tuple(replace(text, score=scores[text.tokens]) for text in self._texts.values())


def _mean(scores: Iterable[float]) -> float:
    known = list(scores)
    return sum(known) / len(known)


def _agreed(whole: Found, each: Sequence[tuple[Hypothesis, ...]]) -> float:
    """The share of the sounds in which the likeliest reading is that of all."""
    best = next(iter(summed(whole.allowed)), None)
    return sum(next(iter(summed(texts)), None) == best for texts in each) / len(each)

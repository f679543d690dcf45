"""How sure a recognition is: from the search's scores to a confidence between 0 and 1.

What it rests on, all in natural logs:

margin  the best reading's score, less the free text's: far below 0, the caller said something else
gap     the best reading's score, less the next one's: near 0, two answers are as likely
clear   the free text's score a token: far below 0, the model understood nothing
best    the best reading's score
even    the best reading's score a token
voice   log odds that there is a voice at all

A logistic regression on the first five says how likely the best reading is right; one on the last, how likely
anybody spoke. The confidence is their product. Both were fitted on real people's answers, clean and in noise
(15 dB), on three synthesisers' answers and talk beside the question, and on noises, tones and coughs, and
tried on halves that they had not been fitted on. Weights differ by kind: digits leave more room for error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from engine.media.speech.beam import Found
from engine.understanding.grammars import Reading

_FAR = 12.0


@dataclass(frozen=True, slots=True)
class _Weights:
    margin: float
    gap: float
    even: float
    clear: float
    best: float  # for each 4 of the score
    constant: float


_DIGITS = _Weights(0.301, 0.742, 1.476, 0.919, -0.426, 1.25)
_YES_NO = _Weights(0.759, 0.282, 0.641, 0.701, 0.905, 2.612)
_PHRASES = _Weights(0.277, 0.376, 0.760, 0.356, -0.252, -0.04)
_WEIGHTS = {"yes_no": _YES_NO, "choice": _PHRASES, "date": _PHRASES}
_VOICE_SLOPE, _VOICE_CONSTANT = 2.52, -1.03


@dataclass(frozen=True, slots=True)
class Evidence:
    """The figures that a confidence is made of."""

    margin: float
    gap: float
    clear: float
    best: float
    even: float
    voice: float = _FAR

    @classmethod
    def of(cls, scores: Mapping[Reading, float], found: Found, voice: float = _FAR) -> Self:
        ranked = list(scores.values())
        best = ranked[0] if ranked else -math.inf
        return cls(
            margin=max(-30.0, min(_FAR, best - found.free_score)),
            gap=min(_FAR, best - ranked[1]) if len(ranked) > 1 else _FAR,
            clear=found.free_score / (len(found.free) + 1),
            best=max(-30.0, best),
            even=max(-30.0, best) / (len(found.allowed[0].tokens) + 1 if found.allowed else 1),
            voice=voice,
        )

    def likelihood(self, kind: str) -> float:
        """How likely the best reading is what was said, 0 to 1."""
        weights = _WEIGHTS.get(kind, _DIGITS)
        right = (
            weights.margin * min(self.margin, 0)
            + weights.gap * min(self.gap, 8)
            + weights.even * self.even
            + weights.clear * self.clear
            + weights.best * self.best / 4
            + weights.constant
        )
        return _logistic(right) * _logistic(_VOICE_SLOPE * self.voice + _VOICE_CONSTANT)

    @property
    def is_plain(self) -> bool:
        """Whether nothing more need be looked for."""
        return self.margin > -1.5 and self.gap > 3

    @property
    def free_confidence(self) -> float:
        return round(math.exp(max(-20.0, self.clear)), 4)

    def figures(self) -> tuple[tuple[str, float], ...]:
        return tuple((name, round(value, 3)) for name, value in asdict(self).items())


def confidences(scores: Mapping[Reading, float], evidence: Evidence, kind: str) -> dict[Reading, float]:
    """Each reading's confidence, best first: the others share by their scores what the best one leaves."""
    if not scores:
        return {}
    best, *others = scores
    sure = evidence.likelihood(kind)
    top = scores[best]
    shares = {reading: math.exp(scores[reading] - top) for reading in others}
    return {best: sure} | {reading: sure * share / (1 + share) for reading, share in shares.items()}


def of_a_sentence(share: float, score: float, tokens: int, voice: float) -> float:
    """How sure an open sentence is: its share of all that it could be, times the mean chance of a token."""
    return share * math.exp(score / (tokens + 1)) * _logistic(_VOICE_SLOPE * voice + _VOICE_CONSTANT)


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, odds))))

"""How sure a recognition is: from the search's scores to a confidence between 0 and 1.

What it rests on, all in natural logs:

margin  the best reading's score, less the free text's: far below 0, the caller said something else
even    the best reading's score a token
clear   the free text's score a token: far below 0, the model understood nothing
gap     the best reading's score, less the next one's: near 0, two answers are as likely
sounds  in how many sounds of the same words it was heard
agreed  the share of them in which the best reading is the best
voice   log odds that there is a voice at all

The confidence is a product of three chances: that what was said is an answer and was understood (a logistic
regression on the first three), that the best reading is the one and not its rival (`gap`, nothing fitted),
and that anybody spoke (one on `voice`). Weights differ by kind: digits leave more room for error. They were
fitted on answers of people and of three synthesisers, clean and in 15 dB of noise, on talk beside the
question and on noises, and judged by what they say of speakers and sounds left out of the fit
(benchmarks/README.md).

A ZIP code's is calibrated: of those said to be .9 sure, nine of ten are right. It is a logistic of the log
odds that an answer was understood, of gap (rivals by one digit among them, rivals.py), margin and agreement,
none of which may count against it, and never more than the product of the three chances
(`python -m benchmarks.zip_certainty` fits it).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal, Self

from engine.media.speech.beam import Found
from engine.understanding.grammars import Reading

_FAR = 12.0
LEAST_BEST = -30.0
"""The best reading's score and margin where it is less, or no reading was found."""

_WIDEST_GAP = 4.0
_MOST_UNDERSTOOD = 4.0
_PLAIN_ALONE = 3.5, 4.0  # gap and log odds of being understood, in one sound
_PLAIN_TOGETHER = 2.5, 3.0  # in several

Sort = Literal["figures", "phrases", "yes_or_no"]


@dataclass(frozen=True, slots=True)
class _Weights:
    margin: float
    even: float
    clear: float
    constant: float


@dataclass(frozen=True, slots=True)
class ZipWeights:
    """None is below 0, so that a ZIP code is never less sure for more of what speaks for it."""

    understood: float
    gap: float
    agreed: float
    margin: float
    constant: float


@dataclass(frozen=True, slots=True)
class Fit:
    """The weights of one model, by the sort of answer; `zips` where it was fitted on them."""

    figures: _Weights
    yes_or_no: _Weights
    phrases: _Weights
    zips: ZipWeights | None = None

    def of(self, sort: Sort) -> _Weights:
        match sort:
            case "figures":
                return self.figures
            case "yes_or_no":
                return self.yes_or_no
            case "phrases":
                return self.phrases


MOONSHINE = Fit(
    figures=_Weights(0.337, 3.245, 2.062, 6.521),
    yes_or_no=_Weights(0.790, 2.805, 2.096, 5.018),
    phrases=_Weights(0.156, 1.270, 2.289, 4.609),
    zips=ZipWeights(0.101, 1.111, 0.966, 0.479, -1.722),
)
WHISPER = replace(MOONSHINE, zips=None)
_VOICE_SLOPE, _VOICE_CONSTANT = 1.75, 0.25


@dataclass(frozen=True, slots=True)
class SearchFigures:
    """The figures that a confidence is made of."""

    margin: float
    gap: float
    clear: float
    best: float
    even: float
    voice: float = _FAR
    agreed: float = 1.0
    sounds: int = 1

    @classmethod
    def of(cls, scores: Mapping[Reading, float], found: Found, voice: float = _FAR) -> Self:
        ranked = list(scores.values())
        best = ranked[0] if ranked else -math.inf
        return cls(
            margin=max(LEAST_BEST, min(_FAR, best - found.free_score)),
            gap=min(_FAR, best - ranked[1]) if len(ranked) > 1 else _FAR,
            clear=found.free_score / (len(found.free) + 1),
            best=max(LEAST_BEST, best),
            even=max(LEAST_BEST, best) / (len(found.allowed[0].tokens) + 1 if found.allowed else 1),
            voice=voice,
            agreed=found.agreed,
            sounds=found.sounds,
        )

    def likelihood(self, weights: _Weights) -> float:
        """How likely it is that an answer was said and understood, whichever of the readings it is."""
        return _logistic(self.understood(weights)) * _logistic(_VOICE_SLOPE * self.voice + _VOICE_CONSTANT)

    def understood(self, weights: _Weights) -> float:
        """The log odds that an answer was said and understood."""
        return (
            weights.margin * min(self.margin, 0)
            + weights.even * self.even
            + weights.clear * self.clear
            + weights.constant
        )

    def zip_features(self, weights: _Weights) -> tuple[float, float, float, float]:
        """What `ZipWeights` weigh. Beyond some point more of one says nothing more.

        The margin counts by itself: of four digits the free text is four, and any ZIP is less likely.
        """
        understood, gap = min(self.understood(weights), _MOST_UNDERSTOOD), min(self.gap, _WIDEST_GAP)
        return understood, gap, self.agreed, min(self.margin, 0.0)

    def of_a_zip(self, fit: Fit) -> float:
        """How sure the best reading is, where it is a ZIP code."""
        zips, limit = fit.zips, self.zip_limit(fit)
        if zips is None:
            return limit
        understood, gap, agreed, margin = self.zip_features(fit.figures)
        odds = zips.understood * understood + zips.gap * gap + zips.agreed * agreed + zips.margin * margin
        odds += zips.constant
        return min(limit, _logistic(odds))

    def zip_limit(self, fit: Fit) -> float:
        """No ZIP is surer than that something was understood and was not the next reading."""
        return self.likelihood(fit.figures) * _logistic(self.gap)

    @property
    def is_plain(self) -> bool:
        """Whether nothing more need be looked for."""
        return self.margin > -1.5 and self.gap > 3 and self.even > -0.5

    def is_plain_zip(self, fit: Fit) -> bool:
        """The same of a ZIP code: where another hearing turned hardly any from wrong to right.

        In one sound a wrong one may look as good as a doubtful right one; sounds that agree tell more.
        """
        gap, understood = _PLAIN_ALONE if self.sounds == 1 else _PLAIN_TOGETHER
        is_clear = self.margin > -1.5 and self.understood(fit.figures) > understood
        return is_clear and self.agreed == 1 and self.gap > gap

    @property
    def is_near_miss(self) -> bool:
        """Whether an answer may have been said whose text the search gave up too early."""
        return -10 < self.margin < -3

    @property
    def free_confidence(self) -> float:
        return round(math.exp(max(-20.0, self.clear)), 4)

    def figures(self) -> tuple[tuple[str, float], ...]:
        return tuple((name, round(value, 3)) for name, value in asdict(self).items())


def confidences(
    scores: Mapping[Reading, float],
    evidence: SearchFigures,
    sort: Sort,
    fit: Fit = MOONSHINE,
    *,
    is_zip: bool = False,
) -> dict[Reading, float]:
    """Each reading's confidence, best first: the best one shares with each other by their scores."""
    if not scores:
        return {}
    best, *others = scores
    if is_zip and best.phrase is None and fit.zips is not None:
        return _of_zips(scores, evidence, fit)
    # A command or an "I don't know" is a phrase, whatever it is said instead of.
    weights = fit.of(sort) if best.phrase is None else fit.phrases
    likely = evidence.likelihood(weights)
    shares = {reading: _logistic(scores[reading] - scores[best]) for reading in others}
    return {best: likely * _logistic(evidence.gap)} | {
        reading: likely * share for reading, share in shares.items()
    }


def _of_zips(scores: Mapping[Reading, float], evidence: SearchFigures, fit: Fit) -> dict[Reading, float]:
    """The best as calibrated; the others share by their scores what is left of being understood at all.

    None is surer than the best, so that two near ones are read back in the order of their scores.
    """
    best, *others = scores
    sure = evidence.of_a_zip(fit)
    left = evidence.likelihood(fit.figures) - sure
    weights = {reading: math.exp(max(-60.0, scores[reading] - scores[best])) for reading in others}
    whole = sum(weights.values())
    return {best: sure} | {reading: min(sure, left * weight / whole) for reading, weight in weights.items()}


def of_a_sentence(share: float, score: float, tokens: int, voice: float) -> float:
    """How sure an open sentence is: its share of all that it could be, times the root of a token's chance.

    The root, for what an answer rests on is a part of the sentence, and mostly not the worst part.
    """
    return share * math.exp(score / (tokens + 1) / 2) * _logistic(_VOICE_SLOPE * voice + _VOICE_CONSTANT)


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, odds))))

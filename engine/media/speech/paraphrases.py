"""What a choice's callers meant who used other words than the operator's, where the grammar leaves doubt.

Theory of operation. The sound is searched once more without a grammar, texts that name an option favoured
(spotting.py): that gives the likeliest sentences, and how likely it is that an option was named at all. Each
is then read by its words and its meaning (options_meant.py), and all is weighed together with what the
grammar found (engine.understanding.own_words). Where another recogniser is installed, it is told the options'
words and hears the same sound (second_opinion.py): its texts stand beside the others. Who speaks in the
grammar is taken as ever, and waits for none of this.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Generic

import numpy as np

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.beam import TokenTrie
from engine.media.speech.certainty import LEAST_BEST, SearchFigures
from engine.media.speech.model import SoundT, SpeechModel
from engine.media.speech.options_meant import (
    LikelyText,
    OptionsMeant,
    SpeakingFor,
    may_mean,
    readings_of,
)
from engine.media.speech.recognition import ACCEPT, Alternative, Recognition
from engine.media.speech.second_opinion import (
    HeardText,
    SecondOpinion,
    WhisperOpinion,
    second_opinion_is_here,
)
from engine.media.speech.spotting import SpottedText, Spotter, spot
from engine.media.speech.upsample import Samples
from engine.media.speech.whisper_packages import WhisperMissing
from engine.understanding.grammars import Grammar
from engine.understanding.own_words import shares

log = logging.getLogger("cordboard.speech")

_TEXTS = 6
"""Of each hearing that are read: the rest is hardly ever what was said. One that is unlikely by its sound may
be the only one that makes sense, so none is left out for that."""

_OPINION = 0.5
"""How much the second opinion's texts count, of all."""

_OPINION_STEEP = 0.5
"""Its scores are taken for so much: it is surer than it is right."""

_SURE_AT_ONCE = 0.9
"""An option that is so likely by the first hearing is not heard again."""

_SURE_PHRASE = 0.9
_FAR_MARGIN = -6.0
_NOT_OFFERED = 0.29
_ELSEWHERE_MARGIN, _ELSEWHERE_CLEAR = -8.0, -0.6
_UNLIKE_MARGIN, _UNLIKE_EVEN = -6.0, -1.8


def is_elsewhere(figures: SearchFigures, spec: GrammarSpec) -> bool:
    """Whether something else than the grammar's was plainly said, which to hear again would not change; and
    it may be said in other words. So it is where the likeliest text is far from the sound in all its tokens;
    where no text was found at all and nothing was plain, another sound may well have one."""
    is_other = figures.margin < _ELSEWHERE_MARGIN and figures.clear > _ELSEWHERE_CLEAR
    is_found = figures.best > LEAST_BEST
    is_unlike = is_found and figures.margin < _UNLIKE_MARGIN and figures.even < _UNLIKE_EVEN
    return (is_other or is_unlike) and OptionsMeant.takes(spec)


class Paraphrases(Generic[SoundT]):
    """One recogniser's; not for several threads."""

    def __init__(
        self,
        model: SpeechModel[SoundT],
        tokens: TokenTrie,
        *,
        tells_meanings: bool = True,
        opinion: SecondOpinion | None = None,
    ) -> None:
        """`opinion` is asked instead of Whisper."""
        self._model = model
        self._tokens = tokens
        self._spotters: dict[GrammarSpec, Spotter] = {}
        self.meant = OptionsMeant(tells_meanings=tells_meanings)
        self._may_ask = tells_meanings and second_opinion_is_here()
        self._opinion = opinion

    def prepare(self, spec: GrammarSpec) -> None:
        """Get ready for a grammar before anybody waits for it."""
        if self.meant.takes(spec):
            self.meant.prepare(spec)
            self._spotter(spec)
            self._asked()

    def forget(self, spec: GrammarSpec) -> None:
        self.meant.forget(spec)
        self._spotters.pop(spec, None)

    def weighed(self, heard: Recognition, encoded: SoundT, samples: Samples, grammar: Grammar) -> Recognition:
        """The recognition with the options that other words may mean, where the grammar leaves doubt.
        `samples` are those that were `encoded`, at 16 kHz."""
        spec = grammar.spec
        if not self.meant.takes(spec) or _is_plain(heard) or _is_phrase(heard.free_text, grammar):
            return heard
        found = spot(self._model, encoded, self._spotter(spec))
        texts, named = _likely(found), _named(found)
        if not may_mean(texts, spec):
            return heard
        by_grammar = _by_grammar(heard)
        figures = self.meant.figures(texts, spec, SpeakingFor(by_grammar, named))
        if max(shares(figures).values()) < _SURE_AT_ONCE:
            second = self._second_hearing(samples, spec)
            if second:
                texts = _together(texts, _likely(second, _OPINION_STEEP))
                named = _named_by_both(named, _named(second, _OPINION_STEEP))
                figures = self.meant.figures(texts, spec, SpeakingFor(by_grammar, named))
        readings = readings_of(figures, texts)
        if not readings:
            return heard
        others = (_doubted(one, heard) for one in heard.alternatives if one.phrase is not None)
        ranked = sorted((*readings, *others), key=lambda one: -one.confidence)
        return replace(heard, alternatives=tuple(ranked), free_text=texts[0].text)

    def _second_hearing(self, samples: Samples, spec: GrammarSpec) -> list[SpottedText]:
        """What the other recogniser makes of it; nothing where there is none."""
        opinion = self._asked()
        if opinion is None:
            return []
        return [_spotted(each, self._spotter(spec)) for each in opinion.heard(samples, spec)]

    def _asked(self) -> SecondOpinion | None:
        """The other recogniser; None where there is none."""
        if self._opinion is None and self._may_ask:
            try:
                self._opinion = WhisperOpinion()
            except WhisperMissing as missing:
                log.warning("choices in other words are heard by one recogniser alone: %s", missing)
                self._may_ask = False
        return self._opinion

    def _spotter(self, spec: GrammarSpec) -> Spotter:
        if spec not in self._spotters:
            self._spotters[spec] = Spotter(spec, self._tokens)
        return self._spotters[spec]


def _is_plain(heard: Recognition) -> bool:
    """Whether the grammar leaves no doubt. A phrase must be the surer: a short one is found in any talk."""
    best = heard.best
    return best is not None and best.confidence >= (ACCEPT if best.phrase is None else _SURE_PHRASE)


def _doubted(phrase: Alternative, heard: Recognition) -> Alternative:
    """A phrase where something else was heard, so far from it that it is none."""
    if dict(heard.evidence).get("margin", 0.0) > _FAR_MARGIN:
        return phrase
    return replace(phrase, confidence=min(phrase.confidence, _NOT_OFFERED))


def _is_phrase(text: str, grammar: Grammar) -> bool:
    """Whether what was heard is itself a command, an "I don't know"; or nothing."""
    state = grammar.follow(text) if text else None
    return not text or (
        state is not None and any(each.phrase is not None for each in grammar.readings(state))
    )


def _by_grammar(heard: Recognition) -> dict[str, float]:
    return {str(one.value): one.confidence for one in heard.alternatives if one.value is not None}


def _spotted(heard: HeardText, spotter: Spotter) -> SpottedText:
    """A text with the options that it names."""
    sentence = spotter.open.after(spotter.open.start, heard.text)
    named = frozenset(str(one.value) for one in spotter.open.named(sentence))
    return SpottedText(heard.text, heard.score, 0, named)


def _likely(found: Sequence[SpottedText], steep: float = 1.0) -> list[LikelyText]:
    """The texts that are likely, with their shares of all, the likeliest first. None is favoured."""
    best = sorted((text for text in found if text.text), key=lambda text: -text.score)[:_TEXTS]
    if not best:
        return []
    odds = np.exp(np.array([steep * (text.score - best[0].score) for text in best]))
    shares = (odds / odds.sum()).tolist()
    return [LikelyText(text.text, share, text.named) for text, share in zip(best, shares, strict=True)]


def _named(found: Sequence[SpottedText], steep: float = 1.0) -> dict[str, float]:
    """By option, the log of the share that the texts which name it have of all."""
    whole = np.logaddexp.reduce([steep * text.score for text in found])
    totals: dict[str, float] = {}
    for text in found:
        for option in text.named:
            totals[option] = float(np.logaddexp(totals.get(option, -np.inf), steep * text.score))
    return {option: float(total - whole) for option, total in totals.items()}


def _together(first: Sequence[LikelyText], second: Sequence[LikelyText]) -> list[LikelyText]:
    """The texts of both hearings, by turns so that the likeliest of each comes first."""
    weighted = (
        [replace(each, share=each.share * (1 - _OPINION)) for each in first],
        [replace(each, share=each.share * _OPINION) for each in second],
    )
    return [each for pair in zip_longest(*weighted) for each in pair if each is not None]


def _named_by_both(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """The logs of the shares that name an option, of both hearings' texts together."""
    return {
        option: float(
            np.logaddexp(
                first.get(option, -np.inf) + math.log(1 - _OPINION),
                second.get(option, -np.inf) + math.log(_OPINION),
            )
        )
        for option in {**first, **second}
    }

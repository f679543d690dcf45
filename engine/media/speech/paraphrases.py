"""What a choice's callers meant who used other words than the operator's, where the grammar leaves doubt.

Theory of operation. The sound is searched once more without a grammar, texts that name an option favoured
(spotting.py): that gives the likeliest sentences, and how likely it is that an option was named at all. Each
is then read by its words and its meaning (options_meant.py), and all is weighed together with what the
grammar found (engine.understanding.own_words). Who speaks in the grammar is taken as ever, and waits for none
of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Generic

import numpy as np

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.beam import TokenTrie
from engine.media.speech.certainty import SearchFigures
from engine.media.speech.model import SoundT, SpeechModel
from engine.media.speech.options_meant import LikelyText, OptionsMeant, SpeakingFor
from engine.media.speech.recognition import ACCEPT, Alternative, Recognition
from engine.media.speech.spotting import SpottedText, Spotter, spot
from engine.understanding.grammars import Grammar

_TEXTS = 5
"""Of the search that are read: the rest is hardly ever what was said."""

_LIKELY = 0.02
"""A text that is less likely than this, beside the others, is not read."""

_SURE_PHRASE = 0.9
_FAR_MARGIN = -6.0
_NOT_OFFERED = 0.29
_ELSEWHERE_MARGIN, _ELSEWHERE_CLEAR = -8.0, -0.6


def is_elsewhere(figures: SearchFigures, spec: GrammarSpec) -> bool:
    """Whether something else than the grammar's was plainly said, which to hear again would not change; and
    it may be said in other words."""
    is_other = figures.margin < _ELSEWHERE_MARGIN and figures.clear > _ELSEWHERE_CLEAR
    return is_other and OptionsMeant.takes(spec)


class Paraphrases(Generic[SoundT]):
    """One recogniser's; not for several threads."""

    def __init__(self, model: SpeechModel[SoundT], tokens: TokenTrie, *, tells_meanings: bool = True) -> None:
        self._model = model
        self._tokens = tokens
        self._spotters: dict[GrammarSpec, Spotter] = {}
        self._meant = OptionsMeant(tells_meanings=tells_meanings)

    def prepare(self, spec: GrammarSpec) -> None:
        """Get ready for a grammar before anybody waits for it."""
        if self._meant.takes(spec):
            self._meant.prepare(spec)
            self._spotter(spec)

    def forget(self, spec: GrammarSpec) -> None:
        self._meant.forget(spec)
        self._spotters.pop(spec, None)

    def weighed(self, heard: Recognition, encoded: SoundT, grammar: Grammar) -> Recognition:
        """The recognition with the options that other words may mean, where the grammar leaves doubt."""
        spec = grammar.spec
        if not self._meant.takes(spec) or _is_plain(heard) or _is_phrase(heard.free_text, grammar):
            return heard
        found = spot(self._model, encoded, self._spotter(spec))
        texts = _likely(found)
        if not texts:
            return heard
        readings = self._meant.readings(texts, spec, _known(heard, found))
        if not readings:
            return heard
        others = (_doubted(one, heard) for one in heard.alternatives if one.phrase is not None)
        ranked = sorted((*readings, *others), key=lambda one: -one.confidence)
        return replace(heard, alternatives=tuple(ranked), free_text=texts[0].text)

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


def _known(heard: Recognition, found: Sequence[SpottedText]) -> SpeakingFor:
    shares = {str(one.value): one.confidence for one in heard.alternatives if one.value is not None}
    return SpeakingFor(shares, _named(found))


def _likely(found: Sequence[SpottedText]) -> list[LikelyText]:
    """The texts that are likely, with their shares of all, the likeliest first. None is favoured."""
    best = sorted((text for text in found if text.text), key=lambda text: -text.score)[:_TEXTS]
    if not best:
        return []
    odds = np.exp(np.array([text.score - best[0].score for text in best]))
    kept = [(text, share) for text, share in zip(best, odds / odds.sum(), strict=True) if share >= _LIKELY]
    whole = sum(share for _, share in kept)
    return [LikelyText(text.text, float(share / whole), text.named) for text, share in kept]


def _named(found: Sequence[SpottedText]) -> dict[str, float]:
    """By option, the log of the share that the texts which name it have of all."""
    whole = np.logaddexp.reduce([text.score for text in found])
    totals: dict[str, float] = {}
    for text in found:
        for option in text.named:
            totals[option] = float(np.logaddexp(totals.get(option, -np.inf), text.score))
    return {option: float(total - whole) for option, total in totals.items()}

"""The default recogniser: sound and a question's grammar in, readings with confidences out.

One process's worth: it holds the model and is not for several threads. The pool runs it in workers.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.media.speech import certainty
from engine.media.speech.beam import Follower, Found, Hypothesis, TokenTrie, Width, search, summed
from engine.media.speech.moonshine import Moonshine
from engine.media.speech.recognition import Alternative, Recognition
from engine.media.speech.upsample import Samples, expanded, upsampled, variants
from engine.media.speech.voice import VoiceCheck
from engine.understanding.grammars import GrammarSpec, Reading, compile_grammar

_LONGEST_BYTES = 8000 * 20
_SHORTEST_BYTES = 8000 // 10
_QUIETEST_PEAK = 0.004
"""Sound that never gets louder is no speech on a telephone: about -48 dB of full scale."""

_NARROW = Width(rows=12, keep_going=6.0)
_WIDE = Width(rows=32, keep_going=12.0)
_HEARD_AGAIN = 15
"""Texts that are scored again on each variant of the sound."""

_NO_VOICE = -1.5
"""Log odds of a voice below which nothing is searched for: of some 800 utterances none came near."""

_ALTERNATIVES = 5
_GRAMMARS = 64
"""Compiled grammars kept; the least lately used goes first."""


class Recogniser:
    """The model with the grammars that it has met."""

    def __init__(self) -> None:
        self._model = Moonshine()
        self._voice = VoiceCheck()
        self._tokens = TokenTrie(self._model.tokens)
        self._followers: OrderedDict[GrammarSpec, Follower] = OrderedDict()

    def prepare(self, spec: GrammarSpec) -> None:
        """Compile a grammar now rather than at its first use."""
        self._follower(spec)

    def recognise(self, sound: bytes, spec: GrammarSpec) -> Recognition:
        """Sound is mu-law at 8 kHz, one utterance; beyond 20 s it is cut."""
        began = time.process_time()
        follower = self._follower(spec)  # first: a grammar that cannot be is told whatever the sound
        audio_ms = len(sound) // 8
        samples = expanded(sound[:_LONGEST_BYTES])
        if len(sound) < _SHORTEST_BYTES or float(np.abs(samples).max()) < _QUIETEST_PEAK:
            return Recognition(audio_ms=audio_ms)
        voice = self._voice.log_odds(samples)
        if voice < _NO_VOICE:
            return Recognition(
                audio_ms=audio_ms, cpu_ms=_ms_since(began), evidence=(("voice", round(voice, 3)),)
            )
        found = self._searched(upsampled(samples), follower)
        scores = summed(found.allowed)
        evidence = certainty.Evidence.of(scores, found, voice)
        sure = certainty.confidences(scores, evidence, spec.kind)
        return Recognition(
            alternatives=tuple(self._alternatives(found.allowed, sure)),
            free_text=self._text(found.free),
            free_confidence=evidence.free_confidence,
            audio_ms=audio_ms,
            cpu_ms=_ms_since(began),
            evidence=evidence.figures(),
        )

    def _searched(self, samples: Samples, follower: Follower) -> Found:
        """A narrow search; where that leaves doubt, a wide one whose best texts are heard again, three times.

        The doubtful are a third of ZIP codes and a tenth of yes and no. The narrow search loses some of them
        early, and most near ties fall the right way once the same sound is heard a little changed.
        """
        encoded = self._model.encode(samples)
        found = search(self._model, encoded, follower, _NARROW)
        if certainty.Evidence.of(summed(found.allowed), found).is_plain:
            return found
        return self._heard_again(search(self._model, encoded, follower, _WIDE), samples)

    def _heard_again(self, found: Found, samples: Samples) -> Found:
        """The best texts with their scores averaged over the sound and its variants."""
        texts = found.allowed[:_HEARD_AGAIN]
        if not texts:
            return found
        rows = [*(text.tokens for text in texts), found.free]
        first = np.array([*(text.score for text in texts), found.free_score], np.float32)
        again = [self._model.score(self._model.encode(variant), rows) for variant in variants(samples)]
        means = np.mean([first, *again], 0)
        return Found(
            tuple(replace(text, score=float(score)) for text, score in zip(texts, means[:-1], strict=True)),
            found.free,
            float(means[-1]),
        ).ranked()

    def _follower(self, spec: GrammarSpec) -> Follower:
        follower = self._followers.pop(spec, None) or Follower(compile_grammar(spec), self._tokens)
        self._followers[spec] = follower
        if len(self._followers) > _GRAMMARS:
            self._followers.popitem(last=False)
        return follower

    def _alternatives(
        self, allowed: Sequence[Hypothesis], sure: Mapping[Reading, float]
    ) -> list[Alternative]:
        texts: dict[Reading, str] = {}
        for hypothesis in allowed:  # best first
            for reading in hypothesis.readings:
                texts.setdefault(reading, self._text(hypothesis.tokens))
        return [
            Alternative(texts[reading], reading.value, reading.phrase, round(confidence, 4))
            for reading, confidence in list(sure.items())[:_ALTERNATIVES]
        ]

    def _text(self, tokens: Sequence[int]) -> str:
        return "".join(self._model.tokens[token] or "" for token in tokens).strip()


def _ms_since(began: float) -> int:
    return round(1000 * (time.process_time() - began))

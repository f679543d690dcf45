"""The default recognisers: sound and a question's grammar in, readings with confidences out.

One process's worth: it holds a model and is not for several threads. The pool runs it in workers. English is
heard by Moonshine, other tongues by Whisper (`recogniser_of`).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

import numpy as np

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech import certainty
from engine.media.speech.beam import Follower, Found, Hypothesis, TokenTrie, Width, search, summed
from engine.media.speech.denoise import denoised
from engine.media.speech.lead_in import after_lead_in
from engine.media.speech.model import SoundT, SpeechModel
from engine.media.speech.moonshine import Moonshine
from engine.media.speech.open_beam import heard_again, meanings, search_open
from engine.media.speech.options_meant import OptionsMeant
from engine.media.speech.paraphrases import Paraphrases, is_elsewhere
from engine.media.speech.recognition import Alternative, Recognition
from engine.media.speech.rivals import Rivals
from engine.media.speech.second_hearing import Hearings
from engine.media.speech.second_opinion import SecondOpinion
from engine.media.speech.spelled_follower import SpelledFollower
from engine.media.speech.upsample import Samples, expanded, loud, quicker, upsampled
from engine.media.speech.voice import VoiceCheck
from engine.understanding.grammars import Reading, compile_grammar
from engine.understanding.open_sentences import OpenGrammar
from engine.understanding.tries import squashed

_LONGEST_BYTES = 8000 * 20
_SHORTEST_BYTES = 8000 // 10
_QUIETEST_PEAK = 0.004
"""Sound that never gets louder is no speech on a telephone: about -48 dB of full scale."""

_HEARD_AGAIN = 10
"""Sentences of each search that are scored in both sounds."""

_QUICK, _QUICKER, _SLOWER = 1.08, 1.1, 0.9
_PLAIN_SHARE = 0.95
"""An open sentence that has this share of all that it could be is not heard again."""

_HOPELESS = 12.0
"""Where other words are taken, a text that much less likely than what is heard freely is given up."""

_NO_VOICE = -1.5
"""Log odds of a voice below which nothing is searched for: of some 800 utterances none came near."""

_NOTHING = Reading()
_ALTERNATIVES = 5
_GRAMMARS = 64
"""Compiled grammars kept; the least lately used goes first."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model is best used.

    `hears_again`: where a search leaves doubt, in more sounds; it pays where a sound is quickly encoded.
    """

    name: str
    fit: certainty.Fit
    narrow: Width
    wide: Width
    folds: bool = False  # its tongue is written with accents
    hears_again: bool = True


MOONSHINE = Manner("moonshine", certainty.MOONSHINE, Width(12, keep_going=6.0), Width(24, keep_going=10.0))
WHISPER = Manner(
    "whisper",
    certainty.WHISPER,
    Width(8, keep_going=6.0, ends_free=True),
    Width(16, keep_going=10.0, ends_free=True),
    folds=True,
    hears_again=False,
)


def recogniser_of(tongue: str, *, tells_meanings: bool = True) -> Recogniser[Any]:
    """That of a tongue, "en" or another that Whisper knows; raises ModelMissing."""
    if tongue == "en":
        return Recogniser(Moonshine(), MOONSHINE, tells_meanings=tells_meanings)
    from engine.media.speech.whisper import Whisper

    return Recogniser(Whisper(tongue), WHISPER)


class Recogniser(Generic[SoundT]):
    """The model with the grammars that it has met."""

    def __init__(
        self,
        model: SpeechModel[SoundT],
        manner: Manner,
        *,
        tells_meanings: bool = False,
        opinion: SecondOpinion | None = None,
    ) -> None:
        """`tells_meanings`: a choice's options are told in other words by their meaning, too, with the second
        opinion of `opinion` or, where its packages are installed, of Whisper."""
        self._model = model
        self._manner = manner
        self._voice = VoiceCheck()
        self._rivals = Rivals(model.tokens)
        self._tokens = TokenTrie(model.tokens, folds=manner.folds)
        self.paraphrases = Paraphrases(model, self._tokens, tells_meanings=tells_meanings, opinion=opinion)
        self._followers: OrderedDict[GrammarSpec, Follower | OpenGrammar] = OrderedDict()

    def prepare(self, spec: GrammarSpec) -> None:
        """Compile a grammar now rather than at its first use."""
        self._follower(spec)
        self.paraphrases.prepare(spec)

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
        if isinstance(follower, OpenGrammar):
            return self._in_the_open(samples, follower, voice, audio_ms, began)
        found = self._searched(samples, follower)
        scores = summed(found.allowed)
        evidence = certainty.SearchFigures.of(scores, found, voice)
        is_zip = spec.core == "zip_code"
        sure = certainty.confidences(scores, evidence, spec.weights, self._manner.fit, is_zip=is_zip)
        heard = Recognition(
            alternatives=tuple(self._alternatives(found.allowed, sure)),
            free_text=self._text(found.free),
            free_confidence=evidence.free_confidence,
            audio_ms=audio_ms,
            evidence=evidence.figures(),
        )
        heard = self.paraphrases.weighed(heard, self._clean, self._cleaned, follower.grammar)
        return replace(heard, cpu_ms=_ms_since(began))

    def _searched(self, samples: Samples, follower: Follower) -> Found:
        """A search in the cleaned sound; where that leaves doubt, others in more sounds of the same words."""
        clean = self._cleaned = loud(upsampled(denoised(samples)))
        encoded = self._clean = self._model.encode(clean)
        found = self._search(encoded, follower)
        plain = follower.weighed(found)
        if self._is_enough(plain, follower):
            return plain
        if not self._manner.hears_again:
            return self._searched_wide(encoded, follower, plain)
        hearings = Hearings(self._model)
        hearings.add(encoded, found)
        came = loud(upsampled(samples))
        if self._is_led(follower) and _is_answer(found):
            return self._searched_led(hearings, clean, came, follower)
        return self._searched_again(hearings, encoded, clean, came, follower)

    def _searched_led(
        self, hearings: Hearings[SoundT], clean: Samples, came: Samples, follower: Follower
    ) -> Found:
        """A ZIP code's digits as the end of a sentence that we begin: clean, then slower and as they came.

        Words after a sentence are heard best, and slow ones better than quick ones, above all with an accent.
        """
        led = after_lead_in(self._model, clean)
        hearings.add(led, self._search(led, follower))
        found = follower.weighed(hearings.together())
        if self._is_enough(found, follower):
            return found
        slow = after_lead_in(self._model, quicker(came, _SLOWER))
        hearings.add(slow, self._search(slow, follower))
        hearings.add(after_lead_in(self._model, came))
        return follower.weighed(hearings.together())

    def _searched_again(
        self, hearings: Hearings[SoundT], encoded: SoundT, clean: Samples, came: Samples, follower: Follower
    ) -> Found:
        """As it came and quicker; where no search found what fits, a wide one may: it gives up less early."""
        raw = self._model.encode(quicker(came, _QUICKER))
        hearings.add(raw, self._search(raw, follower))
        hearings.add(self._model.encode(quicker(clean, _QUICK)))
        found = follower.weighed(hearings.together())
        if certainty.SearchFigures.of(summed(found.allowed), found).is_near_miss:
            hearings.find(search(self._model, encoded, follower, self._manner.wide), 0)
            found = follower.weighed(hearings.together())
        return found

    def _search(self, encoded: SoundT, follower: Follower) -> Found:
        """For a ZIP code also what differs by one digit."""
        narrow = self._manner.narrow
        if OptionsMeant.takes(follower.grammar.spec):  # what else was said has a search of its own
            narrow = replace(narrow, hopeless=_HOPELESS)
        found = search(self._model, encoded, follower, narrow)
        if not self._is_led(follower):
            return found
        return self._rivals.beside(self._model, encoded, follower, found)

    def _is_enough(self, found: Found, follower: Follower) -> bool:
        """Whether nothing more need be heard."""
        scores = summed(found.allowed)
        figures = certainty.SearchFigures.of(scores, found)
        if self._is_led(follower) and next(iter(scores), _NOTHING).phrase is None:
            return figures.is_plain_zip(self._manner.fit)
        return figures.is_plain or is_elsewhere(figures, follower.grammar.spec)

    def _is_led(self, follower: Follower) -> bool:
        return self._manner.hears_again and is_led(follower.grammar.spec)

    def _searched_wide(self, encoded: SoundT, follower: Follower, found: Found) -> Found:
        """What was found, or more where the search gave up too early."""
        if not certainty.SearchFigures.of(summed(found.allowed), found).is_near_miss:
            return found
        wide = search(self._model, encoded, follower, self._manner.wide)
        texts = {text.tokens: text for text in (*found.allowed, *wide.allowed)}
        return follower.weighed(Found(tuple(texts.values()), wide.free, wide.free_score).ranked())

    def _in_the_open(
        self, samples: Samples, grammar: OpenGrammar, voice: float, audio_ms: int, began: float
    ) -> Recognition:
        """Whole sentences, those that mean the same taken together."""
        clean = self._model.encode(loud(upsampled(denoised(samples))))
        texts = search_open(self._model, clean, grammar)
        if meanings(texts)[0][1] < _PLAIN_SHARE:
            raw = self._model.encode(quicker(loud(upsampled(samples)), _QUICKER))
            both = {
                squashed(text.text): text for text in search_open(self._model, raw, grammar)[:_HEARD_AGAIN]
            }
            both |= {squashed(text.text): text for text in texts[:_HEARD_AGAIN]}
            texts = heard_again(self._model, list(both.values()), [clean, raw])
        others = {squashed(phrase): phrase for phrase in grammar.spec.others}
        found = meanings(texts)
        best = found[0][0]
        return Recognition(
            alternatives=tuple(
                Alternative(
                    text.text,
                    phrase=others.get(squashed(text.text)),
                    confidence=round(certainty.of_a_sentence(share, text.score, len(text.tokens), voice), 4),
                )
                for text, share in found[:_ALTERNATIVES]
                if text.text
            ),
            free_text=best.text,
            audio_ms=audio_ms,
            cpu_ms=_ms_since(began),
            evidence=(
                ("share", round(found[0][1], 3)),
                ("score", round(best.score, 3)),
                ("voice", round(voice, 3)),
            ),
        )

    def _follower(self, spec: GrammarSpec) -> Follower | OpenGrammar:
        follower = self._followers.pop(spec, None)
        if follower is None:
            if spec.is_open:
                follower = OpenGrammar(spec)
            else:
                made = SpelledFollower if spec.core == "spelled" else Follower
                follower = made(compile_grammar(spec), self._tokens)
        self._followers[spec] = follower
        if len(self._followers) > _GRAMMARS:
            self.paraphrases.forget(self._followers.popitem(last=False)[0])
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


def is_led(spec: GrammarSpec) -> bool:
    """Whether a ZIP code is asked for, not read back: a "no" does not end the sentence that we begin."""
    return spec.is_led and "no" not in spec.others


def _is_answer(found: Found) -> bool:
    """Whether the likeliest text is an answer, or there is none; no if it is a command, an "I don't know"."""
    return not found.allowed or found.allowed[0].readings[0].phrase is None


def _ms_since(began: float) -> int:
    return round(1000 * (time.process_time() - began))

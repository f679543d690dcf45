"""What another recogniser makes of the same sound: Whisper base in 8 bits, on CTranslate2.

It is asked where a choice's callers use other words than the operator's and the first hearing leaves doubt.
The words of the question's options are told to it before it listens (a prompt), so that it hears "Geico" and
"gutters" where it would write what is said more often. Nothing is downloaded: the files are those of
whisper_packages.py, joined in memory. One thread; three seconds of sound take some .25 s of a processor.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.mel import HOP, mel_bands
from engine.media.speech.upsample import RATE_HZ, Samples
from engine.media.speech.whisper_packages import (
    WhisperMissing,
    read_vocabulary,
    whisper_folders,
    whisper_kept,
)
from engine.understanding.tries import squashed

_RUNTIME = "ctranslate2"
_BEAM = 8
_MOST_TOKENS = 44
_MOST_TOLD = 200
"""Tokens of the options' words: the model takes 224 before what it writes."""

_START = ("<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>")
_PROMPTS = 64
"""Grammars whose prompts are kept."""

_SENTENCE = re.compile(r"(?<=[.!?,])\s+")
_LEAST_AGAIN = 4
"""Letters of a sentence that is said again: "no, no" is what it is."""

_PADDING_S = 1.0
_LEAST_FRAMES = 300
_MOST_FRAMES = 3000


@dataclass(frozen=True, slots=True)
class HeardText:
    """A text that may have been said, and its log-probability."""

    text: str
    score: float


class SecondOpinion(Protocol):
    """Another recogniser of a choice's sound."""

    def heard(self, samples: Samples, spec: GrammarSpec) -> tuple[HeardText, ...]:
        """Texts of samples at 16 kHz, the likeliest first; each once."""
        ...


def second_opinion_is_here() -> bool:
    """Whether the packages are installed that it takes."""
    return find_spec(_RUNTIME) is not None and whisper_folders() is not None


class WhisperOpinion:
    """The model, loaded: some 300 MB in memory. Raises WhisperMissing."""

    def __init__(self) -> None:
        try:
            import ctranslate2
        except ImportError as error:
            raise WhisperMissing(f"{_RUNTIME} can't be imported ({error})") from error
        kept = whisper_kept()
        vocabulary = read_vocabulary(kept["vocabulary.txt"].decode())
        self._view = ctranslate2.StorageView.from_array
        try:
            self._model = ctranslate2.models.Whisper(
                "whisper-base",
                device="cpu",
                compute_type="int8",
                intra_threads=1,
                inter_threads=1,
                files={name: io.BytesIO(raw) for name, raw in kept.items()},
            )
        except (RuntimeError, ValueError) as error:  # a processor or version that it can't run on
            raise WhisperMissing(f"{_RUNTIME} can't load the model ({error})") from error
        self._texts = vocabulary.texts
        self._tokens = TokensByText(vocabulary.texts)
        special = vocabulary.special
        self._before = special["<|startofprev|>"]
        self._start = [special[name] for name in _START]
        self._told: dict[GrammarSpec, list[int]] = {}

    def heard(self, samples: Samples, spec: GrammarSpec) -> tuple[HeardText, ...]:
        frames = int((len(samples) + _PADDING_S * RATE_HZ) / HOP) // 2 * 2
        bands = mel_bands(samples, min(_MOST_FRAMES, max(_LEAST_FRAMES, frames)))
        prompt = [self._before, *self._words_told(spec), *self._start]
        (found,) = self._model.generate(
            self._view(np.ascontiguousarray(bands[None], np.float32)),
            [prompt],
            beam_size=_BEAM,
            num_hypotheses=_BEAM,
            length_penalty=0,  # scores are sums
            return_scores=True,
            max_length=len(prompt) + _MOST_TOKENS,
        )
        texts = ("".join(self._texts[token] or "" for token in tokens) for tokens in found.sequences_ids)
        return merged(
            HeardText(once(text.strip()), score) for text, score in zip(texts, found.scores, strict=True)
        )

    def _words_told(self, spec: GrammarSpec) -> list[int]:
        if spec not in self._told:
            if len(self._told) >= _PROMPTS:
                self._told.clear()
            self._told[spec] = self._tokens.spelling(words_told(spec))[:_MOST_TOLD]
        return self._told[spec]


class TokensByText:
    """A vocabulary's tokens by their texts."""

    def __init__(self, texts: Sequence[str | None]) -> None:
        self._ids: dict[str, int] = {}
        for number, text in enumerate(texts):
            if text:
                self._ids.setdefault(text, number)
        self._longest = max(map(len, self._ids), default=0)

    def spelling(self, text: str) -> list[int]:
        """Tokens that spell the text, the longest first; letters that no token has are left out."""
        found: list[int] = []
        at = 0
        while at < len(text):
            lengths = range(min(self._longest, len(text) - at), 0, -1)
            length = next((length for length in lengths if text[at : at + length] in self._ids), 0)
            if length:
                found.append(self._ids[text[at : at + length]])
            at += max(length, 1)
        return found


def words_told(spec: GrammarSpec) -> str:
    """The texts of a grammar's options, as the words that went before."""
    texts: dict[str, str] = {}
    for text, _ in (*spec.phrases, *spec.described):  # names follow in small letters what is written as it is
        texts[squashed(text)] = text
    return f" {', '.join(texts.values())}."


def once(text: str) -> str:
    """The text without what it says again: a short sound is written twice and more now and then."""
    sentences = _SENTENCE.split(text)
    first = squashed(sentences[0])
    says_again = len(sentences) > 1 and first and first.startswith(squashed(sentences[1]))
    return sentences[0] if says_again and len(squashed(sentences[1])) >= _LEAST_AGAIN else text


def merged(texts: Iterable[HeardText]) -> tuple[HeardText, ...]:
    """Each text once, spacing, capitals and punctuation aside, with what its spellings score together."""
    best: dict[str, HeardText] = {}
    for each in sorted(texts, key=lambda each: -each.score):
        letters = squashed(each.text)
        known = best.get(letters)
        if letters:
            score = each.score if known is None else float(np.logaddexp(known.score, each.score))
            best[letters] = HeardText(each.text if known is None else known.text, score)
    return tuple(sorted(best.values(), key=lambda each: -each.score))

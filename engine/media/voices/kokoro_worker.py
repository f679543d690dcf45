"""Kokoro's Spanish as a program of its own: `python -m engine.media.voices.kokoro_worker`.

How it is asked and answers: engine.media.voices.worker. The packages are used for their files alone. A text
of digits is joined from digits that were said once: a ZIP code that is read back must not take seconds.
"""

from __future__ import annotations

import ctypes
import importlib.resources
import io
import json
from array import array
from functools import cache

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.core.sayers.spanish import Spanish
from engine.media.voices.espeak import VOICE as PRONOUNCED
from engine.media.voices.espeak import opened_espeak
from engine.media.voices.kokoro import PACKAGES, VOICE
from engine.media.voices.worker import serve, telephone_sound

_RATE_HZ = 24_000
_IPA = 2
_UTF8 = 1
_SYNCHRONOUS = 2
_AUDIBLE = 0.01
_EDGE = _RATE_HZ // 30
_BETWEEN_DIGITS = _RATE_HZ // 10
_SPELLS = (("tʃ", "ʧ"), ("ɣ", "ɡ"))  # noqa: RUF001 - phonemes look like letters
"""From eSpeak NG's phonemes to Kokoro's."""

_DIGITS = {name: digit for digit, name in enumerate(Spanish().digits("0123456789").split())}
_DIGITS |= {str(digit): digit for digit in range(10)}

Floats = NDArray[np.float32]


class KokoroFailed(Exception):
    """The text could not be said."""


class _KokoroVoice:
    def __init__(self) -> None:
        data = importlib.resources.files(PACKAGES[0]) / "data"
        model = b"".join((importlib.resources.files(part) / "part.bin").read_bytes() for part in PACKAGES[1:])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._vocabulary: dict[str, int] = json.loads((data / "vocab.json").read_text("utf-8"))["vocab"]
        self._styles = np.load(io.BytesIO((data / "voices_ja.npz").read_bytes()))[VOICE]
        self._sounds = _Phonemes()
        self._digit = cache(self._made_digit)

    def spoken(self, text: str, slower: int) -> bytes:
        digits = [_DIGITS.get(word.strip(",.").lower()) for word in text.split()]
        if digits and all(digit is not None for digit in digits):
            pause = np.zeros(_BETWEEN_DIGITS, np.float32)
            parts = [
                part for digit in digits if digit is not None for part in (self._digit(digit, slower), pause)
            ]
            return _sound(np.concatenate(parts[:-1]))
        return _sound(self._said(text, slower))

    def _made_digit(self, digit: int, slower: int) -> Floats:
        return self._said(Spanish().digits(str(digit)), slower)

    def _said(self, text: str, slower: int) -> Floats:
        sounds = self._sounds.of(text)
        tokens = [self._vocabulary[sound] for sound in sounds if sound in self._vocabulary][:500]
        if not tokens:
            raise KokoroFailed("there is nothing in it to say")
        style = self._styles[min(len(tokens), len(self._styles)) - 1].reshape(1, 256)
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style.astype(np.float32),
            "speed": np.array([100 / (100 + slower)], np.float32),
        }
        samples: Floats = self._session.run(None, feeds)[0].ravel()
        heard = np.flatnonzero(np.abs(samples) > _AUDIBLE)
        if not len(heard):
            raise KokoroFailed("it made no sound of it")
        return samples[max(0, int(heard[0]) - _EDGE) : int(heard[-1]) + _EDGE]


class _Phonemes:
    """How Spanish words are sounded, by eSpeak NG's library."""

    def __init__(self) -> None:
        self._library, _ = opened_espeak(_SYNCHRONOUS)
        self._library.espeak_SetVoiceByName(PRONOUNCED.encode())
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p

    def of(self, text: str) -> str:
        """The phonemes, clause by clause."""
        rest = ctypes.c_char_p(text.encode())
        clauses = []
        while rest.value:
            clauses.append(self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA).decode())
        sounds = ", ".join(clause for clause in clauses if clause)
        for theirs, ours in _SPELLS:
            sounds = sounds.replace(theirs, ours)
        return sounds


def _sound(samples: Floats) -> bytes:
    pcm = np.clip(samples * 28_000, -32_768, 32_767).astype(np.int16)
    return telephone_sound(array("h", pcm.tolist()), _RATE_HZ)


if __name__ == "__main__":
    serve(_KokoroVoice)

"""eSpeak NG's Spanish as a program of its own: `python -m engine.media.voices.espeak_worker`.

How it is asked and answers: engine.media.voices.worker. The library's calls: its `speak_lib.h`.
"""

from __future__ import annotations

import ctypes
from array import array

from engine.media.voices.espeak import VOICE, EspeakFailed, opened_espeak
from engine.media.voices.worker import serve, telephone_sound

_SYNCHRONOUS = 2
_UTF8 = 1
_RATE = 1
_WORDS_A_MINUTE = 150  # its own is 175, too quick for digits over a telephone
_LOWEST = 80


class _EspeakVoice:
    def __init__(self) -> None:
        self._library, self._rate_hz = opened_espeak(_SYNCHRONOUS)
        if self._library.espeak_SetVoiceByName(VOICE.encode()) != 0:
            raise EspeakFailed(f"eSpeak NG has no voice {VOICE}")
        self._samples = array("h")
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._callback = kind(self._take)  # kept: the library only has its address
        self._library.espeak_SetSynthCallback(self._callback)

    def spoken(self, text: str, slower: int) -> bytes:
        self._samples = array("h")
        self._library.espeak_SetParameter(_RATE, max(_LOWEST, _WORDS_A_MINUTE * 100 // (100 + slower)), 0)
        words = text.encode() + b"\0"
        failed = self._library.espeak_Synth(words, len(words), 0, 1, 0, _UTF8, None, None)
        if failed or self._library.espeak_Synchronize():
            raise EspeakFailed("eSpeak NG can't say it")
        if not self._samples:
            raise EspeakFailed("eSpeak NG made no sound of it")
        return telephone_sound(self._samples, self._rate_hz)

    def _take(self, samples: object, count: int, events: object) -> int:
        if samples and count > 0:
            self._samples.frombytes(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
        return 0


if __name__ == "__main__":
    serve(_EspeakVoice)

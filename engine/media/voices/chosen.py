"""Which default voice speaks a language, and what is missing where none does."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.sayers import tongue_of
from engine.media.synthesiser import PIPER, VoiceProcess
from engine.media.voices.espeak import espeak_files, espeak_process
from engine.media.voices.kokoro import kokoro_process


def other_voices() -> Mapping[str, VoiceProcess]:
    """The default voices beside the first one, by tongue. Nothing is started.

    Spanish is Kokoro's, or plainly eSpeak NG's, where that alone is installed.
    """
    kokoro = kokoro_process()
    return {"es": espeak_process() if kokoro.missing is not None and espeak_files() is not None else kokoro}


def is_spoken(language: str) -> bool:
    """Whether there is a default voice for the language, installed here or not."""
    return tongue_of(language) in {PIPER.tongue, *other_voices()}


def voice_missing(language: str) -> str | None:
    """Why no default voice can speak the language, and what to do; None where one can."""
    tongue = tongue_of(language)
    voices = other_voices()
    if tongue in voices:
        return voices[tongue].missing
    if tongue == PIPER.tongue:
        return PIPER.missing()
    spoken = ", ".join(sorted({PIPER.speaks, *(voice.speaks for voice in voices.values())}))
    return f"no default voice speaks '{language}' (they speak {spoken})"

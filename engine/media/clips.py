"""Clips: sound made ready for the wire once, so that playing it is only writing bytes to a socket."""

from __future__ import annotations

import sys
import wave
from array import array
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

from engine.media import mulaw
from engine.media.resample import resample

BUNDLE_BYTES = mulaw.RATE_HZ
"""Sound goes out at most one second a message: few messages, and a mark for every second heard."""


class UnreadableSound(ValueError):
    """A sound file that is no PCM WAV; says which file, what was found and how to mend it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """At most a second of sound as it goes out."""

    payload_b64: bytes
    audio_ms: int


@dataclass(frozen=True, slots=True)
class Clip:
    """mu-law at 8 kHz, and its bundles, encoded once."""

    mulaw: bytes = field(repr=False)
    bundles: tuple[Bundle, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pieces = (self.mulaw[at : at + BUNDLE_BYTES] for at in range(0, len(self.mulaw), BUNDLE_BYTES))
        bundles = tuple(Bundle(b64encode(piece), len(piece) * 1000 // mulaw.RATE_HZ) for piece in pieces)
        object.__setattr__(self, "bundles", bundles)

    @property
    def duration_ms(self) -> int:
        return len(self.mulaw) * 1000 // mulaw.RATE_HZ


def clip_from_wav(path: Path) -> Clip:
    """Read a PCM WAV of 8 or 16 bits, any rate, any number of channels (they are mixed)."""
    try:
        with wave.open(str(path), "rb") as wav:
            width, channels, rate_hz = wav.getsampwidth(), wav.getnchannels(), wav.getframerate()
            raw = wav.readframes(wav.getnframes())
    except (wave.Error, EOFError) as error:
        raise UnreadableSound(f"{path}: not a PCM WAV file ({error}); save it as 16-bit PCM") from error
    if width not in (1, 2):
        raise UnreadableSound(f"{path}: {8 * width} bits a sample, expected 8 or 16; save it as 16-bit PCM")
    samples = _samples(raw, width)
    if channels > 1:
        count = len(samples) // channels
        tracks = [samples[channel::channels] for channel in range(channels)]
        samples = array("h", [sum(track[at] for track in tracks) // channels for at in range(count)])
    return Clip(mulaw.encode(resample(samples, rate_hz, mulaw.RATE_HZ)))


def _samples(raw: bytes, width: int) -> array[int]:
    if width == 1:
        # WAV keeps 8-bit samples unsigned and all wider ones signed.
        return array("h", [(byte - 128) << 8 for byte in raw])
    samples = array("h")
    samples.frombytes(raw[: len(raw) & ~1])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples

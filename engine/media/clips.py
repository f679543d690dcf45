"""Clips: sound made ready for the wire once, so that playing it is only writing bytes to a socket."""

from __future__ import annotations

import sys
from array import array
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

from engine.core.wav import MULAW, UnreadableSound, Wav, parse_wav
from engine.media import mulaw
from engine.media.resample import resample

__all__ = ["BUNDLE_BYTES", "Bundle", "Clip", "UnreadableSound", "clip_from_wav", "telephone_sound"]

BUNDLE_BYTES = mulaw.RATE_HZ
"""Sound goes out at most one second a message: few messages, and a mark for every second heard."""


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
    """The file's sound; raises UnreadableSound."""
    return Clip(telephone_sound(path.read_bytes(), str(path)))


def telephone_sound(raw: bytes, name: str) -> bytes:
    """A WAV file (PCM of 8 or 16 bits, or mu-law; any rate; channels are mixed) as mu-law at 8 kHz.

    Raises UnreadableSound, with `name`.
    """
    wav = parse_wav(raw, name)
    if (wav.coding, wav.channels, wav.rate_hz) == (MULAW, 1, mulaw.RATE_HZ):
        return wav.sound
    samples = _samples(wav)
    if wav.channels > 1:
        count = len(samples) // wav.channels
        tracks = [samples[channel :: wav.channels] for channel in range(wav.channels)]
        samples = array("h", [sum(track[at] for track in tracks) // wav.channels for at in range(count)])
    return mulaw.encode(resample(samples, wav.rate_hz, mulaw.RATE_HZ))


def _samples(wav: Wav) -> array[int]:
    if wav.coding == MULAW:
        return mulaw.decode(wav.sound)
    if wav.bits == 8:
        # WAV keeps 8-bit samples unsigned and all wider ones signed.
        return array("h", [(byte - 128) << 8 for byte in wav.sound])
    samples = array("h")
    samples.frombytes(wav.sound[: len(wav.sound) & ~1])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples

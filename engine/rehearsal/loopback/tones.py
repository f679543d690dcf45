"""Sounds that can be told apart: mu-law tones for people's voices, and an ear that recognises them.

All audio is mu-law, 8,000 samples a second, one byte a sample. The mu-law tables are computed here
(ITU-T G.711) and not shared with the engine, so that an error in its tables cannot hide.
"""

from __future__ import annotations

import math
from functools import lru_cache

RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = RATE_HZ * FRAME_MS // 1000
SILENCE = b"\xff"
SILENT_FRAME = SILENCE * FRAME_BYTES

CALLER_HZ = 1050
BUYER_HZ = 1750

_BIAS = 0x84
_CLIP = 32635
_WINDOW = RATE_HZ // 20  # 50 ms: 20 Hz of resolution, short enough for a word
_TONE_SHARE = 0.6  # a window is "the tone" when this much of its energy is at that frequency
_QUIET = 130  # below this amplitude a sample is comfort noise
_ROWS_HZ = (697, 770, 852, 941)  # ITU-T Q.23, and not the engine's own table of it
_COLUMNS_HZ = (1209, 1336, 1477, 1633)
_PAIR_SHARE = 0.3  # of a key's sound, at either of its two frequencies
_KEY_FRAMES = 2


def encode(sample: int) -> int:
    """One 16-bit sample as a mu-law byte."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | (exponent << 4) | mantissa) & 0xFF


def decode(byte: int) -> int:
    """One mu-law byte as a 16-bit sample."""
    bits = ~byte & 0xFF
    magnitude = (((bits & 0x0F) << 3) + _BIAS << ((bits >> 4) & 0x07)) - _BIAS
    return -magnitude if bits & 0x80 else magnitude


_SAMPLES = tuple(decode(byte) for byte in range(256))
_QUIET_BYTES = bytes(byte for byte in range(256) if abs(_SAMPLES[byte]) < _QUIET)


@lru_cache(maxsize=32)
def tone(hz: int, length_ms: int = 1000, amplitude: int = 8000) -> bytes:
    """A sine as mu-law; one of whole seconds can be looped without a click."""
    step = 2 * math.pi * hz / RATE_HZ
    return bytes(encode(round(amplitude * math.sin(step * n))) for n in range(length_ms * RATE_HZ // 1000))


def caller_voice() -> bytes:
    """One second of what a caller sounds like; loop it."""
    return tone(CALLER_HZ)


def buyer_voice() -> bytes:
    """One second of what a buyer sounds like; loop it."""
    return tone(BUYER_HZ)


def length_ms(audio: bytes) -> int:
    return len(audio) * 1000 // RATE_HZ


def has_sound(audio: bytes) -> bool:
    """False for silence and comfort noise."""
    return bool(audio.translate(None, _QUIET_BYTES))


def hears_tone(recorded: bytes, hz: int, min_ms: int = 200) -> bool:
    """True when `min_ms` on end of the recording are this tone (within about 20 Hz)."""
    needed = max(1, min_ms * RATE_HZ // 1000 // _WINDOW)
    run = 0
    for begin in range(0, len(recorded) - _WINDOW + 1, _WINDOW):
        run = run + 1 if _share_at(recorded[begin : begin + _WINDOW], hz) >= _TONE_SHARE else 0
        if run >= needed:
            return True
    return False


def keys_heard(recorded: bytes) -> str:
    """The keys whose pairs of tones are in the recording, each as long as it takes to be believed (40 ms)."""
    keys, run, last = "", 0, ""
    for begin in range(0, len(recorded) - FRAME_BYTES + 1, FRAME_BYTES):
        key = _key_in(recorded[begin : begin + FRAME_BYTES])
        run = run + 1 if key and key == last else 1
        if key and run == _KEY_FRAMES:
            keys += key
        last = key
    return keys


def _key_in(window: bytes) -> str:
    """The key whose two tones make up this sound; "" for any other."""
    row = max(range(4), key=lambda at: _share_at(window, _ROWS_HZ[at]))
    column = max(range(4), key=lambda at: _share_at(window, _COLUMNS_HZ[at]))
    shares = _share_at(window, _ROWS_HZ[row]), _share_at(window, _COLUMNS_HZ[column])
    return "123A456B789C*0#D"[4 * row + column] if min(shares) >= _PAIR_SHARE else ""


def _share_at(window: bytes, hz: int) -> float:
    """The part of the window's energy at `hz`, 0 to 1 (Goertzel's algorithm)."""
    turn = 2 * math.cos(2 * math.pi * hz / RATE_HZ)
    before = last = 0.0
    energy = 0
    for byte in window:
        sample = _SAMPLES[byte]
        energy += sample * sample
        before, last = last, sample + turn * last - before
    if energy < len(window) * _QUIET * _QUIET:
        return 0.0
    return 2 * (last * last + before * before - turn * last * before) / (len(window) * energy)

"""WAV files as telephone sound: mu-law at 8 kHz."""

from __future__ import annotations

import struct
from array import array
from pathlib import Path

from engine.media import mulaw
from engine.media.resample import resample

_PCM, _MULAW = 1, 7


def read_wav(path: Path) -> bytes:
    """One channel of mu-law or 16-bit samples at any rate. Raises ValueError with what was found instead."""
    raw = path.read_bytes()
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise ValueError(f"{path}: not a WAV file")
    chunks, at = {}, 12
    while at + 8 <= len(raw):
        size = struct.unpack_from("<I", raw, at + 4)[0]
        chunks[raw[at : at + 4]] = raw[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    if b"fmt " not in chunks or b"data" not in chunks:
        raise ValueError(f"{path}: a WAV file without sound")
    coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    sound = chunks[b"data"]
    if channels != 1 or (coding, bits) not in ((_PCM, 16), (_MULAW, 8)):
        raise ValueError(
            f"{path}: {channels} channels, coding {coding}, {bits} bits; it takes one, PCM 16 or mu-law"
        )
    if coding == _MULAW and rate_hz == mulaw.RATE_HZ:
        return sound
    samples = mulaw.decode(sound) if coding == _MULAW else array("h", sound[: len(sound) // 2 * 2])
    return mulaw.encode(resample(samples, rate_hz, mulaw.RATE_HZ))

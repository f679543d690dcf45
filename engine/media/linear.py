"""Linear 16-bit sound at 8 or 16 kHz, as some carriers send it, to mu-law at 8 kHz and back, by tables.

It has to be quick, for it is done fifty times a second and call. 16 kHz is halved by the mean of two samples,
and doubled by saying each twice: what is above 4 kHz on a telephone line is noise.
"""

from __future__ import annotations

import sys
from array import array
from functools import cache

from engine.media import mulaw

_IS_BIG = sys.byteorder == "big"


@cache
def _codes() -> bytes:
    """One mu-law byte for each 16-bit sample, at the sample taken as unsigned."""
    return mulaw.encode(array("h", [at if at < 0x8000 else at - 0x10000 for at in range(0x10000)]))


@cache
def _planes() -> tuple[bytes, bytes]:
    """The low and the high byte of each mu-law code's sample."""
    samples = [sample & 0xFFFF for sample in mulaw.decode(bytes(range(256)))]
    return bytes(sample & 0xFF for sample in samples), bytes(sample >> 8 for sample in samples)


def to_mulaw(pcm: bytes, rate_hz: int = mulaw.RATE_HZ) -> bytes:
    """Little-endian samples at 8 or 16 kHz to mu-law at 8 kHz. Half a sample at the end is dropped."""
    signed = rate_hz != mulaw.RATE_HZ
    samples = array("h" if signed else "H", pcm[: len(pcm) // 2 * 2])
    if _IS_BIG:
        samples.byteswap()
    if signed:
        halves = [
            (one + other) >> 1 & 0xFFFF for one, other in zip(samples[::2], samples[1::2], strict=False)
        ]
        return bytes(map(_codes().__getitem__, halves))
    return bytes(map(_codes().__getitem__, samples))


def from_mulaw(payload: bytes, rate_hz: int = mulaw.RATE_HZ) -> bytes:
    """mu-law at 8 kHz to little-endian samples at 8 or 16 kHz."""
    low, high = _planes()
    step = 2 * rate_hz // mulaw.RATE_HZ
    out = bytearray(len(payload) * step)
    lows, highs = payload.translate(low), payload.translate(high)
    for at in range(0, step, 2):
        out[at::step] = lows
        out[at + 1 :: step] = highs
    return bytes(out)

"""G.711 mu-law: one byte a sample at 8 kHz, the telephone's own coding. Source: ITU-T G.711."""

from __future__ import annotations

from array import array
from functools import cache

RATE_HZ = 8000
SILENCE = 0xFF
"""The byte of a sample at zero."""

_BIAS = 0x84
_CLIP = 32_635


def _encoded(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


def _decoded(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS << (code >> 4 & 0x07)) - _BIAS
    return -magnitude if code & 0x80 else magnitude


@cache
def _encoding() -> bytes:
    """One byte for each 16-bit sample, at the sample taken as unsigned. Made when first needed: 30 ms."""
    return bytes(_encoded(sample if sample < 0x8000 else sample - 0x10000) for sample in range(0x10000))


@cache
def _decoding() -> tuple[int, ...]:
    return tuple(_decoded(code) for code in range(256))


def encode(samples: array[int]) -> bytes:
    """Signed 16-bit samples (array type "h") to mu-law."""
    table = _encoding()
    return bytes([table[sample & 0xFFFF] for sample in samples])


def decode(mulaw: bytes) -> array[int]:
    """mu-law to signed 16-bit samples (array type "h")."""
    table = _decoding()
    return array("h", [table[code] for code in mulaw])

"""mu-law and 16-bit samples by table in numpy, for sound that is turned over whole utterances at a time."""

from __future__ import annotations

from array import array
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.media import mulaw


def to_pcm(sound: bytes) -> bytes:
    """mu-law to signed 16-bit samples, little-endian."""
    return bytes(_decoding()[np.frombuffer(sound, dtype=np.uint8)].data)


def to_mulaw(pcm: bytes) -> bytes:
    """Signed 16-bit samples, little-endian, to mu-law; the inverse of `to_pcm`."""
    return bytes(_encoding()[np.frombuffer(pcm, dtype="<u2")].data)


@cache
def _decoding() -> NDArray[np.int16]:
    return np.array(mulaw.decode(bytes(range(256))), dtype="<i2")


@cache
def _encoding() -> NDArray[np.uint8]:
    """By the sample taken as unsigned."""
    every = np.arange(0x10000, dtype=np.uint16).view(np.int16)
    return np.frombuffer(mulaw.encode(array("h", every.tolist())), dtype=np.uint8)

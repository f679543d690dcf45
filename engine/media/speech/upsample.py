"""Telephone sound for a recogniser: mu-law at 8 kHz to float samples at 16 kHz."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.media import mulaw

Samples = NDArray[np.float32]

RATE_HZ = 16_000
_HALF = 32
"""Input samples on each side that an output sample rests on."""


@cache
def _expansion() -> Samples:
    """The sample of each mu-law byte, 1.0 being full scale."""
    return np.array(mulaw.decode(bytes(range(256))), np.float32) / np.float32(32_768)


@cache
def _between() -> Samples:
    """The weights of the samples around the middle of two: a sinc in a Kaiser window.

    At twice the rate every other output sample is an input sample, and this one filter gives the rest.
    """
    at = np.arange(-_HALF + 0.5, _HALF)
    weights = np.sinc(at) * np.kaiser(2 * _HALF, 8.0)
    return np.asarray(weights / weights.sum(), np.float32)


def expanded(sound: bytes) -> Samples:
    """mu-law to samples at 8 kHz, full scale 1.0."""
    samples: Samples = _expansion()[np.frombuffer(sound, np.uint8)]
    return samples


def upsampled(samples: Samples) -> Samples:
    """The same sound at twice the rate; nothing is added above the old Nyquist rate."""
    doubled = np.empty(2 * len(samples), np.float32)
    doubled[0::2] = samples
    if len(samples):
        padded = np.concatenate((np.zeros(_HALF - 1, np.float32), samples, np.zeros(_HALF, np.float32)))
        doubled[1::2] = np.convolve(padded, _between(), "valid")
    return doubled


def variants(samples: Samples) -> tuple[Samples, ...]:
    """The same sound, louder, in three ways that change no word: a little late, later, a tenth quicker.

    A recogniser's near ties differ from one to the next, its certainties do not. 16 kHz.
    """
    loud = samples * np.float32(0.7 / max(float(np.abs(samples).max()), 1e-3))
    quicker = np.arange(int(len(loud) / 1.1), dtype=np.float32) * np.float32(1.1)
    return (
        np.pad(loud, (208, 0)),
        np.pad(loud, (1600, 0)),
        np.interp(quicker, np.arange(len(loud)), loud).astype(np.float32),
    )

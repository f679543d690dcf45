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


def loud(samples: Samples) -> Samples:
    """The same sound at a speaker's usual peak: the model knows few quiet ones."""
    return np.asarray(samples * np.float32(0.7 / max(float(np.abs(samples).max()), 1e-3)), np.float32)


def quicker(samples: Samples, times: float) -> Samples:
    """The same sound so many times as quick, and higher: near ties of a recogniser fall out otherwise."""
    at = np.arange(int(len(samples) / times), dtype=np.float32) * np.float32(times)
    return np.asarray(np.interp(at, np.arange(len(samples)), samples), np.float32)

"""A steady noise behind a voice, made quieter: Ephraim and Malah's decision-directed Wiener filter in numpy.

The noise is learnt from the utterance's own quietest sixth, so that nothing need be known of the line. Where
there is hardly any, hardly anything changes. Voices lose some of their quiet consonants with their noise: a
recogniser therefore hears both, and what is unsure in one is settled by the other.
"""

from __future__ import annotations

import numpy as np

from engine.media.speech.upsample import Samples

_WINDOW = 256  # 32 ms at 8 kHz
_HOP = _WINDOW // 4
_QUIET_SHARE = 6  # a sixth of the utterance is taken for noise alone
_MEDIAN_OF_NOISE = 0.69  # an exponential's median, as a share of its mean
_MEMORY = 0.92  # how much of the last frame's voice is expected in the next one
_LEAST_GAIN = 0.3  # about -10 dB: less leaves tones that a recogniser takes for speech
_LEAST_RATIO = 10**-2.5


def denoised(samples: Samples) -> Samples:
    """The same sound of 8 kHz, as long and in step with it."""
    shape = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    padded = np.pad(samples, (_WINDOW, 2 * _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP] * shape
    spectra = np.fft.rfft(frames).astype(np.complex64)
    gains = _gains((spectra.real**2 + spectra.imag**2).astype(np.float32))
    cleaned = (np.fft.irfft(spectra * gains, _WINDOW) * shape).astype(np.float32)
    whole = np.zeros(len(padded), np.float32)
    weight = np.zeros(len(padded), np.float32)
    for at, frame in enumerate(cleaned):
        place = slice(at * _HOP, at * _HOP + _WINDOW)
        whole[place] += frame
        weight[place] += shape**2
    kept = slice(_WINDOW, _WINDOW + len(samples))
    return np.asarray(whole[kept] / np.maximum(weight[kept], 1e-3), np.float32)


def _gains(power: Samples) -> Samples:
    """How much of each frequency is kept, frame by frame."""
    noise = _noise(power)
    gains = np.empty_like(power)
    voice = np.ones_like(noise)  # the last frame's, in noises
    for at, frame in enumerate(power):
        ratio = frame / noise
        expected = _MEMORY * voice + (1 - _MEMORY) * np.maximum(ratio - 1, 0)
        expected = np.maximum(expected, _LEAST_RATIO)
        gain = expected / (1 + expected)
        voice = gain**2 * ratio
        gains[at] = np.maximum(gain, _LEAST_GAIN)
    return gains


def _noise(power: Samples) -> Samples:
    """The noise's power by frequency."""
    energy = power.mean(1)
    quiet = np.argsort(energy)[: max(4, len(energy) // _QUIET_SHARE)]
    noise = np.median(power[quiet], 0) / _MEDIAN_OF_NOISE + 1e-9
    smooth = np.convolve(np.pad(noise, 2, "edge"), np.ones(5) / 5, "valid")
    return np.asarray(smooth, np.float32)

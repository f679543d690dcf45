"""A voice of our own says "my zip code is", and the caller's digits follow in the same sound.

The model was made for sentences: five digits alone are to it as likely "I picked one part little". After
words whose sound and text are known to it, it expects what such a sentence goes on with. What it says of
the caller's part is asked for; of the words before, nothing.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from engine.media.sounds import sound
from engine.media.speech.model import SoundT, SpeechModel
from engine.media.speech.upsample import RATE_HZ, Samples, expanded, loud, upsampled

_WORDS = (" My", " zip", " code", " is")
_AUDIBLE = 0.05
"""The share of a sound's peak from which on it is not silence."""

_BREATH = RATE_HZ // 10


def after_lead_in(model: SpeechModel[SoundT], samples: Samples) -> SoundT:
    """A caller's sound at 16 kHz, encoded as the end of the sentence that we begin."""
    told = tuple(model.tokens.index(word) for word in _WORDS)
    return model.encode(np.concatenate((_lead_in(), _from_the_first_word(samples))), told)


@cache
def _lead_in() -> Samples:
    begun = _from_the_first_word(loud(upsampled(expanded(sound("zip_lead_in").mulaw))))
    return _from_the_first_word(begun[::-1])[::-1]


def _from_the_first_word(samples: Samples) -> Samples:
    """The same without the silence before it, but for a breath."""
    audible = np.flatnonzero(np.abs(samples) > _AUDIBLE * np.abs(samples).max())
    return samples[max(0, int(audible[0]) - _BREATH) :] if len(audible) else samples

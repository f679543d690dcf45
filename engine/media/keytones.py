"""Keys that a party presses in a talk, as the tones that the other one's phone menu waits for.

Carriers take the tones out of the sound and tell of the key apart. Here they are put back: in place of what
the party says meanwhile and never beside it, so the talk is not delayed. Source: ITU-T Q.23.
"""

from __future__ import annotations

import base64
import math
from array import array
from functools import cache

from engine.media import mulaw

TONE_S = 0.12
GAP_S = 0.06
_ROWS_HZ = (697, 770, 852, 941)
_COLUMNS_HZ = (1209, 1336, 1477, 1633)
_KEYS = "123A456B789C*0#D"
_AMPLITUDE = 6000  # of either of the two: -12 dB below the loudest
_MOST_PENDING = mulaw.RATE_HZ * 10
"""More keys at once than ten seconds of tones are nobody's finger."""


@cache
def key_tone(key: str) -> bytes:
    """The key's two frequencies for TONE_S, then nothing for GAP_S: mu-law."""
    row, column = divmod(_KEYS.index(key), 4)
    both = (math.tau * _ROWS_HZ[row] / mulaw.RATE_HZ, math.tau * _COLUMNS_HZ[column] / mulaw.RATE_HZ)
    samples = (
        round(_AMPLITUDE * (math.sin(both[0] * at) + math.sin(both[1] * at)))
        for at in range(round(TONE_S * mulaw.RATE_HZ))
    )
    return mulaw.encode(array("h", samples)) + bytes([mulaw.SILENCE]) * round(GAP_S * mulaw.RATE_HZ)


class KeyTones:
    """Of one party: the tones that are still to be heard."""

    def __init__(self) -> None:
        self._pending = b""

    def press(self, key: str) -> None:
        if len(self._pending) < _MOST_PENDING:
            self._pending += key_tone(key)

    def forget(self) -> None:
        self._pending = b""

    def over(self, payload_b64: bytes) -> bytes:
        """What is heard in place of this sound: as much of the tones, or itself."""
        if not self._pending:
            return payload_b64
        size = len(payload_b64) * 3 // 4 - payload_b64[-2:].count(b"=")
        tone, self._pending = self._pending[:size], self._pending[size:]
        return base64.b64encode(tone.ljust(size, bytes([mulaw.SILENCE])))

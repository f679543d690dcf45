"""Keys that a party presses in a talk, as the tones that the other one's phone menu waits for.

Carriers take the tones out of the sound and tell of the key apart. Here they are put back: in place of what
the party says meanwhile and never beside it, so the talk is not delayed.

Source: ITU-T Q.23 (the pairs of frequencies, within 1.8 %) and Q.24 (receivers need 40 ms of tone, 40 ms of
pause, levels that differ by 4 dB at most). Ours are 120 ms with 60 ms of pause, both frequencies at -11 dBm0;
each tone rises and falls within 4 ms, so that it does not click.
"""

from __future__ import annotations

import base64
import math
from array import array
from functools import cache, lru_cache

from engine.core.extensions import PAUSE, PAUSE_MS
from engine.media import mulaw
from engine.media.clips import Clip

TONE_S = 0.12
GAP_S = 0.06
_ROWS_HZ = (697, 770, 852, 941)
_COLUMNS_HZ = (1209, 1336, 1477, 1633)
_KEYS = "123A456B789C*0#D"
_AMPLITUDE = 6000  # of either of the two: -12 dB below the loudest
_EDGE_S = 0.004
_FRAME_S = 0.02
_MOST_PENDING = mulaw.RATE_HZ * 10
"""More keys at once than ten seconds of tones are nobody's finger."""


@cache
def key_tone(key: str) -> bytes:
    """The key's two frequencies for TONE_S, then nothing for GAP_S: mu-law."""
    row, column = divmod(_KEYS.index(key), 4)
    both = (math.tau * _ROWS_HZ[row] / mulaw.RATE_HZ, math.tau * _COLUMNS_HZ[column] / mulaw.RATE_HZ)
    count, edge = round(TONE_S * mulaw.RATE_HZ), round(_EDGE_S * mulaw.RATE_HZ)
    samples = (
        round(
            _AMPLITUDE
            * min(1.0, at / edge, (count - 1 - at) / edge)
            * (math.sin(both[0] * at) + math.sin(both[1] * at))
        )
        for at in range(count)
    )
    return mulaw.encode(array("h", samples)) + _silence(GAP_S)


def _silence(span_s: float) -> bytes:
    return bytes([mulaw.SILENCE]) * round(span_s * mulaw.RATE_HZ)


@lru_cache(maxsize=256)
def key_clip(keys: str) -> Clip:
    """The keys one after another; a comma waits PAUSE_MS."""
    return Clip(b"".join(_silence(PAUSE_MS / 1000) if key == PAUSE else key_tone(key) for key in keys))


def keys_length_ms(keys: str) -> int:
    """How long `key_clip` lasts."""
    waits = keys.count(PAUSE)
    return waits * PAUSE_MS + round((len(keys) - waits) * (TONE_S + GAP_S) * 1000)


SILENT_FRAME_B64 = base64.b64encode(_silence(_FRAME_S))


class KeyTones:
    """Of one party: the tones that are still to be heard."""

    def __init__(self) -> None:
        self._pending = b""
        self._taken = b""

    def press(self, key: str) -> None:
        if len(self._pending) < _MOST_PENDING:
            self._pending += key_tone(key)

    def forget(self) -> None:
        self._pending = b""

    def instead_of_silence(self) -> bytes:
        """The next 20 ms of the tones, base64, where the party's line sends no sound; b"" without any."""
        return self._next(round(_FRAME_S * mulaw.RATE_HZ)) if self._pending else b""

    def over(self, payload_b64: bytes) -> bytes:
        """What is heard in place of this sound: as much of the tones, or itself."""
        if not self._pending:
            return payload_b64
        return self._next(len(payload_b64) * 3 // 4 - payload_b64[-2:].count(b"="))

    def put_back(self) -> None:
        """What was taken last could not be passed on: it comes next again."""
        self._taken, self._pending = b"", self._taken + self._pending

    def _next(self, size: int) -> bytes:
        self._taken, self._pending = self._pending[:size], self._pending[size:]
        return base64.b64encode(self._taken.ljust(size, bytes([mulaw.SILENCE])))

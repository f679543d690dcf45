"""Sound in no more messages than Genesys takes.

It lets a few binary messages pass a second, and some at once; whoever sends more is told 429. The clock is
the sound that comes in, which Genesys sends without a pause: what waits goes out as its time comes.

Source: developer.genesys.cloud, AudioHook, rate limits; the numbers are those of Genesys' own samples.
"""

from __future__ import annotations

from engine.media import mulaw

A_SECOND = 5
AT_ONCE = 20
"""Genesys takes 25; what it counts otherwise than we do has room."""
MOST_BYTES = 64_000
"""Of one message."""
MOST_WAITING = 2_400_000
"""Five minutes of sound. Nothing that long waits, unless the other side has stopped."""

_EACH = mulaw.RATE_HZ // A_SECOND


class Pacing:
    """Gathers sound, and says what of it may go now."""

    def __init__(self) -> None:
        self._credit = float(AT_ONCE)
        self._waiting = bytearray()
        self._grew = False  # since sound came in last

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def add(self, sound: bytes) -> tuple[bytes, ...]:
        """More to play: what of it goes now. A message is worth it once it fills its share of a second."""
        self._waiting += sound
        del self._waiting[:-MOST_WAITING]
        self._grew = True
        return self._due() if len(self._waiting) >= _EACH else ()

    def passed(self, heard_bytes: int) -> tuple[bytes, ...]:
        """So much sound came in: what goes now. A rest to which nothing was added meanwhile waits no more."""
        self._credit = min(float(AT_ONCE), self._credit + heard_bytes / _EACH)
        is_rest, self._grew = not self._grew, False
        return self._due() if is_rest or len(self._waiting) >= _EACH else ()

    def hold(self, span_s: float) -> None:
        """We were told to send nothing for so long."""
        self._credit = min(self._credit, 0.0) - span_s * A_SECOND

    def forget(self) -> None:
        self._waiting.clear()

    def _due(self) -> tuple[bytes, ...]:
        found = []
        while self._waiting and self._credit >= 1:
            found.append(bytes(self._waiting[:MOST_BYTES]))
            del self._waiting[:MOST_BYTES]
            self._credit -= 1
        return tuple(found)

"""How far what is passed on to a party lags behind, and when it is worth a cut.

Theory of operation
- A stall of anybody on the way makes sound arrive late and at once. The carrier's player plays it all, at the
  pace of the line, and stays as late for the rest of the talk.
- So a mark is sent behind each second of what is passed on. One that comes back much later than the quickest
  ever did tells of what waits in the player.
- Then the player is emptied: a talk loses what was said in the stall, once, instead of its pace for good.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from engine.media import mulaw

EVERY_B64 = mulaw.RATE_HZ * 4 // 3
"""A second of sound, in base64."""
TOO_LATE_S = 0.4
_PREFIX = "~"
_MOST_OUTSTANDING = 120


class Delay:
    """Of what one party is passed. `now` is any monotonic clock, in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._number = 0
        self._since_mark = 0
        self._quickest_s: float | None = None
        self._outstanding: deque[tuple[str, float]] = deque(maxlen=_MOST_OUTSTANDING)

    def passed(self, size_b64: int) -> str | None:
        """So much was sent; the name of a mark that belongs behind it, once a second."""
        self._since_mark += size_b64
        if self._since_mark < EVERY_B64:
            return None
        self._since_mark = 0
        self._number += 1
        name = f"{_PREFIX}{self._number}"
        self._outstanding.append((name, self._now()))
        return name

    def came_back(self, mark: str) -> bool:
        """Whether that mark of ours is so late that the player should be emptied."""
        if not mark.startswith(_PREFIX) or all(name != mark for name, _ in self._outstanding):
            return False
        sent_at = 0.0
        while self._outstanding:
            name, sent_at = self._outstanding.popleft()
            if name == mark:
                break
        took_s = self._now() - sent_at
        self._quickest_s = took_s if self._quickest_s is None else min(self._quickest_s, took_s)
        return took_s - self._quickest_s > TOO_LATE_S

    def cut(self) -> None:
        """The player was emptied: marks that it returns for that say nothing."""
        self._outstanding.clear()
        self._since_mark = 0

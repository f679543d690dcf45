"""The time in which sound passes on a line: the loop's own, or as much faster as a rehearsal is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Pace:
    """Seconds of sound by the running loop's clock; `speed` of them pass in one of the wall's."""

    __slots__ = ("_loop", "loop_time", "speed")

    def __init__(self, speed: float = 1.0) -> None:
        self._loop = asyncio.get_running_loop()
        self.loop_time = self._loop.time
        self.speed = speed

    def now(self) -> float:
        return self.loop_time() * self.speed

    def at(
        self, due: float, action: Callable[..., object], *given: object, later_s: float = 0.0
    ) -> asyncio.TimerHandle:
        """Do it at that time of this clock, and `later_s` of the wall's seconds after it."""
        return self._loop.call_at(due / self.speed + later_s, action, *given)

"""A clock that a test puts forward."""

from __future__ import annotations

from engine.runtime.clock import Clock


class MovedClock(Clock):
    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms

"""The engine's clock. It may run faster than the wall's, for rehearsals: everything waits accordingly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Clock:
    """Milliseconds since 1970 that never step back; `speed` seconds pass in one of the wall's."""

    def __init__(self, speed: float = 1.0, seconds: Callable[[], float] = time.monotonic) -> None:
        """`seconds` counts them without a step back."""
        if not 0 < speed <= 1000:
            raise ValueError(f"speed is {speed}; expected above 0 and at most 1000")
        self.speed = speed
        self._epoch_ms = time.time_ns() // 1_000_000
        self._seconds = seconds
        self._started_s = seconds()

    def now_ms(self) -> int:
        return self._epoch_ms + int((self._seconds() - self._started_s) * 1000 * self.speed)

    def now_s(self) -> float:
        """Seconds of the same clock, for deadlines."""
        return self.now_ms() / 1000

    def passed_ms(self, real_s: float) -> int:
        """How much of this clock's time so many seconds of the wall's are."""
        return int(real_s * 1000 * self.speed)

    def after(self, delay_ms: int, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Do it so many of this clock's milliseconds from now."""
        return asyncio.get_running_loop().call_later(delay_ms / 1000 / self.speed, action)

    async def sleep(self, duration_ms: int) -> None:
        await asyncio.sleep(duration_ms / 1000 / self.speed)

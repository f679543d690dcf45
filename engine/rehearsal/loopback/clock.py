"""The carrier's time: milliseconds since it opened, running `speed` times as fast as the wall's.

Everything that the carrier, its callers and its buyers measure or wait for is in this time; only the
patience with a silent engine is real, because the engine's own clock is not sped up.
"""

from __future__ import annotations

import asyncio


class LineClock:
    """Starts at 0 when made; needs a running event loop."""

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(
                f"speed is {speed}; it must be above 0 (1.0 is real time, 10.0 ten times as fast)"
            )
        self.speed = speed
        self._loop = asyncio.get_running_loop()
        self._opened_s = self._loop.time()

    def now_ms(self) -> int:
        return int((self._loop.time() - self._opened_s) * 1000 * self.speed)

    def real_s(self, span_ms: float) -> float:
        """How long `span_ms` of the carrier's time takes on the wall."""
        return span_ms / 1000 / self.speed

    async def sleep_ms(self, span_ms: float) -> None:
        await asyncio.sleep(self.real_s(span_ms))

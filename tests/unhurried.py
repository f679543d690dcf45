"""An event loop whose time passes only while the test's process is given the machine.

A call in a test has two ends, engine and carrier, with timers on both. On a busy machine the process may stand
still for seconds, and then every timer would be due at once: a caller would have been silent for too long who
was only not let speak. Here a standstill does not count. Between two looks at what has happened time moves by
what was waited for, and by `TURN_S` at most for the work in between.
"""

from __future__ import annotations

import asyncio
import selectors
import time

TURN_S = 0.005


class UnhurriedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._lost_s = 0.0
        self._at_most = time.monotonic() + TURN_S
        super().__init__(_Watched(self))

    def time(self) -> float:
        return min(time.monotonic() - self._lost_s, self._at_most)

    def wait_begins(self) -> float:
        """When, by this loop's time. What its own work took beyond a turn is lost from here on."""
        began = self.time()
        self._lost_s = time.monotonic() - began
        return began

    def wait_ended(self, latest: float) -> None:
        """It should not have lasted beyond `latest`."""
        now = min(time.monotonic() - self._lost_s, latest)
        self._lost_s = time.monotonic() - now
        self._at_most = now + TURN_S


class _Watched(selectors.DefaultSelector):
    """Tells its loop how long it may have waited."""

    def __init__(self, loop: UnhurriedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        began = self._loop.wait_begins()
        ready = super().select(timeout)
        self._loop.wait_ended(float("inf") if timeout is None else began + max(timeout, 0.0) + TURN_S)
        return ready

"""What is due later, at most one thing at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class OneTimer:
    """Whatever is set takes the place of what was set before."""

    __slots__ = ("_handle",)

    def __init__(self) -> None:
        self._handle: asyncio.TimerHandle | None = None

    def set(self, in_s: float, then: Callable[[], object]) -> None:
        self.forget()
        self._handle = asyncio.get_running_loop().call_later(in_s, then)

    def forget(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

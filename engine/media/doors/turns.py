"""A queue for what strangers ask: of any number in the same instant a few begin, and after a breath the next.

In between, the loop looks at its sockets and timers, and most of its time is left to the calls that run,
however fast a crowd asks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

A_TURN = 2  # pieces of work
BREATH_S = 0.005


class Turns:
    """First come, first served. What is asked while nobody waits begins at once."""

    def __init__(self, a_turn: int = A_TURN) -> None:
        self._a_turn = a_turn
        self._begun = 0
        self._waiting: deque[Callable[[], bool]] = deque()
        self._is_counting = False

    def run(self, work: Callable[[], bool]) -> None:
        """Do it, now or when its turn comes. Work that finds nothing left to do is False and takes no turn:
        a crowd that was sent away meanwhile holds up nobody."""
        if self._begun < self._a_turn and not self._waiting:
            self._count()
            work()
        else:
            self._waiting.append(work)

    async def turn(self) -> None:
        """Return when it is the caller's turn."""
        came: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def comes() -> bool:
            if came.done():
                return False
            came.set_result(None)
            return True

        self.run(comes)
        await came

    def _count(self) -> None:
        self._begun += 1
        if not self._is_counting:
            self._is_counting = True
            asyncio.get_running_loop().call_later(BREATH_S, self._next_turn)

    def _next_turn(self) -> None:
        self._begun, self._is_counting = 0, False
        while self._waiting and self._begun < self._a_turn:
            if self._waiting.popleft()():
                self._count()

"""Whether anybody is there at the other end of a socket: who says nothing is asked, and then given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_FROZEN_S = 0.5
"""A timer that is so late tells of our own standstill, not of theirs."""
_AFTER_S = 1.0
"""For what has come meanwhile to be read."""


class Presence:
    """One socket's, from `begin` until `end`. `hear` is called whenever anything comes."""

    __slots__ = (
        "_answer_s",
        "_ask",
        "_due",
        "_give_up",
        "_is_asked",
        "_loop",
        "_silence_s",
        "_timer",
        "heard_at",
    )

    def __init__(
        self, silence_s: float, answer_s: float, ask: Callable[[], None], give_up: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._silence_s = silence_s
        self._answer_s = answer_s
        self._ask = ask
        self._give_up = give_up
        self._is_asked = False
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.heard_at = self._loop.time()

    def hear(self) -> float:
        """Somebody is there. Gives the time."""
        self.heard_at = self._loop.time()
        if self._is_asked:
            self._is_asked = False
            if self._timer is not None:
                self.end()
                self.begin()
        return self.heard_at

    def begin(self) -> None:
        self._look_in(self._silence_s)

    def ask_after(self, silence_s: float) -> None:
        """Ask after so much silence from now on."""
        self._silence_s = silence_s
        if self._timer is not None and not self._is_asked:
            self.end()
            self.begin()

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_in(self, span_s: float) -> None:
        self._due = self._loop.time() + span_s
        self._timer = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        silent_s = now - self.heard_at
        if silent_s < self._silence_s:
            self._look_in(self._silence_s - silent_s)
        elif not self._is_asked:
            self._is_asked = True
            self._ask()
            self._look_in(self._answer_s)
        elif now - self._due > _FROZEN_S:
            self._look_in(_AFTER_S)
        else:
            self._give_up()

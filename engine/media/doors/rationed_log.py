"""Warnings that strangers can cause at will: some lines of each kind, and the rest counted."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

MOST = 20  # lines of one kind in EVERY_S
EVERY_S = 10.0


class RationedLog:
    """Kinds are ours, few, and hold nothing of what a stranger says. `counts` is called for every warning."""

    def __init__(
        self,
        log: logging.Logger,
        most: int = MOST,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
        counts: Callable[[], None] = lambda: None,
    ) -> None:
        self._log = log
        self._most = most
        self._every_s = every_s
        self._clock = clock
        self._counts = counts
        self._began = clock()
        self._noted: Counter[str] = Counter()

    def warn(self, text: str, *values: object, kind: str = "") -> None:
        """Log it, or count it; without a kind its text is one."""
        self._counts()
        now = self._clock()
        if now - self._began >= self._every_s:
            self._tell_rest()
            self._began = now
        kind = kind or text
        self._noted[kind] += 1
        if self._noted[kind] <= self._most:
            self._log.warning(text, *values)

    def _tell_rest(self) -> None:
        for kind, times in self._noted.items():
            if times > self._most:
                self._log.warning("%d more lines were left out: %s", times - self._most, kind)
        self._noted.clear()

"""What is refused at the media port is logged line by line, and in a flood only counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from websockets.exceptions import InvalidHandshake

log = logging.getLogger("cordboard.media")

MAX_LINES = 20
"""Lines of log for one kind of refusal in `SPAN_S`."""
SPAN_S = 10.0


class Refusals:
    """Kinds are ours, few, and hold nothing of what a stranger says."""

    def __init__(self, clock: Callable[[], float], counts: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._counts = counts
        self._noted: Counter[str] = Counter()
        self._since = clock()

    def note(self, kind: str, message: str, *details: object) -> None:
        self._counts()
        now = self._clock()
        if now - self._since >= SPAN_S:
            self._tell_rest()
            self._since = now
        self._noted[kind] += 1
        if self._noted[kind] <= MAX_LINES:
            log.warning(message, *details)

    def _tell_rest(self) -> None:
        for kind, times in self._noted.items():
            if times > MAX_LINES:
                log.warning("%d more media sockets were refused: %s", times - MAX_LINES, kind)
        self._noted.clear()


def reason_of(error: BaseException | None) -> str:
    """A stranger who breaks the handshake gets a line of our log, not a page, and no more of his own words
    than the library repeats."""
    while isinstance(error, InvalidHandshake) and error.__cause__ is not None:
        error = error.__cause__
    return repr(str(error))[1:-1][:120]

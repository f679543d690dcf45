"""The process's log: one line an event, whatever outsiders put into it, and no flood of lines of one kind."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from engine.core.printable import printable, printable_lines

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class PrintableFormatter(logging.Formatter):
    """A record as one printable line. The lines of a traceback follow indented: none looks like a record."""

    def format(self, record: logging.LogRecord) -> str:
        first = logging.makeLogRecord(
            {**record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None}
        )
        told = printable(super().format(first))
        if record.exc_info:
            told += _indented(self.formatException(record.exc_info))
        if record.stack_info:
            told += _indented(self.formatStack(record.stack_info))
        return told


def set_up_logging(level: int) -> None:
    """Log to stderr: warnings of everybody, and of ours what is at least of this level."""
    handler = logging.StreamHandler()
    handler.setFormatter(PrintableFormatter(FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("cordboard").setLevel(level)


class RationedLog:
    """Warnings that strangers can cause at will: `most` of them in `every_s` seconds, the rest counted."""

    def __init__(
        self,
        log: logging.Logger,
        most: int = 20,
        every_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._most = most
        self._every_s = every_s
        self._clock = clock
        self._began = -every_s
        self._count = 0

    def warn(self, text: str, *values: object) -> None:
        """Log it, or count it."""
        now = self._clock()
        if now - self._began >= self._every_s:
            left_out = self._count - self._most
            self._began, self._count = now, 0
            if left_out > 0:
                self._log.warning("%d lines such as the next were left out", left_out)
        self._count += 1
        if self._count <= self._most:
            self._log.warning(text, *values)


def _indented(text: str) -> str:
    return "".join(f"\n    {line}" for line in printable_lines(text).split("\n"))

"""The process's log: one line an event, whatever outsiders put into it."""

from __future__ import annotations

import logging

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


def _indented(text: str) -> str:
    return "".join(f"\n    {line}" for line in printable_lines(text).split("\n"))

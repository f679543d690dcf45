"""The log is one line an event, whoever wrote the words in it."""

from __future__ import annotations

import io
import logging

import pytest

from engine.media.doors.rationed_log import RationedLog
from engine.runtime.logs import PrintableFormatter


def logged(text: str, *values: object, error: Exception | None = None) -> str:
    """What the process's log would hold."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(PrintableFormatter("%(levelname)s %(name)s: %(message)s"))
    log = logging.Logger("tried")
    log.addHandler(handler)
    log.warning(text, *values, exc_info=error)
    return written.getvalue()


def test_outside_text_makes_no_second_line_and_steers_nothing() -> None:
    told = logged("%s refused", "/voice\x1b[2J\r\nINFO cordboard: all is well\u202e\x9b")
    assert told == "WARNING tried: /voice\\x1b[2J\\r\\nINFO cordboard: all is well\\u202e\\x9b refused\n"


def test_the_lines_of_a_traceback_are_indented_and_so_is_what_its_error_says() -> None:
    try:
        raise ValueError("from outside\nWARNING tried: a forged line \x1b[31m")
    except ValueError as error:
        first, *others = logged("it broke", error=error).splitlines()
    assert first == "WARNING tried: it broke"
    assert all(line.startswith("    ") for line in others)
    assert "\x1b" not in "".join(others)


def test_a_flood_of_warnings_is_cut_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    rationed = RationedLog(logging.getLogger("cordboard.tried"), most=3, every_s=10, clock=lambda: now)
    for number in range(100):
        rationed.warn("number %d", number)
    assert caplog.messages == ["number 0", "number 1", "number 2"]
    now = 10.0
    rationed.warn("later")
    assert caplog.messages[3:] == ["97 more lines were left out: number %d", "later"]

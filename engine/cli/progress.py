"""Progress of long work, on stderr: a line that renews itself on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOG_LINE_S = 10.0
"""Between two lines where stderr is no terminal: work that is done sooner says nothing there."""


@contextmanager
def progress_line(label: str) -> Iterator[Callable[[int, int], None]]:
    """Call it with (done, of)."""
    shown = False

    def on_progress(done: int, of: int) -> None:
        nonlocal shown
        if of and sys.stderr.isatty():
            shown = True
            filled = done * 30 // of
            sys.stderr.write(f"\r{label} [{'█' * filled}{'·' * (30 - filled)}] {done}/{of} ")
            sys.stderr.flush()

    try:
        yield on_progress
    finally:
        if shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


@contextmanager
def status_line(label: str) -> Iterator[Callable[[str], None]]:
    """Call it with what is being done now."""
    is_terminal = sys.stderr.isatty()
    told_at = time.monotonic()

    def on_progress(doing: str) -> None:
        nonlocal told_at
        if is_terminal:
            sys.stderr.write(f"\r\033[K{label}: {doing} …")
            sys.stderr.flush()
        elif time.monotonic() - told_at >= _LOG_LINE_S:
            told_at = time.monotonic()
            sys.stderr.write(f"{label}: {doing}\n")
            sys.stderr.flush()

    try:
        yield on_progress
    finally:
        if is_terminal:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


@contextmanager
def prompt_progress() -> Iterator[Callable[[int, int], None]]:
    with progress_line("speaking prompts") as on_progress:
        yield on_progress

"""Spans of time as terms write them: 90s, 30d."""

from __future__ import annotations

from functools import lru_cache

_TOLD_IN_SECONDS_MS = 600_000
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"))


@lru_cache(maxsize=1024)
def seconds_text(milliseconds: int) -> str:
    """90_000 → ``90s``, 1_500 → ``1.5s``: durations of talk are always told in seconds."""
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") + "s"


def span_text(milliseconds: int) -> str:
    """The largest unit that fits, rounded down: 30 days → ``30d``, 25 hours → ``1d``, 40 s → ``40s``."""
    for size, unit in _UNITS:
        if milliseconds >= size:
            return f"{milliseconds // size}{unit}"
    return seconds_text(milliseconds)


def exact_span_text(milliseconds: int) -> str:
    """A span as terms agree on it, never rounded: ``30d``, ``36h``, ``90m``; below ten minutes ``90s``."""
    for size, unit in _UNITS:
        if milliseconds % size == 0 and milliseconds >= _TOLD_IN_SECONDS_MS:
            return f"{milliseconds // size}{unit}"
    return seconds_text(milliseconds)

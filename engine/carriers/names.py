"""What may stand in a name: of our calls and legs, and of a carrier's calls, which goes into addresses."""

from __future__ import annotations

import re

from engine.core.whole_numbers import whole_number

LONGEST_S = 7 * 24 * 3600  # of a call; carriers end theirs after a day

_NAME = re.compile(r"[A-Za-z0-9_.:@-]{1,128}")
_MOST_DIGITS = 7


def is_name(text: str) -> bool:
    """Whether it may go into an address as it is."""
    return _NAME.fullmatch(text) is not None


def seconds_told(number: object) -> int | None:
    """How long a call lasted, of a number in JSON; None for anything else, and for what no call lasts."""
    return number if isinstance(number, int) and 0 <= number <= LONGEST_S else None


def seconds_of(text: str) -> int | None:
    """How long a call lasted, as carriers say it; None for what no call lasts."""
    if len(text) > _MOST_DIGITS:
        return None
    seconds = whole_number(text)
    return seconds if seconds is not None and seconds <= LONGEST_S else None

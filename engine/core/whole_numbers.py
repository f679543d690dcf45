"""Whole numbers in text from outside. `int` takes more than it should: digits of other scripts, underscores,
and it raises for what `isdigit` calls a digit (`²`) and for thousands of them."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[0-9]{1,18}")  # what a database keeps


def whole_number(text: str) -> int | None:
    """The number that the text is, in plain digits; None where it is anything else."""
    return int(text) if _WHOLE.fullmatch(text) else None

"""Times as operators write them: `20s` → milliseconds. Amounts of money are in engine.core.money."""

from __future__ import annotations

import re

_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)", re.ASCII)

_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration_ms(text: str) -> int | None:
    """Milliseconds of `500ms`, `20s`, `2m`, `1h` or `30d`; None where it is no duration."""
    match = _DURATION.fullmatch(text)
    return None if match is None else int(match[1]) * _UNIT_MS[match[2]]

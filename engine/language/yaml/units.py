"""Times as operators write them: `20s` → milliseconds. Amounts of money are in engine.core.money."""

from __future__ import annotations

import re

_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)|([0-9]{1,3})y", re.ASCII)

_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_YEAR_MS = 365 * _UNIT_MS["d"]


def duration_ms(text: str) -> int | None:
    """Milliseconds of `500ms`, `20s`, `2m`, `1h`, `30d` or `2y` (365 days each); None for anything else."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    return int(match[3]) * _YEAR_MS if match[3] else int(match[1]) * _UNIT_MS[match[2]]

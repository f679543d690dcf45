"""Amounts of money: integer micros inside, decimal text outside. No float ever holds one."""

from __future__ import annotations

import re

MICROS = 1_000_000

_AMOUNT = re.compile(r"(\d{1,9})(?:\.(\d{1,6}))?", re.ASCII)


def parse_money(text: str) -> int:
    """``"45.00"`` → 45_000_000. Raises ValueError, in an operator's words, for anything else."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(
            f'{text!r} is not an amount of money; write it as "45.00", with at most six decimals'
        )
    return int(match[1]) * MICROS + int((match[2] or "").ljust(6, "0"))


def format_money(micros: int) -> str:
    """45_000_000 → ``45.00``: two decimals, more only where the amount has them."""
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), MICROS)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{decimals}"

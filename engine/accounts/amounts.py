"""Amounts and lengths as they are shown."""

from __future__ import annotations

from engine.core.money import format_money


def amount_or_null(micros: int | None) -> str | None:
    return None if micros is None else format_money(micros)


def seconds(ms: int) -> int | float:
    """Whole seconds as an integer: 90, and 95.2."""
    return ms // 1000 if ms % 1000 == 0 else ms / 1000

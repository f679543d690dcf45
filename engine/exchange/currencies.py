"""Currencies of ISO 4217, and their smallest units: nobody can pay half of one."""

from __future__ import annotations

from functools import cache

from iso4217 import Currency

from engine.core.money import MICROS, format_money

NO_MONEY = frozenset({"XTS", "XXX"})  # the standard's codes for tests, and for no currency at all


@cache
def known_decimals() -> dict[str, int | None]:
    """Currency → the decimals of its smallest unit; None where it has none, as gold."""
    return {str(each.code): each.exponent for each in Currency if each.code not in NO_MONEY}


def unit_micros(currency: str) -> int:
    """The smallest unit: 10_000 of USD, 1_000_000 of JPY; 1 where it has none or isn't known."""
    decimals = known_decimals().get(currency)
    return 1 if decimals is None else MICROS // 10 ** min(decimals, 6)


def unit_text(currency: str) -> str:
    """``0.01 USD``, ``1 JPY``."""
    decimals = known_decimals().get(currency) or 0
    return f"{format_money(unit_micros(currency)) if decimals else 1} {currency}"

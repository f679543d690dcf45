"""How a value is spoken: the filters of ``{{ name | filter }}``.

Each takes the value and the sayer of the prompt's language, and gives words that any synthesiser of that
language reads alike. A value that a filter can't make sense of is spoken plainly: a call must not end over a
prompt.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from engine.core.sayers import FIGURES, Sayer

_MICROS_OF_A_CENT = 10_000
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T.*)?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_AMOUNT = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,6}))?", re.ASCII)


def plain(value: object, sayer: Sayer) -> str:
    """The value as it is; numbers and yes or no in words."""
    if isinstance(value, bool):
        return sayer.yes_or_no(value)
    if isinstance(value, int | float):
        return number(value, sayer)
    return str(value).strip()


def digits(value: object, sayer: Sayer) -> str:
    """Each digit by itself, as codes and phone numbers are read."""
    text = str(value)
    if not any(character in "0123456789" for character in text):
        return plain(value, sayer)
    return sayer.digits(text)


def number(value: object, sayer: Sayer) -> str:
    """A quantity: ``1204`` → ``one thousand two hundred four``."""
    text = str(value).strip()
    if isinstance(value, bool):
        return plain(value, sayer)
    if isinstance(value, float):
        text = text.removesuffix(".0")
    return sayer.number(text) if _NUMBER.fullmatch(text) else text


def money(value: object, sayer: Sayer) -> str:
    """US dollars, of integer micros or a decimal text: ``"45.00"`` → ``forty-five dollars``."""
    if isinstance(value, int) and not isinstance(value, bool):
        is_owed, micros = value < 0, abs(value)
    else:
        match = _AMOUNT.fullmatch(str(value).strip().removeprefix("$"))
        if match is None:
            return plain(value, sayer)
        is_owed = match[1] == "-"
        micros = int(match[2]) * 1_000_000 + int((match[3] or "0").ljust(6, "0"))
    cents = (micros + _MICROS_OF_A_CENT // 2) // _MICROS_OF_A_CENT  # half a cent rounds up
    return sayer.money(-cents if is_owed else cents)


def date(value: object, sayer: Sayer) -> str:
    """A day of an ISO date: ``2026-11-22`` → ``November twenty-second``."""
    text = str(value).strip()
    match = _ISO_DATE.fullmatch(text)
    if match is None or sayer is FIGURES:
        return text
    month, day = int(match[2]), int(match[3])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return text
    return sayer.date(None, month, day)


FILTERS: Mapping[str, Callable[[object, Sayer], str]] = MappingProxyType(
    {"digits": digits, "money": money, "date": date, "number": number}
)

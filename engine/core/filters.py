"""How a value is spoken: the filters of ``{{ name | filter }}``.

Each takes the value and the prompt's language and gives words that any synthesiser reads alike. English
is written out; for other languages figures are left in a form that a synthesiser reads in its own tongue.
A value that a filter can't make sense of is spoken plainly: a call must not end over a prompt.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from engine.core.numerals import cardinal, decimal, digit_names, ordinal

_MICROS = 1_000_000
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T.*)?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_AMOUNT = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,6}))?", re.ASCII)


def plain(value: object, language: str) -> str:
    """The value as it is; numbers and yes or no in words."""
    if isinstance(value, bool):
        return ("yes" if value else "no") if _is_english(language) else str(value).lower()
    if isinstance(value, int | float):
        return number(value, language)
    return str(value).strip()


def digits(value: object, language: str) -> str:
    """Each digit by itself, as codes and phone numbers are read."""
    text = str(value)
    if not any(character in "0123456789" for character in text):
        return plain(value, language)
    if _is_english(language):
        return digit_names(text)
    return " ".join(character for character in text if character in "0123456789")


def number(value: object, language: str) -> str:
    """A quantity: ``1204`` → ``one thousand two hundred four``."""
    text = str(value).strip()
    if isinstance(value, bool):
        return plain(value, language)
    if isinstance(value, float):
        text = text.removesuffix(".0")
    return decimal(text) if _NUMBER.fullmatch(text) and _is_english(language) else text


def money(value: object, language: str) -> str:
    """US dollars, of integer micros or a decimal text: ``"45.00"`` → ``forty-five dollars``."""
    if isinstance(value, int) and not isinstance(value, bool):
        sign, amount = ("-" if value < 0 else ""), abs(value)
        dollars, rest = divmod(amount, _MICROS)
    else:
        match = _AMOUNT.fullmatch(str(value).strip().removeprefix("$"))
        if match is None:
            return plain(value, language)
        sign, dollars = match[1], int(match[2])
        rest = int((match[3] or "0").ljust(6, "0"))
    dollars, cents = divmod(dollars * 100 + (rest + 5_000) // 10_000, 100)  # half a cent rounds up
    if not _is_english(language):
        return f"{sign}{dollars}.{cents:02d} $"
    spoken = [_counted(dollars, "dollar")] if dollars or not cents else []
    if cents:
        spoken.append(_counted(cents, "cent"))
    return ("minus " if sign else "") + " and ".join(spoken)


def date(value: object, language: str) -> str:
    """A day of an ISO date: ``2026-11-22`` → ``November twenty-second``."""
    text = str(value).strip()
    match = _ISO_DATE.fullmatch(text)
    if match is None or not _is_english(language):
        return text
    month, day = int(match[2]), int(match[3])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return text
    return f"{_MONTHS[month - 1]} {ordinal(day)}"


FILTERS: Mapping[str, Callable[[object, str], str]] = MappingProxyType(
    {"digits": digits, "money": money, "date": date, "number": number}
)


def _is_english(language: str) -> bool:
    return language.partition("-")[0].lower() == "en"


def _counted(count: int, noun: str) -> str:
    return f"{cardinal(count)} {noun}{'' if count == 1 else 's'}"

"""What is known of a person, to be looked for in texts: their number in any spelling, and their words.

A number is found as its country writes it: with or without the country's code, with the digit that is dialled
before a national number, in groups of any kind. What stands beside more digits is another number: 555 0177 is
no part of 512 555 0177.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from engine.core.phone_numbers import parts_of

LEAST_SECRET = 5
"""Shorter words of the caller are part of too many names to be looked for in what others wrote."""

LEAST_DIGITS = 7
"""A shorter number is an extension, a ZIP code, an amount."""

_APART = r"[\s().+\-/]"
_ALONE = r"(?<!\d)", r"(?!\d)"
_FOREIGN = "".join(rf"(?<!\+{code}{_APART})" for code in (r"\d", r"\d\d", r"\d\d\d"))
_SHORT = (
    r"(?<![0-9A-Za-z])" + "".join(rf"(?<!\d{_APART * marks})" for marks in (1, 2, 3)),
    rf"(?![0-9A-Za-z])(?!{_APART}{{1,3}}\d)",
)
"""Seven digits are the end of many longer numbers, and of digests."""


class Sought:
    """What is known of the person: their number, by its international digits, and their words."""

    def __init__(self, number: str = "", words: Collection[str] = ()) -> None:
        self._number = number
        self._spelled = _spelled(re.sub(r"\D", "", number))
        long = sorted({each for each in words if len(each) >= LEAST_SECRET}, key=len, reverse=True)
        keyed = {each for each in map(_digits, long) if each}
        patterns = [
            *map(re.escape, long),
            *(_ALONE[0] + _grouped(each) + _ALONE[1] for each in sorted(keyed)),
        ]
        self._words = re.compile("|".join(patterns)) if patterns else None

    def with_words(self, words: Collection[str]) -> Sought:
        """The same number, and these words too."""
        return Sought(self._number, words)

    def is_number_in(self, text: str) -> bool:
        """Whether the text has the number in it, in any spelling."""
        return self._spelled is not None and bool(self._spelled.search(text))

    def is_in(self, text: str) -> bool:
        """Whether the text has the number or the words of the person in it."""
        return self.is_number_in(text) or (self._words is not None and bool(self._words.search(text)))


@lru_cache(maxsize=256)
def _spelled(digits: str) -> re.Pattern[str] | None:
    """Every spelling of the number; None for what is too short to be one."""
    if len(digits) < LEAST_DIGITS:
        return None
    country, trunk, national = parts_of(digits)
    before, behind = _ALONE if len(national) > 8 else _SHORT
    code = rf"(?:(?:00|011)?{_APART}*{country}{_APART}*)?" if country else ""
    dialled = rf"(?:{trunk}{_APART}*)?" if trunk else ""
    return re.compile(f"{before}{_FOREIGN}{code}{dialled}{_grouped(national)}{behind}")


def _digits(word: str) -> str:
    """The digits of a word that is a number in groups; "" where it isn't."""
    plain = re.sub(_APART, "", word)
    return plain if plain.isascii() and plain.isdigit() and len(plain) >= LEAST_DIGITS else ""


def _grouped(digits: str) -> str:
    return f"{_APART}*".join(digits)


NOBODY = Sought()

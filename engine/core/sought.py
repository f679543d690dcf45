"""What is known of a person, to be looked for in texts: their number in any spelling, and their words."""

from __future__ import annotations

import re
from collections.abc import Collection

LEAST_SECRET = 5
"""Shorter words of the caller are part of too many names to be looked for in what others wrote."""


class Sought:
    """What is known of the person, to be looked for: their number, by its digits, and their words."""

    def __init__(self, number: str = "", words: Collection[str] = ()) -> None:
        digits = re.sub(r"\D", "", number)
        self._number = number
        self._digits = digits[-10:] if len(digits) >= 7 else ""
        long = sorted({each for each in words if len(each) >= LEAST_SECRET}, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, long))) if long else None

    def with_words(self, words: Collection[str]) -> Sought:
        """The same number, and these words too."""
        return Sought(self._number, words)

    def is_number_in(self, text: str) -> bool:
        """Whether the text has the number in it, in any spelling."""
        if not self._digits:
            return False
        return self._digits in text or self._digits in re.sub(r"[\s().+\-/]", "", text)

    def is_in(self, text: str) -> bool:
        """Whether the text has the number or the words of the person in it."""
        return self.is_number_in(text) or (self._words is not None and bool(self._words.search(text)))


NOBODY = Sought()

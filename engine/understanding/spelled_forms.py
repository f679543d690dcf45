"""What spelled letters and digits may look like: so many, or by masks such as AAA9999."""

from __future__ import annotations

from dataclasses import dataclass

LETTER, FIGURE, EITHER = "A", "9", "?"
"""What stands in a mask for a letter, for a digit, and for one or the other."""

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_FIGURES = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class SpelledForms:
    """`low` to `high` letters, and digits where it `has_digits`; or one of the masks, if there are some."""

    low: int
    high: int
    masks: tuple[str, ...] = ()
    has_digits: bool = True

    @property
    def shortest(self) -> int:
        return min(map(len, self.masks)) if self.masks else self.low

    @property
    def longest(self) -> int:
        return max(map(len, self.masks)) if self.masks else self.high

    def begins(self, text: str) -> bool:
        """Whether something that it may look like begins so. In capitals."""
        if self.masks:
            return any(_fits(text, mask) for mask in self.masks if len(text) <= len(mask))
        return len(text) <= self.high and self._has_its_signs(text)

    def is_whole(self, text: str) -> bool:
        """Whether it may look so. In capitals."""
        if self.masks:
            return any(_fits(text, mask) for mask in self.masks if len(text) == len(mask))
        return self.low <= len(text) <= self.high and self._has_its_signs(text)

    def _has_its_signs(self, text: str) -> bool:
        return _LETTERS.issuperset(text) or (self.has_digits and (_LETTERS | _FIGURES).issuperset(text))


def _fits(text: str, mask: str) -> bool:
    return all(
        (each in _LETTERS and place != FIGURE) or (each in _FIGURES and place != LETTER)
        for each, place in zip(text, mask, strict=False)
    )

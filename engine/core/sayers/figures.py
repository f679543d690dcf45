"""Values in figures, for a tongue that has no words of its own here."""

from __future__ import annotations


class Figures:
    """A synthesiser reads figures in its own tongue, well or less well."""

    __slots__ = ()

    def yes_or_no(self, value: bool) -> str:
        return str(value).lower()

    def digits(self, text: str) -> str:
        return " ".join(character for character in text if character in "0123456789")

    def number(self, text: str) -> str:
        return text

    def cardinal(self, number: int) -> str:
        return str(number)

    def money(self, cents: int) -> str:
        dollars, rest = divmod(abs(cents), 100)
        return f"{'-' if cents < 0 else ''}{dollars}.{rest:02d} $"

    def date(self, year: int | None, month: int, day: int) -> str:
        return f"{f'{year:04d}' if year is not None else '-'}-{month:02d}-{day:02d}"

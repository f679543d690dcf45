"""Values in English words, as they are said in the United States."""

from __future__ import annotations

from engine.core.numerals import cardinal, decimal, digit_names, ordinal

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class English:
    """`45.50` is "forty-five dollars and fifty cents", `78701` "seven eight seven oh one"."""

    __slots__ = ()

    def yes_or_no(self, value: bool) -> str:
        return "yes" if value else "no"

    def digits(self, text: str) -> str:
        return digit_names(text)

    def number(self, text: str) -> str:
        return decimal(text)

    def cardinal(self, number: int) -> str:
        return cardinal(number)

    def money(self, cents: int) -> str:
        dollars, rest = divmod(abs(cents), 100)
        spoken = [_counted(dollars, "dollar")] if dollars or not rest else []
        if rest:
            spoken.append(_counted(rest, "cent"))
        return ("minus " if cents < 0 else "") + " and ".join(spoken)

    def date(self, year: int | None, month: int, day: int) -> str:
        said = f"{MONTHS[month - 1]} {ordinal(day)}"
        return said if year is None else f"{said}, {year}"


def _counted(count: int, noun: str) -> str:
    return f"{cardinal(count)} {noun}{'' if count == 1 else 's'}"

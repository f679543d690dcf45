"""How values are spoken in a language: numbers, digits, money, days, yes and no.

`sayer("es-US")` is that of the tongue. A tongue without one of its own gets figures, which a synthesiser
reads in whatever it speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from engine.core.sayers.english import English
from engine.core.sayers.figures import Figures
from engine.core.sayers.spanish import Spanish


class Sayer(Protocol):
    """One tongue's words for values, which any synthesiser of the tongue reads alike."""

    def yes_or_no(self, value: bool) -> str: ...

    def digits(self, text: str) -> str:
        """Each digit of the text by itself; what is no digit is passed over."""
        ...

    def number(self, text: str) -> str:
        """A quantity of ASCII digits, with at most one point and a leading minus: "-1204.50"."""
        ...

    def cardinal(self, number: int) -> str:
        """A count in a sentence: "enter the five digits"."""
        ...

    def money(self, cents: int) -> str:
        """So many cents of US dollars, which may be negative."""
        ...

    def date(self, year: int | None, month: int, day: int) -> str:
        """A day that there is; None where the year is not said."""
        ...


FIGURES: Sayer = Figures()

SAYERS: Mapping[str, Sayer] = MappingProxyType({"en": English(), "es": Spanish()})
"""By tongue."""


def sayer(language: str) -> Sayer:
    """That of the language's tongue, else figures."""
    return SAYERS.get(tongue_of(language), FIGURES)


def sayer_before_languages(language: str) -> Sayer:
    """As below behaviour SPEAKS_LANGUAGES: English words, and figures in every other tongue."""
    return SAYERS["en"] if tongue_of(language) == "en" else FIGURES


def language_among(languages: Iterable[str], wanted: str) -> str | None:
    """The one of these languages that is meant: itself, else the first of its tongue."""
    known = tuple(languages)
    if wanted in known:
        return wanted
    return next((each for each in known if tongue_of(each) == tongue_of(wanted)), None)


def tongue_of(language: str) -> str:
    """The tongue of a language: "en" of "en-US"."""
    return language.partition("-")[0].lower()

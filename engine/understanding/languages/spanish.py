"""Spanish, that of the United States and of Latin America."""

from __future__ import annotations

from engine.core.sayers.spanish import MONTHS
from engine.understanding.languages.language import Language, Numerals
from engine.understanding.languages.spanish_choosing import CHOOSING
from engine.understanding.languages.spanish_dates import dates
from engine.understanding.languages.spanish_digits import FILLERS, ZEROS, is_numeral, readings, runs
from engine.understanding.languages.spanish_numbers import amounts, numbers
from engine.understanding.languages.spanish_phrasebook import PHRASEBOOK
from engine.understanding.languages.spanish_replies import (
    affirmations,
    corrections,
    not_known_places,
    refusal,
)
from engine.understanding.words import word_set

_NEGATIVE = word_set("no nop nel mal incorrecto equivocado equivocada falso")


def _day_label(year: int | None, month: int, day: int) -> str:
    label = f"{'primero' if day == 1 else day} de {MONTHS[month - 1]}"
    return label if year is None else f"{label} de {year}"


SPANISH = Language(
    tongue="es",
    fillers=FILLERS,
    numerals=Numerals(
        is_numeral=is_numeral,
        runs=runs,
        readings=readings,
        zeros=ZEROS,
        numbers=numbers,
        nothing=frozenset({"ninguno", "ninguna", "nada", "ningun"}),
        amounts=amounts,
        dates=dates,
    ),
    choosing=CHOOSING,
    affirmations=affirmations,
    not_known_places=not_known_places,
    corrections=corrections,
    refusal=refusal,
    bare_no=frozenset({"no"}),
    no_governs_verbs=True,
    nots=word_set("no nunca tampoco"),
    articles=word_set("el la los las un una es era fue en de del para por a son"),
    negative=_NEGATIVE,
    before_a_correction=_NEGATIVE
    | FILLERS
    | word_set(
        "es el la lo eso esta correcto perdon disculpe espere en realidad yo dije digo mi ponga senor senora"
        " senorita era sino que quise decir quiero"
    ),
    phrasebook=PHRASEBOOK,
    day_label=_day_label,
)

"""English, that of the United States."""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.numerals import cardinal, digit_names, ordinal
from engine.understanding import grammar_phrases as said
from engine.understanding.affirming import affirmations
from engine.understanding.corrections import corrections
from engine.understanding.digit_runs import ZEROS, is_numeral, readings, runs
from engine.understanding.grammar_digits import digit_words
from engine.understanding.grammar_numbers import NumberCore
from engine.understanding.languages.language import Choosing, Language, Numerals, Phrasebook
from engine.understanding.not_known import not_known_places
from engine.understanding.refusals import NO, refusal
from engine.understanding.sound import sound_key
from engine.understanding.spoken_dates import MONTHS, spoken_dates
from engine.understanding.spoken_money import spoken_amounts
from engine.understanding.spoken_numbers import spoken_numbers
from engine.understanding.stems import stem
from engine.understanding.words import FILLERS, word_set


def _days() -> Iterable[str]:
    """Every way to say a day that a recogniser listens for."""
    yield from said.DAYS
    for weekday in said.WEEKDAYS:
        yield from (weekday, f"last {weekday}", f"next {weekday}", f"this {weekday}")
    for month, name in enumerate(said.MONTHS, 1):
        for day in range(1, 32):
            yield from (f"{name} {ordinal(day)}", f"{name} the {ordinal(day)}", f"{name} {cardinal(day)}")
            yield from (
                f"the {ordinal(day)} of {name}",
                f"{name} {day}",
                f"{month}/{day}",
                f"{month:02d}{day:02d}",
            )
            yield from (f"{name} {day}{ordinal(day)[-2:]}", f"{ordinal(day)} of {name}")


def _no_years() -> Iterable[str]:
    """English days are listened for without their year."""
    return ()


def _day_label(year: int | None, month: int, day: int) -> str:
    label = f"{MONTHS[month - 1].capitalize()} {day}"
    return label if year is None else f"{label}, {year}"


_NEGATIVE = word_set("no nope nah naw not isnt wrong incorrect")

ENGLISH = Language(
    tongue="en",
    fillers=FILLERS,
    numerals=Numerals(
        is_numeral=is_numeral,
        runs=runs,
        readings=readings,
        zeros=ZEROS,
        numbers=spoken_numbers,
        nothing=frozenset({"none", "nothing"}),
        amounts=spoken_amounts,
        dates=spoken_dates,
    ),
    choosing=Choosing(
        beside_a_key=FILLERS
        | word_set(
            "option number press pressing key button choice pick choose i ill take the its is that a go with"
            " for want id say yes yeah answer one hit"
        ),
        places={
            "first": 0,
            "1st": 0,
            "second": 1,
            "2nd": 1,
            "third": 2,
            "3rd": 2,
            "fourth": 3,
            "4th": 3,
        },
        key_names={"star": "*", "pound": "#", "hash": "#", "*": "*", "#": "#"},
        light=FILLERS
        | word_set(
            "i im id ive we were my our me us you your it its is are am be to for a an the this that thats of"
            " on in at with need want would like have got get getting looking look some someone something do"
            " does just kind think guess maybe probably yes yeah and or has can could please calling about"
            " going gonna one thing"
        ),
        no=NO,
        stem=stem,
        sound_key=sound_key,
    ),
    affirmations=affirmations,
    not_known_places=not_known_places,
    corrections=corrections,
    refusal=refusal,
    bare_no=frozenset({"no"}),
    no_governs_verbs=False,
    nots=word_set("not isnt never aint dont didnt arent wasnt neither"),
    articles=word_set("a an the its is it in for at from about"),
    negative=_NEGATIVE,
    before_a_correction=_NEGATIVE
    | FILLERS
    | word_set(
        "its it is thats that right correct sorry wait actually i said meant mean the my make sir maam"
    ),
    phrasebook=Phrasebook(
        fillers=said.FILLERS,
        leads=said.LEADS,
        tails=said.TAILS,
        corrections=said.CORRECTIONS,
        zip_leads=said.ZIP_LEADS,
        digits_leads=said.DIGITS_LEADS,
        number_leads=said.NUMBER_LEADS,
        date_leads=said.DATE_LEADS,
        money_tails=said.MONEY_TAILS,
        choice_leads=said.CHOICE_LEADS,
        choice_tails=said.CHOICE_TAILS,
        key_forms=said.KEY_FORMS,
        place_forms=("{} one", "the {} one"),
        yes=said.YES,
        no=said.NO,
        yes_leads=("uh", "um", "well"),
        by_verb=said.BY_VERB,
        denials=said.DENIALS,
        nots=("not", "no not", "it's not"),
        unknown=said.UNKNOWN,
        cardinal=cardinal,
        ordinal=ordinal,
        digit_names=digit_names,
        digit_words=digit_words,
        figure=NumberCore,
        days=_days,
        years=_no_years,
    ),
    day_label=_day_label,
)

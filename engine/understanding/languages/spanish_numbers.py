"""Numbers and amounts as Spanish says them: "dos mil quinientos", "medio millón", "cien dólares con diez"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from engine.understanding.digit_runs import FREE, UNUSUAL
from engine.understanding.languages.spanish_digits import (
    ONES,
    ZEROS,
    hundreds,
    is_numeral,
    joins,
    readings,
)
from engine.understanding.spoken_money import SpokenAmount, amounts_with_unit, micros_of
from engine.understanding.spoken_numbers import Counting, SpokenNumber, is_number, numbers_by
from engine.understanding.words import SaidWords, word_set

_SCALES = {
    "millon": 10**6,
    "millones": 10**6,
    "billon": 10**12,
    "billones": 10**12,
    "trillon": 10**18,
    "trillones": 10**18,
}
_HALVES = frozenset({"medio", "media"})
_POINTS = frozenset({"punto", "coma"})
_ROUGH = {"par": 2, "docena": 12, "docenas": 12}
_ARTICLES = frozenset({"un", "una"})
_OR = frozenset({"o", "u", "a", "y"})

_DOLLARS = word_set("dolar dolares usd peso pesos")
_CENTS = word_set("centavo centavos centimo centimos ctvs")
_AND = frozenset({"con", "y"})


def numbers(said: SaidWords) -> Iterator[SpokenNumber]:
    """Every number of the text; one said in two ways of reading comes twice."""
    return numbers_by(_COUNTING, said)


def number_at(texts: Sequence[str], at: int) -> tuple[int, Fraction] | None:
    """(past, value) of the longest number that begins at a word."""
    if at >= len(texts):
        return None
    special = _halves_and_dozens(texts, at)
    if special is not None:
        return special
    past, value, last = at, Fraction(0), 10**30
    while (part := _scaled(texts, past)) is not None:
        end, more, scale = part
        if scale >= last or (value and more >= last):
            break
        past, value, last = end, value + more, scale
        if scale == 1:
            break
    return None if past == at else (past, value)


def amounts(said: SaidWords) -> Iterator[SpokenAmount]:
    """Every amount: those with a unit where there are any, else bare numbers as dollars."""
    found = list(numbers(said))
    with_unit = amounts_with_unit(said.texts, found, _with_unit, _OR)
    if with_unit:
        yield from with_unit
        return
    past = 0
    for number in found:
        both = _dollars_and_cents(said.texts, number)
        micros = micros_of(number.value)
        is_part = number.first < past or (both is not None and both.past > number.past)
        if micros is not None and not is_part:
            yield SpokenAmount(micros, number.first, number.past, number.confidence, is_bare=True)
        if both is not None and number.first >= past:
            past = both.past if is_part else past
            yield both


def _scaled(texts: Sequence[str], at: int) -> tuple[int, Fraction, int] | None:
    """(past, value, scale) of "trescientos millones", "mil millones", "dos y medio millones", "dos mil"."""
    count = _below_million(texts, at)
    if count is None:
        return None
    past, value, scale = count
    if scale == 1:
        past, value = _with_fraction(texts, past, value)
    unit = texts[past] if past < len(texts) else ""
    if unit not in _SCALES:
        return past, value, scale
    value *= _SCALES[unit]
    past += 1
    if tuple(texts[past : past + 2]) in (("y", "medio"), ("y", "media")):
        past, value = past + 2, value + Fraction(_SCALES[unit], 2)
    return past, value, _SCALES[unit]


def _below_million(texts: Sequence[str], at: int) -> tuple[int, Fraction, int] | None:
    """(past, value, 1 or 1000): "dos mil trescientos" as a whole, and figures of any size."""
    if at >= len(texts):
        return None
    text = texts[at]
    if is_number(text):
        past, value = at + 1, Fraction(text)
        if past < len(texts) and texts[past] == "mil" and value:
            return _after_thousand(texts, past + 1, value)
        return past, value, 1
    if text in ZEROS:
        return at + 1, Fraction(0), 1
    if text == "mil":
        return _after_thousand(texts, at + 1, Fraction(1))
    group = hundreds(texts, at)
    if group is None or (text in _ARTICLES and not _counts(texts, at)):
        return None
    past, number = group
    if past < len(texts) and texts[past] == "mil":
        return _after_thousand(texts, past + 1, Fraction(number))
    return past, Fraction(number), 1


def _counts(texts: Sequence[str], at: int) -> bool:
    """ "Un" before what can be counted, "una" before a noun; not before another number ("una dos veces")."""
    return at + 1 < len(texts) and not (is_numeral(texts, at + 1) and texts[at + 1] != "mil")


def _after_thousand(texts: Sequence[str], at: int, count: Fraction) -> tuple[int, Fraction, int]:
    start = at + 1 if at + 1 < len(texts) and texts[at] == "y" and texts[at + 1] not in _HALVES else at
    rest = hundreds(texts, start) if start < len(texts) and texts[start] not in _ARTICLES else None
    if rest is None or (rest[0] < len(texts) and texts[rest[0]] == "mil"):
        return at, count * 1000, 1000
    return rest[0], count * 1000 + rest[1], 1


def _halves_and_dozens(texts: Sequence[str], at: int) -> tuple[int, Fraction] | None:
    """ "Medio millón", "media docena", "una docena", "un par"."""
    start = at + 1 if texts[at] in _ARTICLES else at
    if start >= len(texts):
        return None
    unit = texts[start + 1] if start + 1 < len(texts) else ""
    if texts[start] in _HALVES and unit in _SCALES:
        return start + 2, Fraction(_SCALES[unit], 2)
    if texts[start] in _HALVES and unit == "docena":
        return start + 2, Fraction(6)
    if texts[start] not in _ROUGH or (start == at and texts[start] != "docena"):
        counted = hundreds(texts, at)
        if counted is not None and counted[0] < len(texts) and texts[counted[0]] == "docenas":
            return counted[0] + 1, Fraction(12 * counted[1])
        return None
    past = start + 1
    following = past + 1 if texts[past : past + 1] == ("de",) else past
    if texts[start] == "par" and following < len(texts) and texts[following] in ("miles", "millones"):
        return following + 1, Fraction(2 * (10**3 if texts[following] == "miles" else 10**6))
    return past, Fraction(_ROUGH[texts[start]])


def _with_fraction(texts: Sequence[str], at: int, value: Fraction) -> tuple[int, Fraction]:
    """ "Y medio", "y media", "punto cinco", "coma cinco"."""
    if at + 1 < len(texts) and texts[at] == "y" and texts[at + 1] in _HALVES:
        return at + 2, value + Fraction(1, 2)
    if at < len(texts) and texts[at] in _POINTS:
        past = at + 1
        while past < len(texts) and (is_numeral(texts, past) or joins(texts, past)):
            past += 1
        for digits, sure in readings(texts[at + 1 : past], 6).items():
            if digits and sure == 1.0:
                return past, value + Fraction(int(digits), 10 ** len(digits))
    return at, value


def _sureness(texts: Sequence[str], first: int, past: int) -> float:
    is_article = past == first + 1 and texts[first] in _ARTICLES  # "una casa" is seldom a count
    return FREE if is_article or any(text in _ROUGH for text in texts[first:past]) else 1.0


def _with_unit(texts: Sequence[str], number: SpokenNumber) -> SpokenAmount | None:
    first, past = number.first, number.past
    value = number.value
    start = past + 1 if texts[past : past + 1] == ("de",) else past  # "un millón de dólares"
    unit = texts[start] if start < len(texts) else ""
    if unit in _CENTS and start == past:
        micros = micros_of(value / 100)
        return None if micros is None else SpokenAmount(micros, first, past + 1, number.confidence)
    has_sign = first > 0 and texts[first - 1] == "$"
    if has_sign:
        first -= 1
    if unit in _DOLLARS:
        past = start + 1
    elif not has_sign:
        return None
    if unit in _DOLLARS and value.denominator == 1:
        past, value = _with_cents(texts, past, value)
    micros = micros_of(value)
    is_counted = texts[number.first] in _ARTICLES  # "un dólar" is as sure as "dos dólares"
    sure = 1.0 if is_counted else number.confidence
    return None if micros is None else SpokenAmount(micros, first, past, sure)


def _with_cents(texts: Sequence[str], past: int, value: Fraction) -> tuple[int, Fraction]:
    """ "Con cincuenta centavos", "con cincuenta", "cincuenta", "y medio"."""
    if past + 1 < len(texts) and texts[past] == "y" and texts[past + 1] in _HALVES:
        return past + 2, value + Fraction(1, 2)
    following = past + 1 if past < len(texts) and texts[past] in _AND else past
    cents = number_at(texts, following)
    if cents is None or cents[1] >= 100 or cents[1].denominator != 1:
        return past, value
    end, count = cents
    if end < len(texts) and texts[end] in _CENTS:
        return end + 1, value + count / 100
    is_said = texts[past : past + 1] == ("con",) or count >= 10
    return (end, value + count / 100) if is_said and end == len(texts) else (past, value)


def _dollars_and_cents(texts: Sequence[str], number: SpokenNumber) -> SpokenAmount | None:
    """ "Dos con cincuenta" is $2.50, and "dos cincuenta" may be."""
    whole = number_at(texts, number.first)
    if whole is None or whole[1].denominator != 1 or whole[1] >= 1000:
        return None
    has_con = texts[whole[0] : whole[0] + 1] == ("con",)
    cents = number_at(texts, whole[0] + 1 if has_con else whole[0])
    if cents is None or not 10 <= cents[1] < 100 or (not has_con and cents[0] != number.past):
        return None
    micros = micros_of(whole[1] + cents[1] / 100)
    if micros is None:
        return None
    return SpokenAmount(micros, number.first, cents[0], FREE if has_con else UNUSUAL)


_COUNTING = Counting(
    number_at=number_at,
    is_numeral=is_numeral,
    goes_on=is_numeral,
    link="y",
    is_said=joins,
    readings=readings,
    digits=frozenset(ONES) | frozenset(ZEROS),
    below_zero=frozenset({"menos"}),
    sureness=_sureness,
)

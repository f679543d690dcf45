"""Amounts as people say them; the smallest part is a cent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.core.money import MICROS
from engine.understanding.digit_runs import UNUSUAL
from engine.understanding.spoken_numbers import SpokenNumber, number_at, spoken_numbers
from engine.understanding.words import SaidWords

_DOLLARS = frozenset({"dollar", "dollars", "buck", "bucks", "usd"})
_CENTS = frozenset({"cent", "cents"})
_BETWEEN = frozenset({"or", "to", "and"})
_CENT = MICROS // 100

UNSURE_RANGE = 0.6
"""How sure an amount is that ends a range: so that the caller is asked."""


@dataclass(frozen=True, slots=True)
class SpokenAmount:
    """An amount, where it stands, and how sure."""

    micros: int
    first: int
    past: int
    confidence: float
    is_bare: bool = False  # a number without a unit


def spoken_amounts(said: SaidWords) -> Iterator[SpokenAmount]:
    """Every amount: those with a unit where there are any, else bare numbers as dollars."""
    found = list(spoken_numbers(said))
    with_unit = amounts_with_unit(said.texts, found, _with_unit, _BETWEEN)
    if with_unit:
        yield from with_unit
        return
    for number in found:
        micros = micros_of(number.value)
        if micros is not None:
            yield SpokenAmount(micros, number.first, number.past, number.confidence, is_bare=True)
        yield from _dollars_and_cents(said, number)


def amounts_with_unit(
    texts: Sequence[str],
    found: Sequence[SpokenNumber],
    with_unit: Callable[[Sequence[str], SpokenNumber], SpokenAmount | None],
    between: Collection[str],
) -> list[SpokenAmount]:
    """The amounts that these numbers make with a unit, each part of the text in one of them.

    Words `between` part the ends of a range: "five or six hundred dollars" is not surely the latter.
    """
    amounts: list[SpokenAmount] = []
    covered: set[int] = set()
    for number in found:
        amount = with_unit(texts, number)
        if amount is None or amount.first in covered:
            continue
        covered.update(range(amount.first, amount.past))
        before = amount.first - 1
        is_range = before > 0 and texts[before] in between and any(each.past == before for each in found)
        amounts.append(replace(amount, confidence=UNSURE_RANGE) if is_range else amount)
    return amounts


def _with_unit(texts: Sequence[str], number: SpokenNumber) -> SpokenAmount | None:
    first, past = number.first, number.past
    unit = texts[past] if past < len(texts) else ""
    if unit in _CENTS:
        micros = micros_of(number.value / 100)
        return None if micros is None else SpokenAmount(micros, first, past + 1, number.confidence)
    has_sign = first > 0 and texts[first - 1] == "$"
    if has_sign:
        first -= 1
    if unit in _DOLLARS:
        past += 1
    elif not has_sign:
        return None
    value = number.value
    after_unit = unit in _DOLLARS
    following = past + 1 if texts[past : past + 1] == ("and",) else past
    cents = number_at(texts, following) if after_unit and following < len(texts) else None
    if cents is not None and cents[1] < 100 and value.denominator == 1:
        end, count = cents
        if end < len(texts) and texts[end] in _CENTS:
            value, past = value + count / 100, end + 1
        elif count >= 10 and end == len(texts) and following == past:
            value, past = value + count / 100, end  # "forty five dollars fifty"
    if after_unit and tuple(texts[past : past + 3]) == ("and", "a", "half"):
        value, past = value + Fraction(1, 2), past + 3
    micros = micros_of(value)
    return None if micros is None else SpokenAmount(micros, first, past, number.confidence)


def _dollars_and_cents(said: SaidWords, number: SpokenNumber) -> Iterator[SpokenAmount]:
    """ "Two fifty" without a unit may be $2.50."""
    texts = said.texts
    whole = number_at(texts, number.first)
    if whole is None or whole[0] >= number.past or whole[1].denominator != 1:
        return
    cents = number_at(texts, whole[0])
    if cents is not None and cents[0] == number.past and 10 <= cents[1] < 100 and whole[1] < 1000:
        micros = micros_of(whole[1] + cents[1] / 100)
        if micros is not None:
            yield SpokenAmount(micros, number.first, number.past, UNUSUAL)


def micros_of(dollars: Fraction) -> int | None:
    """None where a cent would be broken."""
    cents = dollars * 100
    return int(cents) * _CENT if cents.denominator == 1 else None

"""Numbers as people say them: "a hundred and twenty", "two and a half thousand", "1,200", "two grand"."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.understanding.digit_runs import (
    FREE,
    ONES,
    TEENS,
    TENS,
    UNUSUAL,
    ZEROS,
    is_figures,
    is_numeral,
    readings,
)
from engine.understanding.words import SaidWords

_SCALES = {
    "thousand": 10**3,
    "grand": 10**3,
    "k": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_LONGEST = 30  # figures; what is longer is no number

_PARTS = {"half": Fraction(1, 2), "quarter": Fraction(1, 4)}
_BELOW_ZERO = frozenset({"minus", "negative"})
_ROUGH = {"couple": 2, "dozen": 12}


@dataclass(frozen=True, slots=True)
class SpokenNumber:
    """A number, where it stands, how sure, and whether a scale or a figure made it plain."""

    value: Fraction
    first: int
    past: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Counting:
    """How a language says numbers one after the other."""

    number_at: Callable[[Sequence[str], int], tuple[int, Fraction] | None]
    """(past, value) of the longest number that begins at a word."""

    is_numeral: Callable[[Sequence[str], int], bool]
    goes_on: Callable[[Sequence[str], int], bool]
    """Whether a number that stands right behind another belongs to it: "one two"."""

    link: str
    """What may stand between them: "and"."""

    is_said: Callable[[Sequence[str], int], bool]
    """Whether that link is a part of a number itself."""

    readings: Callable[[Sequence[str], int], dict[str, float]]
    digits: Collection[str]
    below_zero: Collection[str]
    sureness: Callable[[Sequence[str], int, int], float]
    """Of the number from the first word to the second."""


def spoken_numbers(said: SaidWords) -> Iterator[SpokenNumber]:
    """Every number of the text; one said in two ways of reading comes twice."""
    return numbers_by(_ENGLISH, said)


def numbers_by(counting: Counting, said: SaidWords) -> Iterator[SpokenNumber]:
    """The same, as a language counts."""
    texts = said.texts
    at = 0
    while at < len(texts):
        parsed = counting.number_at(texts, at)
        if parsed is None:
            at += 1
            continue
        past, value = parsed
        if past < len(texts) and counting.goes_on(texts, past) and not said.words[past].after_pause:
            end = _run_past(counting, said, at)
            yield from _as_digits(counting, texts, at, end)
            at = max(end, past)
        else:
            if not (at > 0 and texts[at - 1] in counting.below_zero):
                yield SpokenNumber(value, at, past, counting.sureness(texts, at, past))
            at = past


def _run_past(counting: Counting, said: SaidWords, at: int) -> int:
    texts = said.texts
    past = at + 1
    while past < len(texts) and (counting.is_numeral(texts, past) or texts[past] == counting.link):
        if said.words[past].after_pause:
            break
        past += 1
    return past - 1 if texts[past - 1] == counting.link else past


def _as_digits(counting: Counting, texts: Sequence[str], first: int, past: int) -> Iterator[SpokenNumber]:
    """Numbers in a row: "one two zero" is 120, "two fifty" probably 250."""
    places = range(first, past)
    if not all(texts[at] == counting.link or counting.is_numeral(texts, at) for at in places):
        return
    numerals = [texts[at] for at in places if texts[at] != counting.link or counting.is_said(texts, at)]
    one_by_one = all(text in counting.digits or len(text) == 1 for text in numerals)
    for digits, sure in counting.readings(numerals, 15).items():
        if digits:
            yield SpokenNumber(Fraction(int(digits)), first, past, min(sure, FREE if one_by_one else UNUSUAL))


def number_at(texts: Sequence[str], at: int) -> tuple[int, Fraction] | None:
    """(past, value) of the longest number that begins at a word."""
    group = _scaled(texts, at)
    if group is None:
        return None
    past, value, scale = group
    while past < len(texts):
        following = past + 1 if texts[past] == "and" and scale > 1 else past
        smaller = _scaled(texts, following)
        # "Two thousand five" goes on; "five two" does not, nor "two thousand three thousand".
        if smaller is None or scale == 1 or smaller[2] >= scale or smaller[1] >= scale:
            break
        if texts[following] in ("a", "half", "quarter", "couple") or texts[following] in ZEROS:
            break
        past, more, scale = smaller
        value += more
    return past, value


def _scaled(texts: Sequence[str], at: int) -> tuple[int, Fraction, int] | None:
    """(past, value, scale) of "two hundred", "1.5 million", "half a million", "2k", "seven"."""
    if at >= len(texts):
        return None
    text = texts[at]
    if text[-1] in "km" and is_number(text[:-1]):
        scale = 10**3 if text[-1] == "k" else 10**6
        return at + 1, Fraction(text[:-1]) * scale, scale
    part = _part_of_scale(texts, at)
    if part is not None:
        return part
    count = _below_thousand(texts, at)
    if count is None:
        return None
    past, value = count
    past, value = _with_fraction(texts, past, value)
    if past < len(texts) and texts[past] in _SCALES:
        scale = _SCALES[texts[past]]
        return past + 1, value * scale, scale
    return past, value, 1


def _part_of_scale(texts: Sequence[str], at: int) -> tuple[int, Fraction, int] | None:
    """ "Half a million", "a quarter million", "a couple hundred", "half a dozen", "a dozen"."""
    start = at + 1 if texts[at] == "a" else at
    if start >= len(texts):
        return None
    amount = _PARTS.get(texts[start]) or (Fraction(_ROUGH[texts[start]]) if texts[start] in _ROUGH else None)
    if amount is None:
        return None
    following = start + 1
    while following < len(texts) and texts[following] in ("a", "of"):
        following += 1
    unit = texts[following] if following < len(texts) else ""
    if unit in _SCALES:
        return following + 1, amount * _SCALES[unit], _SCALES[unit]
    if unit == "hundred" and texts[start] == "couple":
        return following + 1, amount * 100, 100
    if unit == "dozen" and texts[start] in ("half", "couple"):
        return following + 1, amount * 12, 1
    return (start + 1, amount, 1) if texts[start] in _ROUGH else None


def _below_thousand(texts: Sequence[str], at: int) -> tuple[int, Fraction] | None:
    """Also "twelve hundred", and figures of any size."""
    text = texts[at]
    if is_number(text):
        past, value = at + 1, Fraction(text)
    elif text == "a":
        if at + 1 < len(texts) and (texts[at + 1] == "hundred" or texts[at + 1] in _SCALES):
            past, value = at + 1, Fraction(1)
        else:
            return None
    elif text in TENS:
        ones = ONES.get(texts[at + 1], 0) if at + 1 < len(texts) else 0
        past, value = (at + 2, Fraction(TENS[text] + ones)) if ones else (at + 1, Fraction(TENS[text]))
    elif text in TEENS or text in ONES or text in ZEROS:
        past, value = at + 1, Fraction(TEENS.get(text, ONES.get(text, 0)))
    else:
        return None
    if value and past < len(texts) and texts[past] == "hundred":
        past, value = past + 1, value * 100
        following = past + 1 if past < len(texts) and texts[past] == "and" else past
        if following < len(texts) and _is_small(texts, following):
            rest = _below_thousand(texts, following)
            if rest is not None and rest[1] < 100:
                return rest[0], value + rest[1]
    return past, value


def is_number(text: str) -> bool:
    """Figures with at most one point, and no more of them than any number has."""
    return len(text) <= _LONGEST and is_figures(text.replace(".", "", 1))


def _is_small(texts: Sequence[str], at: int) -> bool:
    text = texts[at]
    return text in TENS or text in TEENS or bool(ONES.get(text)) or (is_figures(text) and len(text) <= 2)


def _with_fraction(texts: Sequence[str], at: int, value: Fraction) -> tuple[int, Fraction]:
    """ "And a half", "point five"."""
    if tuple(texts[at : at + 2]) == ("and", "a") and len(texts) > at + 2 and texts[at + 2] in _PARTS:
        return at + 3, value + _PARTS[texts[at + 2]]
    if at < len(texts) and texts[at] == "point":
        past = at + 1
        while past < len(texts) and (texts[past] in ONES or texts[past] in ZEROS or is_figures(texts[past])):
            past += 1
        for digits, sure in readings(texts[at + 1 : past], 6).items():
            if digits and sure == 1.0:
                return past, value + Fraction(int(digits), 10 ** len(digits))
    return at, value


def _goes_on(texts: Sequence[str], at: int) -> bool:
    return is_numeral(texts, at) and texts[at] != "a"


def _sureness(texts: Sequence[str], first: int, past: int) -> float:
    if texts[first] in ("oh", "o") and past == first + 1:
        return 0.7  # said as a sigh more often than as a number
    return FREE if any(text in _ROUGH for text in texts[first:past]) else 1.0


def _no_link(texts: Sequence[str], at: int) -> bool:
    """No "and" is a digit."""
    return False


_ENGLISH = Counting(
    number_at=number_at,
    is_numeral=is_numeral,
    goes_on=_goes_on,
    link="and",
    is_said=_no_link,
    readings=readings,
    digits=frozenset(ONES) | ZEROS,
    below_zero=_BELOW_ZERO,
    sureness=_sureness,
)

"""Days as Americans say them: month before day, the year last or left out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.core.numerals import ordinal
from engine.understanding.digit_runs import ONES, TEENS, TENS, ZEROS, is_figures
from engine.understanding.spoken_numbers import number_at
from engine.understanding.words import SaidWords

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NUMBERS = (
    {name: number for number, name in enumerate(MONTHS, 1)}
    | {name[:3]: number for number, name in enumerate(MONTHS, 1)}
    | {"sept": 9}
)
_DAYS_OF_THE_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = {name: number for number, name in enumerate(_DAYS_OF_THE_WEEK)}
_ORDINALS = {tuple(ordinal(day).replace("-", " ").split()): day for day in range(1, 32)}
_NEAR_DAYS = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}
_UNITS = {"day": 1, "days": 1, "week": 7, "weeks": 7}
_FIGURED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?", re.ASCII)

_TORN = 0.8  # "3/5", where either may be the month
IN_NUMBERS = 0.8  # "eleven twenty two"
BY_WEEKDAY = 0.85
OF_THE_CENTURY = 0.85  # "eighty five"


@dataclass(frozen=True, slots=True)
class SpokenDate:
    """A day, its year where one was said, where it stands, and how sure."""

    year: int | None
    month: int
    day: int
    first: int
    past: int
    confidence: float


def spoken_dates(said: SaidWords, today: datetime.date | None) -> Iterator[SpokenDate]:
    """Every day of the text; days that are counted from today need it."""
    texts = said.texts
    at = 0
    while at < len(texts):
        found = (
            _named(texts, at)
            or _day_of_month(texts, at)
            or _in_figures(texts, at)
            or (_relative(texts, at, today) if today is not None else None)
        )
        if found is not None:
            yield found
            at = found.past
        else:
            at += 1
    if len(texts) >= 2 and not any(text in _MONTH_NUMBERS for text in texts):
        yield from _in_numbers(texts)


def _named(texts: Sequence[str], at: int) -> SpokenDate | None:
    """ "November twenty second", "November the 22nd, 2026"."""
    month = _MONTH_NUMBERS.get(texts[at])
    if month is None:
        return None
    start = at + 2 if texts[at + 1 : at + 2] == ("the",) else at + 1
    day = _day_at(texts, start)
    if day is None:
        return None
    year, past, sure = _year_at(texts, day[0])
    return SpokenDate(year, month, day[1], at, past, sure)


def _day_of_month(texts: Sequence[str], at: int) -> SpokenDate | None:
    """ "The third of May", "22 November"."""
    day = _day_at(texts, at)
    if day is None:
        return None
    past = day[0] + 1 if texts[day[0] : day[0] + 1] == ("of",) else day[0]
    month = _MONTH_NUMBERS.get(texts[past]) if past < len(texts) else None
    if month is None:
        return None
    year, end, sure = _year_at(texts, past + 1)
    return SpokenDate(year, month, day[1], at, end, sure)


def _in_figures(texts: Sequence[str], at: int) -> SpokenDate | None:
    """11/22, 11/22/2026, 11-22-26, 2026-11-22."""
    return next(iter(dates_in_figures(texts, at, lambda first, second: [(first, second)])), None)


def dates_in_figures(
    texts: Sequence[str], at: int, ways: Callable[[int, int], Sequence[tuple[int, int]]]
) -> tuple[SpokenDate, ...]:
    """The days that figures with strokes or hyphens may be.

    `ways` says which month and day two figures can be; where that is more than one, none is sure.
    """
    parts: list[str] = []
    past = at
    while past < len(texts) and is_figures(texts[past]) and len(parts) < 3:
        parts.append(texts[past])
        past += 1
        if texts[past : past + 1] not in (("/",), ("-",)) or len(parts) == 3:
            break
        past += 1
    lengths = [len(part) for part in parts]
    if len(parts) == 3 and lengths[0] == 4 and max(lengths[1:]) <= 2:
        return (SpokenDate(int(parts[0]), int(parts[1]), int(parts[2]), at, past, 1.0),)
    if len(parts) < 2 or max(lengths[:2]) > 2 or (len(parts) == 2 and texts[at + 1] != "/"):
        return ()
    year, sure = None, 1.0
    if len(parts) == 3:
        if lengths[2] not in (2, 4):
            return ()
        is_whole = lengths[2] == 4
        year, sure = (int(parts[2]), 1.0) if is_whole else (of_the_century(int(parts[2])), OF_THE_CENTURY)
    found = ways(int(parts[0]), int(parts[1]))
    limit = 1.0 if len(found) == 1 else _TORN
    return tuple(SpokenDate(year, month, day, at, past, min(sure, limit)) for month, day in found)


def _in_numbers(texts: Sequence[str]) -> Iterator[SpokenDate]:
    """ "Eleven twenty two twenty twenty six", said as numbers alone."""
    for at in range(len(texts)):
        month = _number_below(texts, at, 12)
        day = _day_at(texts, month[0]) if month is not None else None
        if month is None or day is None or is_figures(texts[at]):
            continue
        year, past, sure = _year_at(texts, day[0])
        yield SpokenDate(year, month[1], day[1], at, past, min(sure, IN_NUMBERS))
        return


def _relative(texts: Sequence[str], at: int, today: datetime.date) -> SpokenDate | None:
    text = texts[at]
    if text in _NEAR_DAYS:
        return on_day(today + datetime.timedelta(_NEAR_DAYS[text]), at, at + 1, 1.0)
    for words, days in (("the day after tomorrow", 2), ("the day before yesterday", -2)):
        phrase = tuple(words.split())
        for known in (phrase, phrase[1:]):
            if tuple(texts[at : at + len(known)]) == known:
                return on_day(today + datetime.timedelta(days), at, at + len(known), 1.0)
    direction, name = (
        (text, texts[at + 1]) if text in ("next", "last", "this") and at + 1 < len(texts) else ("", text)
    )
    if name in _WEEKDAYS:
        ahead = (_WEEKDAYS[name] - today.weekday()) % 7
        days = (ahead or 7) - 7 * (direction == "last") if direction != "last" or ahead else -7
        return on_day(today + datetime.timedelta(days), at, at + 1 + bool(direction), BY_WEEKDAY)
    if text == "a" and at + 1 < len(texts) and texts[at + 1] in _UNITS:
        counted: tuple[int, int] | None = (at + 1, 1)
    else:
        number = number_at(texts, at)
        counted = (number[0], int(number[1])) if number is not None and number[1].denominator == 1 else None
    if counted is None or counted[0] >= len(texts) or texts[counted[0]] not in _UNITS or counted[1] > 5000:
        return None
    past, count = counted[0] + 1, counted[1] * _UNITS[texts[counted[0]]]
    if texts[past : past + 1] == ("ago",):
        return on_day(today - datetime.timedelta(count), at, past + 1, 1.0)
    if at > 0 and texts[at - 1] == "in":
        return on_day(today + datetime.timedelta(count), at - 1, past, 1.0)
    return None


def on_day(day: datetime.date, first: int, past: int, sure: float) -> SpokenDate:
    """The day, said from word `first` to `past`."""
    return SpokenDate(day.year, day.month, day.day, first, past, sure)


def _day_at(texts: Sequence[str], at: int) -> tuple[int, int] | None:
    """(past, day): "twenty second", "22nd", "twenty two", "22", "oh five"."""
    for length in (2, 1):
        day = _ORDINALS.get(tuple(texts[at : at + length]))
        if day is not None and at + length <= len(texts):
            return at + length, day
    if at < len(texts) and (match := _FIGURED.fullmatch(texts[at])) is not None:
        day = int(match[1])
        return (at + 1, day) if 1 <= day <= 31 else None
    return _number_below(texts, at, 31)


def _number_below(texts: Sequence[str], at: int, most: int) -> tuple[int, int] | None:
    if at >= len(texts):
        return None
    text = texts[at]
    if text in ZEROS and at + 1 < len(texts) and ONES.get(texts[at + 1]):
        return at + 2, ONES[texts[at + 1]]
    if text in TENS:
        ones = ONES.get(texts[at + 1], 0) if at + 1 < len(texts) else 0
        past, number = (at + 2, TENS[text] + ones) if ones else (at + 1, TENS[text])
    else:
        past, number = at + 1, TEENS.get(text) or ONES.get(text) or 0
    return (past, number) if 1 <= number <= most else None


def _year_at(texts: Sequence[str], at: int) -> tuple[int | None, int, float]:
    """(year, past, how sure) of "2026", "twenty twenty six", "two thousand and five", "eighty five"."""
    start = at + 1 if texts[at : at + 1] in (("of",), ("in",)) and at + 1 < len(texts) else at
    if start >= len(texts):
        return None, at, 1.0
    if is_figures(texts[start]) and len(texts[start]) == 4:
        return int(texts[start]), start + 1, 1.0
    century = _number_below(texts, start, 20)
    if century is not None and century[1] in (19, 20):
        past = century[0]
        if texts[past : past + 1] == ("hundred",):
            return century[1] * 100, past + 1, 1.0
        rest = _number_below(texts, past, 99)
        if rest is not None:
            return century[1] * 100 + rest[1], rest[0], 1.0
    whole = number_at(texts, start)
    if whole is not None and whole[1].denominator == 1:
        if 1900 <= whole[1] <= 2199:
            return int(whole[1]), whole[0], 1.0
        if 21 <= whole[1] <= 99 and whole[0] == len(texts) and start == at:
            return of_the_century(int(whole[1])), whole[0], OF_THE_CENTURY
    return None, at, 1.0


def of_the_century(year: int) -> int:
    """The year of two figures: to 39 this century's, then the last."""
    return year + (2000 if year < 40 else 1900)

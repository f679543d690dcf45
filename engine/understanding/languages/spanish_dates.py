"""Days as Spanish says them: day before month, "del ochenta y cuatro"; figures either way.

"3/5" is the third of May to most of Latin America and the fifth of March to the United States, where the
calls are. Where both could be days, both are readings, and so the caller is asked.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence

from engine.core.sayers.spanish import MONTHS
from engine.understanding.digit_runs import is_figures
from engine.understanding.languages.spanish_digits import ONES, below_hundred, hundreds, joins
from engine.understanding.languages.spanish_numbers import number_at
from engine.understanding.spoken_dates import (
    BY_WEEKDAY,
    IN_NUMBERS,
    OF_THE_CENTURY,
    SpokenDate,
    dates_in_figures,
    of_the_century,
    on_day,
)
from engine.understanding.words import SaidWords, plain

_MONTH_NUMBERS = (
    {name: number for number, name in enumerate(MONTHS, 1)}
    | {name[:3]: number for number, name in enumerate(MONTHS, 1)}
    | {"setiembre": 9, "set": 9, "sept": 9}
)
DAYS_OF_THE_WEEK = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_WEEKDAYS = {plain(name): number for number, name in enumerate(DAYS_OF_THE_WEEK)}
_NEAR_DAYS = {
    "hoy": 0,
    "manana": 1,
    "ayer": -1,
    "anoche": -1,
    "anteayer": -2,
    "antier": -2,
    "antes de ayer": -2,
}
_NEAR_DAYS |= {"pasado manana": 2, "antes de anoche": -2}
_UNITS = {"dia": 1, "dias": 1, "semana": 7, "semanas": 7}
_FIGURED = re.compile(r"(\d{1,2})(?:o|er|ro|a|ra)?", re.ASCII)
_OF = frozenset({"de", "del"})
_LAST = frozenset({"pasado", "pasada"})
_NEXT = frozenset({"que viene", "proximo", "siguiente", "entrante"})


def dates(said: SaidWords, today: datetime.date | None) -> Iterator[SpokenDate]:
    """Every day of the text; days that are counted from today need it."""
    texts = said.texts
    at = 0
    while at < len(texts):
        found = _named(texts, at) or _in_figures(texts, at)
        if not found and today is not None and (relative := _relative(texts, at, today)) is not None:
            found = (relative,)
        yield from found
        at = max((date.past for date in found), default=at + 1)
    if len(texts) >= 2 and not any(text in _MONTH_NUMBERS for text in texts):
        yield from _in_numbers(texts)


def _named(texts: Sequence[str], at: int) -> tuple[SpokenDate, ...]:
    """ "Tres de mayo del ochenta y cuatro", "3 mayo 1984", "mayo tres", "primero de mayo"."""
    is_cut = at > 0 and joins(texts, at - 1)  # of "treinta y dos de mayo" there is no "dos de mayo"
    day = None if is_cut else _day_at(texts, at)
    if day is not None:
        past = day[0] + 1 if day[0] < len(texts) and texts[day[0]] in _OF else day[0]
        if texts[past : past + 2] == ("mes", "de"):
            past += 2
        month = _MONTH_NUMBERS.get(texts[past]) if past < len(texts) else None
        if month is not None:
            year, end, sure = _year_at(texts, past + 1)
            return (SpokenDate(year, month, day[1], at, end, sure),)
    month = _MONTH_NUMBERS.get(texts[at])
    if month is None:
        return ()
    start = at + 2 if texts[at + 1 : at + 2] == ("el",) else at + 1
    day = _day_at(texts, start)
    if day is None:
        return ()
    year, end, sure = _year_at(texts, day[0])
    return (SpokenDate(year, month, day[1], at, end, sure),)


def _in_figures(texts: Sequence[str], at: int) -> tuple[SpokenDate, ...]:
    """5/22/1984, 22/5/1984, 5-22-84, 1984-05-22."""
    return dates_in_figures(texts, at, _ways)


def _ways(first: int, second: int) -> list[tuple[int, int]]:
    """(month, day), month first and day first."""
    return [way for way in dict.fromkeys(((first, second), (second, first))) if 1 <= way[0] <= 12]


def _in_numbers(texts: Sequence[str]) -> Iterator[SpokenDate]:
    """ "Tres cinco mil novecientos ochenta y cuatro", said as numbers alone: day, month, year."""
    for at in range(len(texts)):
        day = _day_at(texts, at)
        start = day[0] + 1 if day is not None and texts[day[0] : day[0] + 1] in (("del",), ("de",)) else -1
        month = below_hundred(texts, start if start > 0 else day[0]) if day is not None else None
        if day is None or month is None or is_figures(texts[at]) or not 1 <= month[1] <= 12:
            continue
        year, past, sure = _year_at(texts, month[0])
        if year is not None or start > 0:
            yield SpokenDate(year, month[1], day[1], at, past, min(sure, IN_NUMBERS))
            return


def _relative(texts: Sequence[str], at: int, today: datetime.date) -> SpokenDate | None:
    for words, days in _NEAR_DAYS.items():
        phrase = tuple(words.split())
        if tuple(texts[at : at + len(phrase)]) == phrase and not _is_overtaken(texts, at, len(phrase)):
            return on_day(today + datetime.timedelta(days), at, at + len(phrase), 1.0)
    if texts[at] in _WEEKDAYS:
        ahead = (_WEEKDAYS[texts[at]] - today.weekday()) % 7
        following = texts[at + 1] if at + 1 < len(texts) else ""
        before = texts[at - 1] if at else ""
        if following in _LAST or before in _LAST:
            past = at + 2 if following in _LAST else at + 1
            return on_day(today - datetime.timedelta((7 - ahead) if ahead else 7), at, past, BY_WEEKDAY)
        past = at + 1
        if following in _NEXT or tuple(texts[at + 1 : at + 3]) == ("que", "viene"):
            past = at + 2 if following in _NEXT else at + 3
        return on_day(today + datetime.timedelta(ahead or 7), at, past, BY_WEEKDAY)
    start = at + 1
    if texts[at] not in ("hace", "en", "dentro"):
        return None
    if texts[at] == "dentro" and texts[start : start + 1] == ("de",):
        start += 1
    counted = number_at(texts, start)
    if counted is None or counted[1].denominator != 1 or counted[0] >= len(texts) or counted[1] > 5000:
        return None
    unit = _UNITS.get(texts[counted[0]])
    if unit is None:
        return None
    days = int(counted[1]) * unit
    moved = -days if texts[at] == "hace" else days
    return on_day(today + datetime.timedelta(moved), at, counted[0] + 1, 1.0)


def _is_overtaken(texts: Sequence[str], at: int, length: int) -> bool:
    """Whether a longer phrase has the word, or it is a morning: "pasado mañana", "por la mañana"."""
    return (
        length == 1 and at > 0 and texts[at] in ("manana", "ayer") and texts[at - 1] in ("pasado", "la", "de")
    )


def _day_at(texts: Sequence[str], at: int) -> tuple[int, int] | None:
    """(past, day): "tres", "veintidós", "treinta y uno", "primero", "1o", "22"."""
    if at >= len(texts):
        return None
    if texts[at] in ("primero", "primer"):
        return at + 1, 1
    if texts[at] == "cero" and at + 1 < len(texts) and texts[at + 1] in ONES:
        return at + 2, ONES[texts[at + 1]]
    if (match := _FIGURED.fullmatch(texts[at])) is not None:
        day = int(match[1])
        return (at + 1, day) if 1 <= day <= 31 else None
    found = below_hundred(texts, at)
    return found if found is not None and found[1] <= 31 and texts[at] not in ("un", "una") else None


def _year_at(texts: Sequence[str], at: int) -> tuple[int | None, int, float]:
    """(year, past, how sure) of "de 1984", "del dos mil cinco", "de mil novecientos ochenta y cuatro",
    "del ochenta y cuatro", "del año noventa", "del diecinueve ochenta y cuatro"."""
    start = at
    while start < len(texts) and texts[start] in (*_OF, "ano", "en", "el"):
        start += 1
    if start >= len(texts):
        return None, at, 1.0
    if is_figures(texts[start]) and len(texts[start]) == 4:
        return int(texts[start]), start + 1, 1.0
    century = below_hundred(texts, start)
    if century is not None and century[1] in (19, 20):
        rest = below_hundred(texts, century[0])
        if rest is not None and rest[1] >= 10:
            return century[1] * 100 + rest[1], rest[0], 1.0
    whole = number_at(texts, start)
    if whole is not None and whole[1].denominator == 1 and 1900 <= whole[1] <= 2199:
        return int(whole[1]), whole[0], 1.0
    hundred = hundreds(texts, start)
    if hundred is not None and 900 <= hundred[1] <= 999 and start > at:
        return 1000 + hundred[1], hundred[0], OF_THE_CENTURY  # "de novecientos ochenta", the mil swallowed
    short = below_hundred(texts, start)
    if short is not None and start > at and (short[1] >= 10 or is_figures(texts[start])):
        return of_the_century(short[1]), short[0], OF_THE_CENTURY
    if texts[start] == "cero" and start > at and start + 1 < len(texts) and texts[start + 1] in ONES:
        return 2000 + ONES[texts[start + 1]], start + 2, OF_THE_CENTURY  # "del cero cinco"
    return None, at, 1.0

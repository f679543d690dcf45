"""Days in Spanish: day before month, years short and long, and days that are counted from today."""

import datetime

import pytest

from engine.core.sayers import SAYERS
from engine.understanding.date import Date
from engine.understanding.languages.spanish_dates import dates
from engine.understanding.words import utterance
from tests.understanding.spoken import asked, meant

DATE = Date().in_tongue("es")
WEDNESDAY = datetime.date(2026, 11, 25)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("el tres de mayo del ochenta y cuatro", "1984-05-03"),
        ("tres de mayo de mil novecientos ochenta y cuatro", "1984-05-03"),
        ("tres de mayo, diecinueve ochenta y cuatro", "1984-05-03"),
        ("el 3 de mayo de 1984", "1984-05-03"),
        ("3 mayo 1984", "1984-05-03"),
        ("mayo tres de 1984", "1984-05-03"),
        ("el tres del cinco del ochenta y cuatro", "1984-05-03"),
        ("primero de enero de dos mil cinco", "2005-01-01"),
        ("el uno de enero del dos mil", "2000-01-01"),
        ("1º de enero del año 2000", "2000-01-01"),
        ("quince de septiembre del dos mil diez", "2010-09-15"),
        ("el cinco de mayo del cero cinco", "2005-05-05"),
        ("nací el veintidós de noviembre de mil novecientos noventa y nueve", "1999-11-22"),
        ("veintinueve de febrero de dos mil veinticuatro", "2024-02-29"),
        ("treinta y uno de diciembre", "--12-31"),
        ("22/5/1984", "1984-05-22"),
        ("5/22/1984", "1984-05-22"),
        ("1984-05-03", "1984-05-03"),
        ("el tres, no, el cuatro de mayo", "--05-04"),
        ("treinta de febrero", None),
        ("treinta y dos de mayo", None),
        ("el mes de mayo", None),
        ("ayer", None),
    ],
)
def test_a_day_is_understood_however_it_is_said(words, day):
    assert meant(DATE, words) == day


def test_figures_that_could_be_either_way_are_asked_about():
    assert asked(DATE, "3/5/1984") == {"1984-03-05", "1984-05-03"}


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("hoy", "2026-11-25"),
        ("ayer", "2026-11-24"),
        ("anteayer", "2026-11-23"),
        ("mañana", "2026-11-26"),
        ("mañana por la mañana", "2026-11-26"),
        ("pasado mañana", "2026-11-27"),
        ("hace dos semanas", "2026-11-11"),
        ("hace tres días", "2026-11-22"),
        ("en tres días", "2026-11-28"),
        ("dentro de una semana", "2026-12-02"),
        ("el lunes pasado", "2026-11-23"),
        ("el pasado lunes", "2026-11-23"),
        ("el lunes", "2026-11-30"),
        ("el lunes que viene", "2026-11-30"),
        ("el próximo martes", "2026-12-01"),
    ],
)
def test_days_are_counted_from_today(words, day):
    readings = DATE.understand_words(words, WEDNESDAY)
    assert [reading.value for reading in readings] == [day]


def test_every_day_of_a_hundred_and_fifty_years_is_understood_as_itself():
    sayer, day, wrong = SAYERS["es"], datetime.date(1900, 1, 1), []
    while day.year < 2050:
        words = sayer.date(day.year, day.month, day.day)
        found = [
            (each.year, each.month, each.day, each.confidence) for each in dates(utterance(words, "es"), None)
        ]
        if found != [(day.year, day.month, day.day, 1.0)]:
            wrong.append((words, found))
        day += datetime.timedelta(1)
    assert wrong == []


def test_a_day_is_read_back_in_spanish():
    assert DATE.understand_value("1984-05-03").label == "3 de mayo de 1984"
    assert DATE.understand_value("--05-01").label == "primero de mayo"
    assert Date().understand_value("1984-05-03").label == "May 3, 1984"

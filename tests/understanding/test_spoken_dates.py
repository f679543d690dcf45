"""Days in words; what counts from today needs today."""

from datetime import date

import pytest

from engine.understanding.date import Date
from tests.understanding.spoken import asked, meant

DATE = Date()
SUNDAY = date(2026, 11, 22)


def on(words: str, kind: Date = DATE, today: date | None = SUNDAY) -> object:
    readings = kind.understand_words(words, today)
    return readings[0].value if readings else None


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("November twenty second, 2026", "2026-11-22"),
        ("November 22nd 2026", "2026-11-22"),
        ("the twenty second of November twenty twenty six", "2026-11-22"),
        ("11/22/2026", "2026-11-22"),
        ("2026-11-22", "2026-11-22"),
        ("the third of May nineteen eighty five", "1985-05-03"),
        ("July fourth two thousand and five", "2005-07-04"),
        ("March 5 eighty five", "1985-03-05"),
        ("oh five oh six nineteen ninety", "1990-05-06"),
        ("May third 2020, no, May fourth 2020", "2020-05-04"),
    ],
)
def test_a_day_with_its_year_is_understood(words, day):
    assert meant(Date(), words) == day


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", "2026-11-22"),
        ("yesterday", "2026-11-21"),
        ("the day after tomorrow", "2026-11-24"),
        ("three days ago", "2026-11-19"),
        ("a week ago", "2026-11-15"),
        ("in two weeks", "2026-12-06"),
        ("last Monday", "2026-11-16"),
        ("next Friday", "2026-11-27"),
    ],
)
def test_days_count_from_today(words, day):
    assert on(words) == day
    assert on(words, today=None) is None


@pytest.mark.parametrize(
    ("when", "day"), [("past", "2026-05-04"), ("future", "2027-05-04"), ("any", "2027-05-04")]
)
def test_a_day_without_its_year_is_placed_by_when(when, day):
    assert on("May fourth", Date(when=when)) == day


def test_without_today_a_day_keeps_no_year():
    (understood,) = Date().understand_words("November twenty second")
    assert understood.values == {"": "--11-22", "month": 11, "day": 22}
    assert understood.label == "November 22"


def test_the_29th_of_february_is_sought_in_a_leap_year():
    assert on("February twenty ninth", Date(when="past")) == "2024-02-29"


@pytest.mark.parametrize("words", ["February thirtieth", "May I", "hello", "13/45", "twenty two", ""])
def test_what_is_no_day_gives_nothing(words):
    assert on(words) is None


def test_two_days_are_asked_about():
    assert asked(Date(), "January first or January second") == {"--01-01", "--01-02"}


def test_a_day_is_keyed_as_month_day_year():
    keyed = Date().understand_keys("11222026")
    assert keyed is not None
    assert keyed.values == {"": "2026-11-22", "year": 2026, "month": 11, "day": 22}
    assert Date().understand_keys("02302026") is None

"""Spoken ZIPs: understood as themselves, or asked about, never taken for another."""

import pytest

from engine.understanding.zip import Zip
from engine.understanding.zip_table import zip_table
from tests.understanding.spoken import SURE, asked, in_groups, meant, one_by_one

ZIP = Zip()


def real_zips(step: int) -> list[str]:
    return [code for number in range(0, 100_000, step) if zip_table().place(code := f"{number:05d}")]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("nine oh two one oh", "90210"),
        ("ninety two one oh one", "92101"),
        ("seven eight seven zero one", "78701"),
        ("78701", "78701"),
        ("7 8 7 0 1", "78701"),
        ("7-8-7-0-1", "78701"),
        ("787-01", "78701"),
        ("78,701", "78701"),
        ("seven eighty seven oh one", "78701"),
        ("seventy-eight seven oh one", "78701"),
        ("nine double oh one two", "90012"),
        ("triple one oh one", "11101"),
        ("one hundred oh one", "10001"),
        ("ten thousand one", "10001"),
        ("seventy eight thousand seven hundred and one", "78701"),
        ("oh two one three four", "02134"),
        ("78701-4242", "78701"),
        ("seven eight seven oh one, seven eight seven oh one", "78701"),
    ],
)
def test_a_zip_is_understood_however_it_is_said(words, code):
    assert meant(ZIP, words) == code


@pytest.mark.parametrize(
    "words",
    [
        "I live in seven eight seven oh one",
        "uh, it's seven eight, um, seven oh one please",
        "Yeah my ZIP code is 78701 and I have 2 kids",
        "oh, 78701",
        "4 bedrooms in 78701",
        "seven eight seven oh one okay thanks",
    ],
)
def test_a_zip_is_found_in_a_sentence(words):
    assert meant(ZIP, words) == "78701"


@pytest.mark.parametrize(
    "words",
    [
        "ninety two ten",
        "seven eight seven",
        "7 8 7 0 1 5",
        "00000",
        "zero zero zero zero zero",
        "hello",
        "",
        "Austin",
        "oh no",
    ],
)
def test_what_is_no_zip_gives_nothing(words):
    assert ZIP.understand_words(words) == ()


@pytest.mark.parametrize(
    "words",
    [
        "78701, no, 78702",
        "78701 no 78702",
        "78701 oh no 78702",
        "no, 78702",
        "no it's 78702",
        "78701, sorry, 78702",
        "78701 I mean seven eight seven oh two",
        "78701, no wait, make that 78702",
        "not 78701, 78702",
        "it's 78702 not 78701",
        "78701 scratch that 78702",
    ],
)
def test_the_last_zip_of_a_correction_wins(words):
    assert meant(ZIP, words) == "78702"


def test_what_is_taken_back_is_not_understood():
    assert ZIP.understand_words("78701, no") == ()
    assert ZIP.understand_words("78701, scratch that") == ()
    assert ZIP.understand_words("seven eight seven oh one, no, two") == ()


def test_two_zips_are_asked_about():
    assert asked(ZIP, "78701 or 78702") == {"78701", "78702"}
    assert asked(ZIP, "78701 78702") == {"78701", "78702"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("one hundred twelve", "10012"),  # 112, or 100 and 12
        ("I don't know, maybe 78701", "78701"),
        ("seven eight seven, seven eight seven oh one", "78701"),
    ],
)
def test_an_unusual_or_hesitant_zip_is_asked_about(words, code):
    assert asked(ZIP, words) == {code}


def test_it_keeps_the_words_that_it_rests_on():
    (austin,) = ZIP.understand_words("I need it in 78701, no, seven eight seven oh two please")
    assert austin.heard == "seven eight seven oh two"
    assert austin.span == (13, 48)  # with what it corrected
    assert austin.values["city"] == "Austin"


def test_every_real_zip_said_digit_by_digit_is_itself():
    wrong = [
        (code, words) for code in real_zips(7) for words in one_by_one(code) if meant(ZIP, words) != code
    ]
    assert wrong == []


def test_no_real_zip_said_in_groups_is_taken_for_another():
    wrong = [
        (code, words)
        for code in real_zips(11)
        for words in in_groups(code)
        if meant(ZIP, words) not in (code, None)
    ]
    assert wrong == []


def test_a_zip_in_torn_figures_is_itself_or_asked_about():
    torn = [
        (code, f"{code[:first]} {code[first:second]} {code[second:]}")
        for code in real_zips(13)
        for first in range(1, 4)
        for second in range(first, 5)
    ]
    wrong = [(code, words) for code, words in torn if meant(ZIP, words) not in (code, None)]
    assert wrong == []
    assert sum(meant(ZIP, words) == code for code, words in torn) / len(torn) > 0.9


def test_most_zips_in_groups_are_understood_at_once():
    ways = [(code, words) for code in real_zips(101) for words in in_groups(code)]
    right = sum(meant(ZIP, words) == code for code, words in ways)
    assert right / len(ways) > 0.85
    assert SURE < 1


def test_a_zip_lies_where_its_callers_area_code_is_served_or_not_or_nobody_knows() -> None:
    austin, denver = (Zip().understand_keys(code) for code in ("78701", "80202"))
    assert austin is not None
    assert denver is not None
    assert Zip().lies_in_area(austin, "512") is True
    assert Zip().lies_in_area(denver, "512") is False
    assert Zip().lies_in_area(austin, "555") is None


def test_an_area_code_of_two_states_serves_both() -> None:
    assert zip_table().states_of_area("512") == ("TX",)
    assert len(zip_table().states_of_area("202")) >= 1
    assert zip_table().states_of_area("000") == ()

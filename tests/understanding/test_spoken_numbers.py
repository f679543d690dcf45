"""Numbers, amounts, codes and telephone numbers in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.numerals import cardinal
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.digits import Digits
from engine.understanding.kinds import ANSWER_KINDS
from engine.understanding.money import Money
from engine.understanding.number import Number
from engine.understanding.phone import Phone
from tests.understanding.spoken import asked, meant, number_words


@given(st.integers(0, 999_999))
def test_every_number_comes_back_from_its_words(number):
    assert meant(Number(), cardinal(number)) == number
    assert meant(Number(), number_words(number)) == number
    assert meant(Number(), f"{number:,}") == number


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("forty five", 45),
        ("a hundred and twenty", 120),
        ("two grand", 2_000),
        ("1,200", 1_200),
        ("twelve hundred", 1_200),
        ("two and a half thousand", 2_500),
        ("half a million", 500_000),
        ("1.5 million", 1_500_000),
        ("about 2k", 2_000),
        ("a dozen", 12),
        ("a couple", 2),
        ("none", 0),
        ("one two zero", 120),
        ("I have two kids", 2),
        ("five, no, six", 6),
        ("not five, six", 6),
    ],
)
def test_a_number_is_understood(words, number):
    assert meant(Number(), words) == number


def test_a_number_keeps_to_its_limits():
    assert Number(min=1, max=20).understand_words("twenty one") == ()
    assert Number().understand_words("two and a half") == ()
    assert Number().understand_words("minus five") == ()


def test_two_numbers_are_asked_about():
    assert asked(Number(), "five or six") == {5, 6}


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("forty five dollars", "45.00"),
        ("$45.50", "45.50"),
        ("forty five dollars and fifty cents", "45.50"),
        ("forty five dollars fifty", "45.50"),
        ("two and a half thousand", "2500.00"),
        ("two grand", "2000.00"),
        ("fifty cents", "0.50"),
        ("about 1,200 bucks", "1200.00"),
        ("I have two roofs and 500 dollars", "500.00"),
        ("five hundred, no, six hundred", "600.00"),
    ],
)
def test_an_amount_is_understood(words, amount):
    assert meant(Money(), words) == amount


def test_an_amount_may_have_two_readings():
    assert asked(Money(), "two fifty") == {"250.00", "2.50"}
    assert asked(Money(), "five or six hundred dollars") == {"600.00"}


def test_an_amount_tells_its_dollars():
    (understood,) = Money().understand_words("forty five fifty dollars") or (None,)
    assert understood is not None
    (understood,) = Money().understand_words("$45.50")
    assert understood.values == {"": "45.50", "dollars": 45, "micros": 45_500_000}
    assert understood.label == "forty-five dollars and fifty cents"


@pytest.mark.parametrize(
    ("stated", "amount"),
    [
        ("45.50", "45.50"),
        ("$45", "45.00"),
        (45, "45.00"),
        (45.5, "45.50"),
        ("a lot", None),
        (True, None),
        (-1, None),
    ],
)
def test_an_amount_may_be_stated_in_dollars(stated, amount):
    understood = Money().understand_value(stated)
    assert (understood.value if understood else None) == amount


@pytest.mark.parametrize(
    "words",
    [
        "five one two five five five oh one two three",
        "(512) 555-0123",
        "+1 512 555 0123",
        "one five one two, five five five, oh one two three",
        "five twelve five fifty five oh one twenty three",
        "my number is 512-555-0199, no, 512-555-0123",
    ],
)
def test_a_telephone_number_is_understood_in_any_grouping(words):
    assert meant(Phone(), words) == "+15125550123"


def test_a_toll_free_number_may_have_its_hundred():
    assert meant(Phone(), "one eight hundred five five five one two one two") == "+18005551212"


@pytest.mark.parametrize("words", ["512 555 01", "one one two five five five oh one two three", "hello", ""])
def test_what_is_no_telephone_number_gives_nothing(words):
    assert Phone().understand_words(words) == ()


@pytest.mark.parametrize(
    ("stated", "number"),
    [
        ("+1 512-555-0123", "+15125550123"),
        (5125550123, "+15125550123"),
        ("555-0123", None),
        (True, None),
        ("+44 20 7946 0000", None),
    ],
)
def test_a_telephone_number_may_be_stated(stated, number):
    understood = Phone().understand_value(stated)
    assert (understood.value if understood else None) == number


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("one two three four", "1234"),
        ("my pin is double oh four two", "0042"),
        ("twelve thirty four", "1234"),
        ("0042", "0042"),
        ("one to three four", "1234"),
        ("1234, no, 4321", "4321"),
    ],
)
def test_a_code_is_understood(words, digits):
    assert meant(Digits(length=4), words) == digits


def test_a_code_is_not_cut_out_of_a_longer_one():
    assert Digits(length=4).understand_words("one two three four five") == ()


EVERY_KIND = [
    kind({"a": ChoiceOption("1", ("new roof",)), "b": ChoiceOption("2")})
    if issubclass(kind, Choice)
    else kind()
    for kind in ANSWER_KINDS.values()
]
VOCABULARY = [
    "oh",
    "double",
    "hundred",
    "thousand",
    "and",
    "a",
    "half",
    "no",
    "not",
    "twenty",
    "two",
    "78701",
    "$",
    ",",
    ".",
    "'",
    "1,200",
    "k",
    "may",
    "second",
    "i",
    "dont",
    "know",
    "roof",
    "yes",
    "|",
    "point",
]


@settings(deadline=None)
@given(
    st.sampled_from(EVERY_KIND),
    st.text(max_size=40) | st.lists(st.sampled_from(VOCABULARY), max_size=9).map(" ".join),
)
def test_whatever_is_said_gives_readings_in_order_and_no_error(kind, words):
    readings = kind.understand_words(words)
    assert len({each.value for each in readings}) == len(readings)
    assert [each.confidence for each in readings] == sorted(
        (each.confidence for each in readings), reverse=True
    )
    for each in readings:
        assert 0 < each.confidence <= 1
        assert each.heard
        assert each.heard in words[slice(*each.span)]
        assert kind.understand_value(each.value).values == each.values


def test_a_flood_of_figures_is_no_number():
    for kind in EVERY_KIND:
        assert kind.IS_FREE or kind.understand_words("9" * 6000) == ()

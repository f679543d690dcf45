"""Keys and stated values become typed answers, or nothing."""

from dataclasses import FrozenInstanceError
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.answers import AnswerType
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.date import Date
from engine.understanding.digits import Digits
from engine.understanding.free_words import FreeWords
from engine.understanding.kinds import ANSWER_KINDS, prepare
from engine.understanding.language import ChosenLanguage
from engine.understanding.money import Money
from engine.understanding.number import Number
from engine.understanding.phone import Phone
from engine.understanding.spelled import Spelled
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip
from engine.understanding.zip_table import zip_table

NEED = Choice(
    {
        "repair": ChoiceOption("1", ("leak",)),
        "new_roof": ChoiceOption("2"),
        "other": ChoiceOption("12", say="something else"),
    }
)
EXAMPLES: list[AnswerType] = [
    Zip(),
    Digits(length=4),
    Digits(min=2, max=6),
    YesNo(),
    NEED,
    ChosenLanguage({"en": ChoiceOption("1"), "es": ChoiceOption("2")}),
    Number(),
    Number(min=15, max=240),
    Date(),
    Phone(),
    Money(),
    FreeWords(),
    FreeWords(optional=True, skip_key="9"),
    Spelled(),
    Spelled(length=3, digits=False),
    Spelled(patterns=("AAA9999", "9AAA999")),
]
PYTHON_TYPES = {"string": str, "bool": bool, "int": int, "double": float}


def test_every_kind_is_listed_by_its_own_name():
    assert {name: kind.kind for name, kind in ANSWER_KINDS.items()} == {name: name for name in ANSWER_KINDS}
    assert {type(each) for each in EXAMPLES} == set(ANSWER_KINDS.values())


def test_kinds_are_values():
    assert Digits(length=4) == Digits(length=4)
    with pytest.raises(FrozenInstanceError):
        Zip().sensitive = True  # type: ignore[misc]


@settings(deadline=None)  # the first example loads the ZIP table
@given(st.sampled_from(EXAMPLES), st.text("0123456789*#", min_size=1, max_size=10))
def test_what_is_understood_keeps_what_the_kind_promises(kind, keys):
    understood = kind.understand_keys(keys)
    if understood is None:
        return
    assert kind.keypad.min_keys <= len(keys) <= kind.keypad.max_keys
    assert understood.label or understood.value == ""  # what was skipped is said by nothing
    assert understood.values[""] == understood.value
    for suffix, value in understood.values.items():
        assert type(value) is PYTHON_TYPES[kind.value_types[suffix]]
    assert kind.understand_value(understood.value) == understood


@given(st.sampled_from(EXAMPLES), st.text("0123456789*#", min_size=1, max_size=8))
def test_an_answer_without_leading_zeros_begins_with_a_first_key(kind, keys):
    if kind.understand_keys(keys) and not (isinstance(kind, Number) and keys[0] == "0"):
        assert keys[0] in kind.keypad.first_keys


@given(st.sampled_from(EXAMPLES), st.text(max_size=12) | st.booleans() | st.integers() | st.floats())
def test_no_stated_value_is_an_error(kind, value):
    kind.understand_value(value)


# zip


def test_a_zip_tells_where_it_is():
    austin = Zip().understand_keys("78701")
    assert austin is not None
    assert austin.values == {
        "": "78701",
        "code": "78701",
        "city": "Austin",
        "county": "Travis County",
        "state": "TX",
        "timezone": "America/Chicago",
        "latitude": 30.2713,
        "longitude": -97.7426,
    }
    assert austin.label == "7 8 7 0 1"
    assert austin.values.keys() == Zip().value_types.keys()


@pytest.mark.parametrize("keys", ["00000", "99999", "7870", "787011", "7870*", "٧٨٧٠١", ""])
def test_what_is_no_zip_is_not_understood(keys):
    assert Zip().understand_keys(keys) is None


def test_what_the_data_lacks_stays_unknown():
    military = Zip().understand_keys("09001")
    assert military is not None
    assert military.values == {"": "09001", "code": "09001", "city": "Apo", "state": "AE"}


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("02134", "02134"),
        (2134, "02134"),
        ("78701-4242", "78701"),
        (" 78701 ", "78701"),
        ("78701-", None),
        ("Austin", None),
        (True, None),
        (-78701, None),
        (78701.0, None),
        ("78701-42x2", None),
    ],
)
def test_a_zip_may_be_stated_outright(stated, code):
    understood = Zip().understand_value(stated)
    assert (understood.value if understood else None) == code


def test_the_table_holds_every_code_of_the_data():
    prepare([Zip()])
    table = zip_table()
    places = [place for code in range(100_000) if (place := table.place(f"{code:05d}"))]
    assert len(places) == table.size == 42_789
    assert {place.timezone for place in places} - {None} <= available_timezones()
    assert all(len(place.state) == 2 and place.city for place in places)


# digits


@pytest.mark.parametrize(
    ("kind", "keys", "understood"),
    [
        (Digits(length=4), "0042", True),
        (Digits(length=4), "042", False),
        (Digits(length=4), "00421", False),
        (Digits(min=2, max=3), "1", False),
        (Digits(min=2, max=3), "12", True),
        (Digits(min=2, max=3), "1234", False),
        (Digits(), "1*2", False),
    ],
)
def test_digits_have_their_length(kind, keys, understood):
    assert (kind.understand_keys(keys) is not None) is understood


def test_digits_keep_their_leading_zeros():
    understood = Digits().understand_keys("0042")
    assert understood is not None
    assert (understood.value, understood.label) == ("0042", "0 0 4 2")


# yes_no


def test_yes_and_no_have_their_keys():
    kind = YesNo(yes_key="9", no_key="0")
    assert kind.keypad.first_keys == {"9", "0"}
    yes, no = kind.understand_keys("9"), kind.understand_keys("0")
    assert yes is not None and no is not None  # noqa: PT018
    assert (yes.value, yes.label, no.value, no.label) == (True, "yes", False, "no")
    assert kind.understand_keys("1") is None


@pytest.mark.parametrize(
    ("stated", "value"), [(True, True), ("Yes", True), ("false", False), (1, None), ("", None)]
)
def test_yes_and_no_may_be_stated(stated, value):
    understood = YesNo().understand_value(stated)
    assert (understood.value if understood else None) is value


# choice


def test_a_choice_may_have_keys_of_several_digits():
    assert (NEED.keypad.min_keys, NEED.keypad.max_keys) == (1, 2)
    assert NEED.keypad.first_keys == {"1", "2"}
    assert [getattr(NEED.understand_keys(keys), "value", None) for keys in ("1", "12", "2", "21")] == [
        "repair",
        "other",
        "new_roof",
        None,
    ]


def test_an_option_is_spoken_as_it_says_or_by_its_name():
    assert [getattr(NEED.understand_keys(keys), "label", None) for keys in ("2", "12")] == [
        "new roof",
        "something else",
    ]


@pytest.mark.parametrize(
    ("stated", "value"), [("repair", "repair"), ("New_Roof", "new_roof"), ("leak", None), (1, None)]
)
def test_an_option_may_be_stated_by_name(stated, value):
    understood = NEED.understand_value(stated)
    assert (understood.value if understood else None) == value


# number


@pytest.mark.parametrize(
    ("low", "high", "first_keys"),
    [
        (0, 9, "0123456789"),
        (1, 99, "123456789"),
        (15, 240, "123456789"),
        (20, 39, "23"),
        (100, 199, "1"),
        (95, 104, "19"),
    ],
)
def test_first_keys_are_those_that_can_begin_the_number(low, high, first_keys):
    keypad = Number(min=low, max=high).keypad
    assert keypad.first_keys == set(first_keys)
    assert (keypad.min_keys, keypad.max_keys) == (len(str(low)), len(str(high)))


@given(st.integers(0, 300), st.integers(0, 300))
def test_first_keys_are_exactly_the_first_digits_of_the_range(low, span):
    keypad = Number(min=low, max=low + span).keypad
    assert keypad.first_keys == {str(number)[0] for number in range(low, low + span + 1)}


@pytest.mark.parametrize(
    ("stated", "value"),
    [(12, 12), ("12", 12), (12.0, 12), (12.5, None), (True, None), (0, None), ("x", None)],
)
def test_a_number_may_be_stated(stated, value):
    understood = Number(min=1, max=99).understand_value(stated)
    assert (understood.value if understood else None) == value


# settings


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Digits(length=0), "at least 1 digit"),
        (lambda: Digits(min=3, max=2), "1 <= min <= max"),
        (lambda: YesNo(yes_key="1", no_key="1"), "key of its own"),
        (lambda: YesNo(yes_key="yes"), "isn't a key"),
        (lambda: Choice({}), "at least one option"),
        (lambda: Choice({"a": ChoiceOption("1"), "b": ChoiceOption("1")}), "'a' and 'b' share the key 1"),
        (lambda: Choice({"a": ChoiceOption("")}), "option 'a' has the key ''"),
        (lambda: Number(min=5, max=1), "0 <= min <= max"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()

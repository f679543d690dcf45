"""spelled: letters and digits by voice and by keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.understanding.grammars import compile_grammar, grammar_of
from engine.understanding.spelled import Spelled

PLATE = Spelled(patterns=("AAA9999", "9AAA999"))
NAME = Spelled(digits=False, max=20)


def meant(kind: Spelled, said: str) -> str | None:
    """The best reading, however sure."""
    readings = kind.understand_words(said)
    return str(readings[0].value) if readings else None


def sure(kind: Spelled, said: str) -> float:
    return kind.understand_words(said)[0].confidence


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("S M I T H", "SMITH"),
        ("S-M-I-T-H.", "SMITH"),
        ("SMITH", "SMITH"),
        ("Smith, S M I T H", "SMITH"),
        ("S as in Sam, M as in Mary, I as in ink, T as in Tom, H as in Henry", "SMITH"),
        ("Sierra Mike India Tango Hotel", "SMITH"),
        ("B as in boy A double L", "BALL"),
        ("A double B O T T", "ABBOTT"),
        ("triple A", "AAA"),
        ("double U A L T", "WALT"),
        ("double you A L T", "WALT"),
        ("uh, it's J O, hyphen, N", "JON"),
        ("capital D, E, E", "DEE"),
        ("A and A", "AA"),
        ("M and Mary, S is in Sam", "MS"),
        ("bee ell zee", "BLZ"),
        ("X ray, Yankee, zulu", "XYZ"),
        ("my name is J like juliet O E", "JOE"),
    ],
)
def test_a_name_is_spelled(said: str, value: str) -> None:
    assert meant(NAME, said) == value
    assert sure(NAME, said) >= 0.8


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("A B C one two three four", "ABC1234"),
        ("A B C 1 2 3 4", "ABC1234"),
        ("ABC 1234", "ABC1234"),
        ("Abc1234.", "ABC1234"),
        ("7K-L-M-982.", "7KLM982"),
        ("A B C, 12.34", "ABC1234"),
        ("alpha bravo charlie twelve thirty four", "ABC1234"),
        ("seven, A as in apple, B as in boy, C as in cat, double oh seven", "7ABC007"),
        ("my plate is seven A B C one two three please", "7ABC123"),
    ],
)
def test_a_plate_is_spelled_by_its_pattern(said: str, value: str) -> None:
    assert meant(PLATE, said) == value
    assert sure(PLATE, said) >= 0.8


@pytest.mark.parametrize(
    "said", ["", "A B C", "A B C 1 2 3", "I need a new roof", "A B C 1 2 3 4 5", "yes", "no"]
)
def test_what_is_no_plate_is_not_understood(said: str) -> None:
    assert meant(PLATE, said) is None


def test_a_letter_and_a_word_that_differ_are_unsure_and_the_word_is_likelier() -> None:
    readings = Spelled(length=2, digits=False).understand_words("D as in boy, A")
    assert [reading.value for reading in readings] == ["BA", "DA"]
    assert all(reading.confidence < 0.8 for reading in readings)


def test_words_that_may_be_letters_are_unsure() -> None:
    assert meant(NAME, "you see why") == "UCY"
    assert sure(NAME, "you see why") < 0.8


def test_an_oh_beside_digits_is_one_and_else_a_letter() -> None:
    kind = Spelled(min=2, max=6)
    assert meant(kind, "seven oh three") == "703"
    assert meant(kind, "B O B") == "BOB"
    assert [reading.value for reading in kind.understand_words("A oh")] == ["AO", "A0"]
    assert meant(Spelled(patterns=("AAA9999",)), "O O O oh oh oh oh") == "OOO0000"


def test_a_correction_is_followed() -> None:
    assert meant(Spelled(length=3, digits=False), "A B C, no, A B D") == "ABD"


@pytest.mark.parametrize(
    ("kind", "keys", "value"),
    [
        (NAME, "*74*61*43*81*42", "SMITH"),
        (PLATE, "7*21*22*23123", "7ABC123"),
        (PLATE, "*21*22*231234", "ABC1234"),
        (NAME, "*72*94", "QZ"),
        (NAME, "*11*12", "QZ"),
        (NAME, "123", None),
        (NAME, "*2", None),
        (NAME, "*24*21", None),
        (PLATE, "1234567", None),
        (Spelled(), "12", "12"),
        (Spelled(), "1", None),
    ],
)
def test_letters_are_keyed_by_star_key_and_place(kind: Spelled, keys: str, value: str | None) -> None:
    understood = kind.understand_keys(keys)
    assert (understood.value if understood else None) == value


def test_the_keypad_knows_how_many_keys_it_takes() -> None:
    assert (PLATE.keypad.min_keys, PLATE.keypad.max_keys) == (13, 13)
    assert PLATE.keypad.first_keys == frozenset("0123456789*")
    assert Spelled(patterns=("AAA9999",)).keypad.first_keys == frozenset("*")
    assert (NAME.keypad.min_keys, NAME.keypad.max_keys) == (6, 60)


def test_it_is_said_letter_by_letter() -> None:
    stated = PLATE.understand_value("abc-1234")
    assert stated is not None
    assert (stated.value, stated.label) == ("ABC1234", "A, B, C, 1, 2, 3, 4")


@given(st.sampled_from([NAME, PLATE, Spelled()]), st.integers(0, 1000))
def test_likely_keys_are_an_answer(kind: Spelled, seed: int) -> None:
    import datetime
    import random

    keys = kind.likely_keys(datetime.date(2026, 1, 1), random.Random(seed).randrange)
    assert keys is not None
    assert kind.understand_keys(keys) is not None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"length": 25}, "1 to 24"),
        ({"min": 5, "max": 4}, "min <= max"),
        ({"patterns": ("AB9",)}, "isn't a pattern"),
        ({"patterns": ("AA",), "length": 2}, "remove 'length'"),
        ({"patterns": ("AA",), "digits": False}, "remove 'digits'"),
    ],
)
def test_settings_that_make_no_sense_are_told(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Spelled(**settings)  # type: ignore[arg-type]


# What a recogniser listens for


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (PLATE, "A B C 1 2 3 4"),
        (PLATE, "ABC-1234"),
        (PLATE, "alpha bravo charlie one two three four"),
        (PLATE, "A as in apple, B for boy, C like cat, double oh one two"),
        (PLATE, "my license plate is A B C 1 2 3 4, please"),
        (PLATE, "I don't know"),
        (NAME, "S M I T H"),
        (NAME, "B-A-double-L"),
    ],
)
def test_spelling_is_heard(kind: Spelled, said: str) -> None:
    grammar = compile_grammar(grammar_of(kind))
    state = grammar.follow(said)
    assert state is not None
    assert grammar.readings(state) != ()


@pytest.mark.parametrize("said", ["A B C D", "1 2 3 4 5 6 7", "A B C 1 2 3 4 5"])
def test_what_fits_no_pattern_is_not_heard(said: str) -> None:
    grammar = compile_grammar(grammar_of(PLATE))
    state = grammar.follow(said)
    assert state is None or grammar.readings(state) == ()


def test_a_phrase_is_no_spelling() -> None:
    grammar = compile_grammar(grammar_of(Spelled(), ("help",)))
    state = grammar.follow("help")
    assert state is not None
    assert [(reading.value, reading.phrase) for reading in grammar.readings(state)] == [(None, "help")]


def test_ways_to_say_one_letter_are_two_texts_and_one_answer() -> None:
    grammar = compile_grammar(grammar_of(NAME))
    for said in ("M I", "M as in Mary, I"):
        state = grammar.follow(said)
        assert state is not None
        assert "mi" in {reading.value for reading in grammar.readings(state)}

"""Numbers at the edge: one spelling for one person, none for those who withhold theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.phone_numbers import WITHHELD_WORDS, NotANumber, called_number, caller_number

CALLED = "+15550100"
KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")


@pytest.mark.parametrize(
    "word", ["ANONYMOUS", "RESTRICTED", "UNKNOWN", "UNAVAILABLE", "BLOCKED", "PRIVATE", "WITHHELD"]
)
def test_a_word_keyed_on_a_keypad_is_no_number(word: str) -> None:
    assert caller_number("+" + word.translate(KEYPAD), CALLED) == ""


@pytest.mark.parametrize(
    "spelling",
    [
        *("", "+", "Anonymous", "anonymous", "Restricted", "Unavailable", "UNKNOWN", "Private Number"),
        *("No Caller ID", "266696687", "+1266696687", "sip:+266696687@carrier.example", "+266696687"),
        *("anonymous@anonymous.invalid", "sip:anonymous@anonymous.invalid", "<sip:anonymous@10.0.0.1:5060>"),
        *('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', "sips:unavailable@carrier.example"),
        *("sip:restricted@carrier.example", "client:alice", "sip:alice@carrier.example", "0", "0000000000"),
        *("+10000000000", "+11111111111", "+19999999999", "8888888888", "+440000000000", "+1 000-000-0000"),
        *("²²", "+" + "9" * 16, "911", "\x1b[2J", "+1512\u202e5550123"),
    ],
)
def test_what_nobody_could_call_back_is_withheld(spelling: str) -> None:
    assert caller_number(spelling, CALLED) == ""


@pytest.mark.parametrize(
    "spelling",
    [
        *("+15125550123", "15125550123", "5125550123", "(512) 555-0123", "512.555.0123", "+1 512-555-0123"),
        *("tel:+15125550123", "sip:+15125550123@carrier.example;user=phone", "sip:%2B15125550123@10.0.0.1"),
        *('"Pat" <sip:5125550123@carrier.example>', "sip:+15125550123:secret@carrier.example"),
    ],
)
def test_one_person_has_one_number_however_it_is_spelt(spelling: str) -> None:
    assert caller_number(spelling, CALLED) == "+15125550123"


def test_a_national_spelling_is_of_the_country_that_was_called() -> None:
    assert caller_number("020 7946 0958", "+442079460000") == "+442079460958"
    assert caller_number("011442079460958", CALLED) == "+442079460958"


def test_a_number_that_only_looks_like_a_word_is_somebodys() -> None:
    assert caller_number("7378742833", CALLED) == "+17378742833"  # RESTRICTED on the keypad, and in Austin
    assert caller_number("+17378742833", CALLED) == "+17378742833"


@pytest.mark.parametrize(
    "text", ["+" + "1" * 300, "1" * 33, "x" * 256, "sip:" + "5" * 300 + "@carrier.example"]
)
def test_three_hundred_digits_are_refused_in_one_short_line(text: str) -> None:
    for read in (lambda: caller_number(text, CALLED), lambda: called_number(text)):
        with pytest.raises(NotANumber) as refused:
            read()
        assert len(str(refused.value)) < 100
        assert str(refused.value).isprintable()


def test_the_called_number_is_one() -> None:
    assert called_number("+15550100") == called_number("sip:+15550100@us1.carrier.example") == CALLED
    assert called_number("5550100", CALLED) == CALLED
    for text in ("", "sales", "sip:sales@carrier.example", "\x1b[2J" * 20):
        with pytest.raises(NotANumber, match="expected a number such as") as refused:
            called_number(text)
        assert str(refused.value).isprintable()


@given(st.text(max_size=300))
def test_any_text_is_a_number_or_none_and_stays_what_it_is(text: str) -> None:
    try:
        number = caller_number(text, CALLED)
    except NotANumber:
        return
    assert number == "" or (number[0] == "+" and number[1:].isascii() and number[1:].isdigit())
    assert caller_number(number, CALLED) == number


def test_every_word_is_withheld_as_it_is_written() -> None:
    assert {caller_number(word.title(), CALLED) for word in WITHHELD_WORDS} == {""}

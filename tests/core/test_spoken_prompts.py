"""Prompts are pieces in the order of speech; values are spoken as a caller expects to hear them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.filters import FILTERS
from engine.core.numerals import cardinal, ordinal
from engine.core.prompts import Prompt, PromptItem, Slot, Words
from engine.core.sayers import sayer
from tests.core.practice import say

WHISPER = Prompt(
    "Roofing call from {{ zip | digits }}: {{ need }}. Press 1 to take it.",
    (
        Words("Roofing call from "),
        Slot("zip", "digits"),
        Words(": "),
        Slot("need"),
        Words(". Press 1 to take it."),
    ),
)
LABELS = {"need": {"replace": "a new roof"}}


def test_values_are_spoken_between_the_words_and_choices_by_their_label():
    items = WHISPER.render({"zip": "78701", "need": "replace"}, LABELS)
    assert [item.text for item in items] == [
        "Roofing call from",
        "seven eight seven oh one:",
        "a new roof.",
        "Press 1 to take it.",
    ]


def test_a_missing_value_is_left_out_and_named():
    items = WHISPER.render({"need": "replace"}, LABELS)
    assert [item.text for item in items] == ["Roofing call from:", "a new roof.", "Press 1 to take it."]
    assert WHISPER.missing({"need": "replace"}) == ("zip",)


def test_a_sensitive_value_is_marked_and_not_shown():
    items = WHISPER.render({"zip": "78701", "need": "replace"}, LABELS, sensitive={"zip"})
    assert [item.sensitive for item in items] == [False, True, False, False]
    assert "seven" not in repr(items)


def test_fixed_words_are_one_piece_with_a_hash_of_the_source():
    prompt = say("Thanks for calling.")
    assert prompt.render({}) == (PromptItem("Thanks for calling."),)
    assert prompt.is_fixed
    assert prompt.sha256 == hashlib.sha256(b"Thanks for calling.").hexdigest()
    assert say("").render({}) == ()


@pytest.mark.parametrize(
    ("name", "value", "spoken"),
    [
        ("digits", "78701", "seven eight seven oh one"),
        ("digits", "+15125550123", "one five one two five five five oh one two three"),
        ("money", "45.00", "forty-five dollars"),
        ("money", 45_500_000, "forty-five dollars and fifty cents"),
        ("money", "0.01", "one cent"),
        ("money", 0, "zero dollars"),
        ("money", "1999.995", "two thousand dollars"),
        ("money", -1_000_000, "minus one dollar"),
        ("date", "2026-11-22", "November twenty-second"),
        ("date", "2026-05-30T10:00:00Z", "May thirtieth"),
        ("date", "tomorrow", "tomorrow"),
        ("number", 1204, "one thousand two hundred four"),
        ("number", 2.5, "two point five"),
        ("number", 3.0, "three"),
        ("number", "1000000", "one million"),
    ],
)
def test_filters_speak_values_in_words(name, value, spoken):
    assert FILTERS[name](value, sayer("en-US")) == spoken


def test_other_languages_get_figures_that_their_voice_reads():
    assert FILTERS["digits"]("78701", sayer("fr-FR")) == "7 8 7 0 1"
    assert FILTERS["date"]("2026-11-22", sayer("fr-FR")) == "2026-11-22"


@given(st.sampled_from(sorted(FILTERS)), st.text() | st.integers() | st.floats() | st.booleans())
def test_no_value_breaks_a_filter(name, value):
    for language in ("en-US", "es-US", "fr-FR"):
        assert isinstance(FILTERS[name](value, sayer(language)), str)


def test_numbers_are_read_as_people_read_them():
    assert [cardinal(n) for n in (0, 13, 21, 100, 1_001, 12_000_000)] == [
        "zero",
        "thirteen",
        "twenty-one",
        "one hundred",
        "one thousand one",
        "twelve million",
    ]
    assert [ordinal(n) for n in (1, 2, 3, 5, 8, 9, 12, 20, 31, 100)] == [
        *("first", "second", "third", "fifth", "eighth", "ninth", "twelfth", "twentieth"),
        *("thirty-first", "one hundredth"),
    ]


def test_fixed_pieces_are_those_that_are_spoken_around_the_values() -> None:
    prompt = Prompt("I heard {{ zip }}. Right?", (Words("I heard "), Slot("zip"), Words(". Right?")))
    assert [item.text for item in prompt.fixed_pieces()] == ["I heard", "Right?"]
    spoken = [item.text for item in prompt.render({"zip": "78701"})]
    assert spoken == ["I heard", "78701.", "Right?"]

"""What outsiders write reaches a log or a terminal as letters, and nothing else does."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.facts import Question
from engine.core.printable import is_letter, printable, printable_json, printable_lines, printable_record
from engine.core.whole_numbers import whole_number

STEERING = "\x1b]0;owned\x07 \x9b2J \u202egnp.exe \u2066 \r\n2026 INFO fake \u2028 \x7f \ud800 \U000e0041"


def steers(text: str) -> bool:
    """Whether a terminal would do more than draw it."""
    return any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in text) or any(
        "\u202a" <= each <= "\u202e" or "\u2066" <= each <= "\u2069" for each in text
    )


def test_what_steers_a_terminal_is_shown_as_it_would_be_written() -> None:
    assert printable("\x1b[2J\r\n\u202e\x9b") == r"\x1b[2J\r\n\u202e\x9b"
    assert not steers(printable(STEERING))
    printable(STEERING).encode()


def test_letters_of_every_script_stay_as_they_are() -> None:
    for text in ("Zürich, 東京, Ελλ, \u0645\u06cc\u200c\u062e\u0648", "“two words” → ✓", ""):
        assert printable(text) == text


def test_a_long_text_is_cut() -> None:
    assert printable("x" * 100, longest=10) == "x" * 10 + "…"


def test_our_own_lines_stay_lines() -> None:
    assert printable_lines("one\ntwo \x1b[31m") == "one\ntwo \\x1b[31m"


@given(st.text(st.characters(), max_size=50))
def test_json_says_the_same_with_nothing_but_letters(text: str) -> None:
    told = printable_json(json.dumps({text: [text]}, indent=2, ensure_ascii=False))
    assert json.loads(told) == {text: [text]}
    assert all(each == "\n" or is_letter(each) for each in told)
    told.encode()


@given(st.text(st.characters(), max_size=50))
def test_nothing_that_is_printed_steers(text: str) -> None:
    assert not steers(printable(text))


def test_a_record_is_printable_in_all_its_depths() -> None:
    asked = Question(text=STEERING, language="en-US", sha256="ab")
    assert not steers(printable_record([asked])[0].text)
    assert printable_record({"a\x1b": (1, None, "b\x9b")}) == {r"a\x1b": (1, None, r"b\x9b")}


@pytest.mark.parametrize("text", ["²", "٣", "9" * 5000, "1_000", " 1", "1\n", "+1", "-1", "", "1.0", "0x1"])
def test_only_plain_digits_are_a_whole_number(text: str) -> None:
    assert whole_number(text) is None


def test_a_whole_number_is_read() -> None:
    assert [whole_number(text) for text in ("0", "007", "123456789012345678")] == [0, 7, 123456789012345678]

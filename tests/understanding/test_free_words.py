"""words: whatever callers say, kept as it was heard."""

from __future__ import annotations

import pytest

from engine.understanding.free_words import FreeWords
from engine.understanding.grammars import grammar_of


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("John Smith.", "John Smith"),
        ("  12 Main   Street, Austin. ", "12 Main Street, Austin"),
        ("It leaks. Since Monday.", "It leaks. Since Monday."),
        ("No!", "No!"),
    ],
)
def test_what_is_said_is_the_answer(said: str, value: str) -> None:
    (understood,) = FreeWords().understand_words(said)
    assert (understood.value, understood.label, understood.values) == (value, value, {"": value})
    assert understood.heard == said.strip()
    assert understood.span == (0, len(said))


@pytest.mark.parametrize("said", ["", " ", "...", "?!", "la " * 400])
def test_what_says_nothing_is_no_answer(said: str) -> None:
    assert FreeWords().understand_words(said) == ()


def test_no_key_gives_it_but_the_one_that_goes_on_without_it() -> None:
    assert FreeWords().understand_keys("1") is None
    assert FreeWords().keypad.first_keys == frozenset()
    assert FreeWords().keypad_offer("en") == ""
    optional = FreeWords(optional=True, skip_key="9")
    skipped = optional.understand_keys("9")
    assert skipped is not None
    assert (skipped.value, skipped.label) == ("", "")
    assert optional.understand_keys("1") is None
    assert optional.keypad_offer("en") == "press 9 to go on without it"
    assert optional.keypad_offer("es") == "oprima 9 para continuar sin responder"
    assert optional.keypad_offer("de") == ""


def test_text_may_be_stated_and_nothing_only_where_it_is_optional() -> None:
    stated = FreeWords().understand_value("Jane Roe")
    assert stated is not None
    assert stated.value == "Jane Roe"
    assert FreeWords().understand_value("") is None
    assert FreeWords().understand_value(12) is None
    assert FreeWords(optional=True).understand_value("") is not None


def test_a_sensitive_one_keeps_no_sound() -> None:
    assert FreeWords().keeps_sound
    assert FreeWords(sound="told_in_prompt").keeps_sound
    assert not FreeWords(sound="none").keeps_sound
    assert not FreeWords(sensitive=True).keeps_sound


def test_anything_is_listened_for() -> None:
    grammar = grammar_of(FreeWords(), ("help",))
    assert grammar.is_open
    assert grammar.parts == ()
    assert grammar.others == ("help",)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"longest_ms": 20_001}, "up to 20s"),
        ({"longest_ms": 0}, "more than 0s"),
        ({"shortest_ms": 3_000, "longest_ms": 3_000}, "shortest < longest"),
        ({"skip_key": "#"}, "isn't a key"),
        ({"skip_key": "12"}, "isn't a key"),
    ],
)
def test_settings_that_make_no_sense_are_told(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FreeWords(**settings)  # type: ignore[arg-type]

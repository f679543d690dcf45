"""Prompts hold words and named values; every slip in one is named at its column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.places import Place
from engine.core.prompts import Prompt, Slot, Words
from engine.language.templates import parse

HERE = Place("flow.yaml", 7, 10)
NAMES = {"zip", "zip.city", "need"}


def complaints(text: str) -> list[str]:
    found = parse(text, HERE, NAMES)
    assert not isinstance(found, Prompt)
    return [str(mistake) for mistake in found]


def test_words_and_slots_come_in_the_order_of_speech():
    prompt = parse("From {{ zip | digits }} in {{zip.city}}.", HERE, NAMES, language="en-GB")
    assert isinstance(prompt, Prompt)
    assert prompt.parts == (
        Words("From "),
        Slot("zip", "digits"),
        Words(" in "),
        Slot("zip.city"),
        Words("."),
    )
    assert prompt.language == "en-GB"
    assert prompt.names == ("zip", "zip.city")


def test_single_braces_are_words():
    prompt = parse("a { b } 5 %} c", HERE, NAMES)
    assert isinstance(prompt, Prompt)
    assert prompt.parts == (Words("a { b } 5 %} c"),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Hi {{ nead }}", "flow.yaml:7:16: 'nead' isn't an answer of this flow; did you mean 'need'?"),
        ("{{ zip | digit }}", "flow.yaml:7:19: filter 'digit' doesn't exist; did you mean 'digits'?"),
        ("{{ zip | digits | money }}", "flow.yaml:7:19: more than one filter"),
        ("{{ zip | }}", "flow.yaml:7:19: the filter after '|' is missing"),
        ("Hi {{ zip", "flow.yaml:7:13: the '{{' opened here is never closed; add '}}'"),
        ("Hi {{ zip and {{ need }}", "flow.yaml:7:13: the '{{' opened here is never closed"),
        ("Hi zip }}", "flow.yaml:7:17: this '}}' has nothing to close"),
        ("{% if zip %}", "flow.yaml:7:10: '{%' isn't supported in prompts"),
        ("{{ }}", "flow.yaml:7:10: the name between"),
        ("{{ zip + 1 }}", "flow.yaml:7:13: 'zip + 1' isn't a name"),
        ("two\nlines {{ nead }}", "flow.yaml:8:19: 'nead' isn't"),
    ],
)
def test_a_slip_is_named_at_its_column_with_the_cure(text, complaint):
    assert complaints(text)[0].startswith(complaint)


def test_every_slip_is_named_in_one_pass():
    assert len(complaints("{{ nead }} {{ zip | digit }} {% x")) == 3


@given(st.text(alphabet=st.sampled_from(list("{}%#| zipned.\n")), max_size=40))
def test_any_text_is_either_a_prompt_that_loses_nothing_or_a_mistake(text):
    found = parse(text, HERE, NAMES)
    if isinstance(found, Prompt):
        assert found.text == text
        if found.is_fixed:
            assert "".join(part.text for part in found.parts if isinstance(part, Words)) == text
    else:
        assert found

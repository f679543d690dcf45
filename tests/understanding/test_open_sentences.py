"""An open grammar takes any sentence, and tells which answers it names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.grammars import grammar_of, open_grammar
from engine.understanding.open_sentences import OpenGrammar
from engine.understanding.zip import Zip

NEED = Choice(
    {
        "repair": ChoiceOption("1", ("leak", "leaking roof")),
        "replace": ChoiceOption("2", ("new roof",), say="a new roof"),
    }
)


@pytest.fixture(scope="module")
def roofing() -> OpenGrammar:
    return OpenGrammar(open_grammar([Zip(), NEED]))


def named(grammar: OpenGrammar, text: str) -> set[object]:
    return {one.value for one in grammar.named(grammar.after(grammar.start, text))}


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("I need a new roof in 78701 and I'm in a hurry.", {"replace", "78701"}),
        ("I need a new roof in seven eight seven oh one", {"replace", "78701"}),
        ("My roof has a leak", {"repair"}),
        ("7-8-7-0-1", {"78701"}),
        ("The weather is nice today", set()),
        ("", set()),
        ("The leakage of documents", set()),
        ("It is bleak", set()),
        ("I press one", set()),
    ],
)
def test_a_sentence_names_the_answers_whose_words_it_holds(
    roofing: OpenGrammar, said: str, values: set[object]
) -> None:
    assert named(roofing, said) == values


def test_six_digits_are_no_zip_and_five_beside_other_words_are(roofing: OpenGrammar) -> None:
    assert named(roofing, "78701 5") == set()
    assert named(roofing, "78701 please") == {"78701"}


def test_a_correction_names_both_values_for_understanding_to_settle(roofing: OpenGrammar) -> None:
    assert named(roofing, "78701, no, 78702") == {"78701", "78702"}


def test_digits_under_way_are_worth_the_more_the_further_they_got(roofing: OpenGrammar) -> None:
    worths = [
        roofing.worth(roofing.after(roofing.start, text)) for text in ("in", "in 78", "in 7870", "in 78701 ")
    ]
    assert worths == sorted(worths)
    assert worths[0] == 0
    assert worths[-1] == 1


@given(st.text("now rof787 01,.'Leak", max_size=40), st.integers(0, 40))
def test_it_does_not_matter_in_which_pieces_a_text_comes(text: str, cut: int) -> None:
    grammar = OpenGrammar(open_grammar([NEED]))
    whole = grammar.after(grammar.start, text)
    assert grammar.after(grammar.after(grammar.start, text[:cut]), text[cut:]) == whole


def test_a_grammar_that_is_not_open_is_refused() -> None:
    with pytest.raises(ValueError, match="'phrases' is not open"):
        OpenGrammar(grammar_of(NEED))

"""One sentence fills several answers; a word serves only one of them."""

import pytest

from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.corrections import corrections
from engine.understanding.digit_runs import is_numeral
from engine.understanding.filling import fill
from engine.understanding.money import Money
from engine.understanding.number import Number
from engine.understanding.phone import Phone
from engine.understanding.words import utterance
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip

FORM = {
    "zip": Zip(),
    "need": Choice(
        {
            "repair": ChoiceOption("1", ("repair", "leak", "leaking roof")),
            "replace": ChoiceOption("2", ("replacement", "new roof"), say="a new roof"),
        }
    ),
    "insurance": Choice(
        {
            "claim": ChoiceOption("1", ("filing a claim", "insurance claim")),
            "none": ChoiceOption("2", ("no insurance", "out of pocket")),
        }
    ),
}


def filled(words: str, **more: object) -> dict[str, object]:
    return {name: each.value for name, each in fill(FORM | more, words).items()}  # type: ignore[operator]


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (
            "I need a new roof in 78701 and I'm filing a claim",
            {"zip": "78701", "need": "replace", "insurance": "claim"},
        ),
        ("leak in seven eight seven oh one", {"zip": "78701", "need": "repair"}),
        (
            "a new roof in 78701, no, 78702, and no insurance",
            {"zip": "78702", "need": "replace", "insurance": "none"},
        ),
        ("a repair, no wait, a new roof in 78701", {"zip": "78701", "need": "replace"}),
        ("78701", {"zip": "78701"}),
        ("hello", {}),
        ("", {}),
    ],
)
def test_one_sentence_fills_what_it_says(words, answers):
    assert filled(words) == answers


def test_it_keeps_the_words_of_each_answer():
    understood = fill(FORM, "I need a new roof in 78701 and I'm filing a claim")
    assert {name: each.heard for name, each in understood.items()} == {
        "zip": "78701",
        "need": "a new roof",
        "insurance": "filing a claim",
    }


def test_a_word_that_filled_one_answer_fills_no_other():
    words = "two stories in 78701, call 512 555 0123, five thousand dollars"
    more = {"stories": Number(0, 10), "phone": Phone(), "budget": Money()}
    assert filled(words, **more) == {
        "zip": "78701",
        "stories": 2,
        "phone": "+15125550123",
        "budget": "5000.00",
    }


def test_a_figure_that_two_answers_want_fills_neither():
    assert filled("two", stories=Number(), budget=Money()) == {}
    assert filled("one") == {}  # a key of both choices


def test_two_readings_fill_nothing():
    assert filled("a repair or a new roof in 78701") == {"zip": "78701"}


def test_a_yes_fills_an_answer_only_by_itself():
    assert filled("yes", owner=YesNo()) == {"owner": True}
    assert filled("yes I need a new roof", owner=YesNo()) == {"need": "replace"}
    assert filled("yes", owner=YesNo(), urgent=YesNo()) == {}


def test_what_is_refused_is_not_filled():
    assert filled("my roof is leaking and I'm not filing a claim")["insurance"] != "claim"


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        ("78701, no, 78702", "78702"),
        ("78701 no 78702", "78702"),
        ("no, it's a repair", "it's a repair"),
        ("a repair, I mean a new roof", "a new roof"),
        ("78701, no, wait, 78702", "78702"),
        ("no insurance", "no insurance"),
        ("78701", "78701"),
        ("78701, no", ""),
        ("no", "no"),
        ("sorry", "sorry"),
    ],
)
def test_a_correction_leaves_the_words_after_it(words, rest):
    assert left(words) == rest


def left(words: str) -> str:
    """The words after the last correction; nothing where it takes all back, everything where there is none."""
    said = utterance(words)
    for last in reversed(corrections(said, lambda at: is_numeral(said.texts, at))):
        if last.past < len(said.words):
            return words[said.words[last.past].begin :]
        if last.takes_back and last.first > 0:
            return ""
    return words

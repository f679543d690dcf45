"""Yes and no in their many forms; what is neither stays neither."""

import pytest

from engine.understanding.not_known import not_known_places
from engine.understanding.words import utterance
from engine.understanding.yes_no import YesNo
from tests.understanding.spoken import asked, meant

YES_NO = YesNo()


@pytest.mark.parametrize(
    "words",
    [
        "yes",
        "Yeah.",
        "yep",
        "yup",
        "correct",
        "that's right",
        "That is correct.",
        "sure do",
        "uh-huh",
        "mm-hmm",
        "absolutely",
        "I do",
        "I am",
        "it is",
        "ok",
        "okay then",
        "sure",
        "of course",
        "um, yes please",
        "you bet",
        "no problem",
        "why not",
        "yes I am filing a claim",
        "yes sir",
        "right",
        "exactly",
        "I think so",
        "one",
        "press 1",
        "no, wait, yes",
    ],
)
def test_these_say_yes(words):
    assert meant(YES_NO, words) is True


@pytest.mark.parametrize(
    "words",
    [
        "no",
        "Nope.",
        "nah",
        "not really",
        "I don't",
        "I do not",
        "I'm not",
        "it isn't",
        "we haven't",
        "incorrect",
        "negative",
        "that's not right",
        "that's wrong",
        "of course not",
        "absolutely not",
        "no no no",
        "no thank you",
        "uh-uh",
        "not yet",
        "I don't think so",
        "never",
        "no, I'm not",
        "no it's 78702",
        "two",
        "press 2",
        "yes, I mean no",
        "oh no",
    ],
)
def test_these_say_no(words):
    assert meant(YES_NO, words) is False


@pytest.mark.parametrize("words", ["no yes", "yes no", "yeah no", "yes and then no"])
def test_yes_and_no_in_one_breath_is_asked_about(words):
    assert asked(YES_NO, words) == {True, False}


@pytest.mark.parametrize(
    "words",
    [
        "maybe",
        "I don't know",
        "I'm not sure",
        "not sure",
        "what time is it",
        "hello",
        "I own my home",
        "right now",
        "",
        "yes and no",
        "it depends",
    ],
)
def test_what_is_neither_gives_nothing(words):
    assert YES_NO.understand_words(words) == ()


def test_a_no_inside_a_long_sentence_is_asked_about():
    assert asked(YES_NO, "the man next door said no to me") == {False}


def test_other_keys_are_said_by_their_names():
    assert meant(YesNo(yes_key="9", no_key="*"), "press nine") is True
    assert meant(YesNo(yes_key="9", no_key="*"), "star") is False


@pytest.mark.parametrize(
    "words",
    [
        "I don't know",
        "Not sure.",
        "no idea",
        "uh, I have no idea",
        "dunno",
        "I can't remember",
        "I'm not sure, sorry",
        "honestly don't know",
    ],
)
def test_callers_say_that_they_do_not_know(words):
    assert not_known_places(utterance(words).texts)


@pytest.mark.parametrize("words", ["yes", "no", "78701", "I know", "sure", "", "I'm sure"])
def test_other_words_say_no_such_thing(words):
    assert not not_known_places(utterance(words).texts)

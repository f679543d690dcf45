"""Choices in words: phrases, near misses, keys, refusals; two near options are asked about."""

import pytest

from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.sound import sound_key
from tests.understanding.spoken import asked, meant, said

NEED = Choice(
    {
        "repair": ChoiceOption("1", ("repair", "leak", "leaking roof", "missing shingles")),
        "replace": ChoiceOption("2", ("replacement", "new roof", "whole roof"), say="a new roof"),
    }
)
INSURANCE = Choice(
    {
        "claim": ChoiceOption("1", ("filing a claim", "insurance claim"), say="an insurance claim"),
        "none": ChoiceOption("2", ("no insurance", "paying myself", "out of pocket"), say="no insurance"),
    }
)
CARRIER = Choice(
    {
        name: ChoiceOption(str(key))
        for key, name in enumerate(("geico", "state_farm", "progressive", "aetna", "allstate"), 1)
    }
)


@pytest.mark.parametrize(
    ("kind", "words", "option"),
    [
        (NEED, "repair", "repair"),
        (NEED, "I need a new roof", "replace"),
        (NEED, "my roof is leaking", "repair"),
        (NEED, "it leaks", "repair"),
        (NEED, "a new metal roof", "replace"),
        (NEED, "replace the roof", "replace"),
        (NEED, "replasement", "replace"),
        (INSURANCE, "I'm filing a claim", "claim"),
        (INSURANCE, "no insurance", "none"),
        (INSURANCE, "no insurance claim", "none"),
        (INSURANCE, "no, an insurance claim", "claim"),
        (INSURANCE, "I'm paying myself", "none"),
        (INSURANCE, "out of my pocket", "none"),
        (CARRIER, "State Farm", "state_farm"),
        (CARRIER, "state form", "state_farm"),
        (CARRIER, "all state", "allstate"),
        (CARRIER, "etna", "aetna"),
    ],
)
def test_an_option_is_chosen_by_its_phrases(kind, words, option):
    assert meant(kind, words) == option


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("one", "repair"),
        ("press 2", "replace"),
        ("option two", "replace"),
        ("number one please", "repair"),
        ("the first one", "repair"),
        ("the second", "replace"),
    ],
)
def test_an_option_is_chosen_by_its_key_or_place(words, option):
    assert meant(NEED, words) == option


def test_a_one_in_a_sentence_is_no_key():
    assert NEED.understand_words("I have one dog") == ()


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("not a repair, a new roof", "replace"),
        ("I don't need a repair I need a replacement", "replace"),
        ("I want a new roof, not a repair", "replace"),
    ],
)
def test_a_refused_option_is_not_chosen(words, option):
    assert [value for value, _ in said(NEED, words)] == [option]


@pytest.mark.parametrize(
    "words", ["I'm not filing a claim", "no claim", "we won't be filing a claim", "without a claim"]
)
def test_refusing_a_claim_never_becomes_a_claim(words):
    assert {value for value, _ in said(INSURANCE, words)} == {"none"}
    assert meant(INSURANCE, words) != "claim"


@pytest.mark.parametrize(
    "words", ["I don't have insurance", "without any insurance", "I won't be using insurance"]
)
def test_a_phrase_with_no_is_said_in_other_negations(words):
    assert meant(INSURANCE, words) == "none"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("repair, no, a new roof", "replace"),
        ("a new roof, sorry, a repair", "repair"),
        ("no, repair", "repair"),
    ],
)
def test_the_last_option_of_a_correction_wins(words, option):
    assert meant(NEED, words) == option


def test_two_options_are_asked_about():
    assert asked(NEED, "repair or a new roof") == {"repair", "replace"}
    assert asked(NEED, "I don't know, maybe a repair") == {"repair"}


@pytest.mark.parametrize(
    ("words", "option"), [("eat not", "aetna"), ("gecko", "geico"), ("progress of", "progressive")]
)
def test_what_only_sounds_alike_is_asked_about(words, option):
    assert asked(CARRIER, words) == {option}


@pytest.mark.parametrize(
    "words",
    [
        "hello",
        "what time is it",
        "",
        "yes",
        "can you help me",
        "I don't know",
        "the dog",
        "aggressive",
        "good morning",
        "insurance",
    ],
)
@pytest.mark.parametrize("kind", [NEED, INSURANCE, CARRIER])
def test_other_talk_is_no_option(kind, words):
    assert kind.understand_words(words) == ()


def test_an_operators_own_phrase_may_say_not_sure():
    kind = Choice({"yes": ChoiceOption("1"), "unsure": ChoiceOption("2", ("not sure", "I don't know"))})
    assert meant(kind, "I don't know") == "unsure"


def test_words_that_sound_alike_share_a_key():
    assert sound_key("leak") == sound_key("league")
    assert sound_key("Geico") == sound_key("gecko")
    assert sound_key("repair") != sound_key("replace")

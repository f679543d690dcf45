"""Other words for an option: what each part says of it is weighed, and one word of several is offered at most."""

import math

import pytest

from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.own_words import (
    OFFERED_AT_MOST,
    OptionFigures,
    TextFigures,
    may_be_an_option,
    sounding,
    weighed,
    word_matches,
    wordings_of,
)
from engine.understanding.words import utterance

NEED = Choice(
    {
        "roof": ChoiceOption("1", ("shingles",), means="a leaking or storm-damaged roof"),
        "door": ChoiceOption("2", ("front door",)),
        "doors": ChoiceOption("3", ("door",)),
        "pests": ChoiceOption("4", ("bugs",), examples=("there's a wasp nest by the front door",)),
    }
)
WALLS = wordings_of([("siding", "siding"), ("flooring", "flooring")])
WORDINGS = wordings_of([("roof", "roof"), ("front door", "door"), ("pest control", "pests")])


def of_one_text(figures: dict[str, OptionFigures]) -> dict[str, float]:
    return weighed([TextFigures(1.0, figures)])


def sure_of(words: str, kind: Choice = NEED) -> dict[object, float]:
    return {each.value: each.confidence for each in kind.understand_reply(words)}


def test_certainties_are_shares_of_one_with_none_of_them_among_them() -> None:
    sure = of_one_text(
        {"roof": OptionFigures(meaning=0.3, rest=0.3, kin=0.3), "door": OptionFigures(meaning=0.1)}
    )
    assert list(sure) == ["roof", "door"]
    assert 0 < sum(sure.values()) < 1


def test_whatever_speaks_for_an_option_makes_it_surer() -> None:
    plain = OptionFigures(meaning=0.3, rest=0.3, kin=0.3)
    for better in (
        OptionFigures(grammar=0.2, meaning=0.3, rest=0.3, kin=0.3),
        OptionFigures(named=0.0, meaning=0.3, rest=0.3, kin=0.3),
        OptionFigures(meaning=0.4, rest=0.3, kin=0.3),
        OptionFigures(meaning=0.3, rest=0.4, kin=0.3),
    ):
        assert of_one_text({"roof": better})["roof"] > of_one_text({"roof": plain})["roof"]


def test_a_rival_takes_from_an_option() -> None:
    one = OptionFigures(meaning=0.4, rest=0.4, kin=0.4)
    assert of_one_text({"roof": one, "door": one})["roof"] < of_one_text({"roof": one})["roof"]


def test_an_unlikely_text_that_makes_sense_counts_by_its_share() -> None:
    near, far = (OptionFigures(meaning=each, rest=each, kin=each) for each in (0.35, 0.1))
    clear = of_one_text({"roof": near, "door": far})["roof"]
    shares = [
        weighed(
            [
                TextFigures(1 - share, {"roof": far, "door": far}),
                TextFigures(share, {"roof": near, "door": far}),
            ]
        )
        for share in (0.0, 0.02, 0.1, 1.0)
    ]
    sure = [each["roof"] for each in shares]
    assert sure[0] < sure[1] < sure[2] < sure[3]
    assert sure[3] == pytest.approx(clear)


def test_one_word_of_several_in_any_text_is_offered_at_most() -> None:
    named = OptionFigures(1.0, 0.0, 1.0, 1.0, 0.9, 0.9, 0.9)
    one_word = OptionFigures(1.0, 0.0, 1.0, 1.0, 0.9, 0.9, 0.9, is_one_word=True)
    texts = [TextFigures(0.9, {"door": named}), TextFigures(0.1, {"door": one_word})]
    assert weighed(texts)["door"] == OFFERED_AT_MOST


def test_without_meanings_words_alone_are_weighed() -> None:
    sure = of_one_text({"roof": OptionFigures(named=0.0, words=0.95, sound=1.0), "door": OptionFigures()})
    assert sure["roof"] > 0.5 > sure["door"]


def test_one_word_of_several_is_offered_however_sure_it_is() -> None:
    figures = OptionFigures(1.0, 0.0, 1.0, 1.0, 0.9, 0.9, 0.9)
    assert of_one_text({"door": figures})["door"] > 0.9
    one_word = OptionFigures(1.0, 0.0, 1.0, 1.0, 0.9, 0.9, 0.9, is_one_word=True)
    assert of_one_text({"door": one_word})["door"] == OFFERED_AT_MOST


def test_no_option_at_all_is_weighed_as_none() -> None:
    assert weighed([]) == {}
    assert of_one_text({}) == {}
    assert all(math.isfinite(sure) for sure in of_one_text({"roof": OptionFigures()}).values())


@pytest.mark.parametrize(
    "words",
    ["yes", "no", "no thanks", "I don't know", "I'm not sure", "none of these", "something else", "uh", ""],
)
def test_yes_no_and_none_of_these_are_no_option(words: str) -> None:
    assert not may_be_an_option(words)


@pytest.mark.parametrize("words", ["my roof is leaking", "water comes in", "no, the gutters", "Geico"])
def test_anything_else_may_be_one(words: str) -> None:
    assert may_be_an_option(words)


def test_words_name_options_and_the_rest_is_what_is_left() -> None:
    matched = word_matches("there's a wasp nest by the front door", WORDINGS)
    assert list(matched.strengths) == ["door"]
    assert matched.without == "theres a wasp nest by the"
    assert "wasp" in matched.weighty
    assert "the" not in matched.weighty


def test_what_is_refused_is_not_named() -> None:
    assert word_matches("it's not the roof", WORDINGS).strengths == {}


def test_what_sounds_alike_is_nearer_than_what_does_not() -> None:
    near = sounding(utterance("the wind ripped hiding off"), WALLS)
    assert near["siding"] > near["flooring"]


def test_one_word_in_a_sentence_about_something_else_is_offered() -> None:
    choice = Choice({"doors": ChoiceOption("1", ("door",)), "pests": ChoiceOption("2", ("bugs",))})
    assert sure_of("there's a wasp nest by the front door", choice) == {"doors": OFFERED_AT_MOST}
    assert sure_of("the door please", choice)["doors"] > 0.8
    assert sure_of("I need a door", choice)["doors"] > 0.8


def test_in_a_form_it_counts_as_ever() -> None:
    choice = Choice({"doors": ChoiceOption("1", ("door",))})
    (understood,) = choice.understand_words("a new lock for the door in 78701 by tomorrow")
    assert understood.confidence > 0.8


def test_words_of_what_an_option_means_do_not_count_against_it() -> None:
    assert sure_of("the storm damaged my roof", NEED)["roof"] > 0.8


def test_an_example_said_as_it_stands_is_its_option() -> None:
    assert next(iter(sure_of("there's a wasp nest by the front door"))) == "pests"


def test_a_grammar_tells_what_its_options_are() -> None:
    spec = NEED.grammar()
    assert spec.takes_own_words
    assert ("a leaking or storm-damaged roof", "roof") in spec.described
    assert not NEED.grammar(in_sentence=True).takes_own_words

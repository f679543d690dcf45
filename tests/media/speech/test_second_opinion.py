"""Another recogniser's opinion of a choice: what it is told, what is made of its texts, and that it hears."""

from __future__ import annotations

import math

import pytest

from engine.media.speech.denoise import denoised
from engine.media.speech.second_opinion import (
    HeardText,
    TokensByText,
    WhisperOpinion,
    merged,
    once,
    second_opinion_is_here,
    words_told,
)
from engine.media.speech.upsample import expanded, loud, upsampled
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.grammars import grammar_of
from tests.media.speech.leg_world import spoken

NEED = Choice(
    {
        "roof": ChoiceOption("1", ("shingles",), means="a leaking roof"),
        "geico": ChoiceOption("2", ("Geico",)),
    }
)
SPEC = grammar_of(NEED, ("operator",))


def test_the_options_words_are_told_each_once_and_commands_are_not() -> None:
    told = words_told(SPEC)
    assert told.startswith(" ")
    assert told.lower().count("geico") == 1
    assert "shingles" in told
    assert "a leaking roof" in told
    assert "operator" not in told


def test_a_text_is_spelled_by_the_longest_tokens() -> None:
    tokens = TokensByText([None, " roof", " r", "oof", "s", ",", " ro"])
    assert tokens.spelling(" roofs, r") == [1, 4, 5, 2]
    assert tokens.spelling(" roof\u2603s") == [1, 4]
    assert TokensByText([None]).spelling("roof") == []


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("My roof leaks. My roof leaks.", "My roof leaks."),
        ("The thermostat is blank, the thermostat is blank, the therm", "The thermostat is blank,"),
        ("My roof leaks. It rains.", "My roof leaks. It rains."),
        ("No, no", "No, no"),
        ("", ""),
    ],
)
def test_what_is_written_twice_was_said_once(written: str, said: str) -> None:
    assert once(written) == said


def test_spellings_of_one_text_count_together() -> None:
    found = merged([HeardText("a roof", -2.0), HeardText("A hoof.", -1.5), HeardText("A roof!", -2.0)])
    assert [each.text for each in found] == ["a roof", "A hoof."]
    assert found[0].score == pytest.approx(-2.0 + math.log(2))
    assert merged([HeardText("...", -1.0)]) == ()


@pytest.mark.skipif(not second_opinion_is_here(), reason="its packages are missing")
async def test_it_hears_the_words_that_it_was_told() -> None:
    sound = loud(upsampled(denoised(expanded(await spoken("I have Geico right now.")))))
    best = WhisperOpinion().heard(sound, SPEC)[0]
    assert "geico" in best.text.lower()
    assert best.score < 0

"""How sure a recognition is: nothing is sure beside a near rival, without a voice or far from what was said."""

from __future__ import annotations

import pytest

from engine.media.speech.certainty import SearchFigures, confidences, of_a_sentence
from engine.media.speech.recognition import ACCEPT, CONFIRM
from engine.understanding.grammars import Reading

HERE, THERE = Reading(value="78701"), Reading(value="78702")


def evidence(margin: float = 0.0, gap: float = 8.0, even: float = -0.1, voice: float = 6.0) -> SearchFigures:
    return SearchFigures(margin=margin, gap=gap, clear=-0.1, best=5 * even, even=even, voice=voice)


@pytest.mark.parametrize("weights", ["figures", "yes_or_no", "phrases"])
def test_clear_words_are_accepted_and_each_lack_takes_that_away(weights: str) -> None:
    def sure(found: SearchFigures) -> float:
        return confidences({HERE: -0.5}, found, weights)[HERE]

    assert sure(evidence()) > 0.95
    assert sure(evidence(gap=0.1)) < ACCEPT
    assert sure(evidence(voice=-1.0)) < CONFIRM
    assert sure(evidence(margin=-20.0, even=-4.0)) < CONFIRM


def test_two_readings_share_what_is_sure() -> None:
    sure = confidences({HERE: -1.0, THERE: -1.5}, evidence(gap=0.5), "figures")
    assert list(sure) == [HERE, THERE]
    assert CONFIRM < sure[THERE] < sure[HERE] < ACCEPT
    assert sum(sure.values()) <= 1


def test_no_reading_is_no_confidence() -> None:
    assert confidences({}, evidence(), "figures") == {}


def test_a_command_is_judged_as_a_phrase_and_not_as_digits() -> None:
    command = Reading(phrase="operator")
    found = evidence(margin=-3.0, even=-1.0)
    assert confidences({command: -3.0}, found, "figures") == confidences({command: -3.0}, found, "phrases")


def test_a_sentence_is_as_sure_as_its_share_and_its_tokens() -> None:
    assert of_a_sentence(1.0, -0.5, 9, 6.0) > 0.9
    assert of_a_sentence(0.5, -0.5, 9, 6.0) < ACCEPT
    assert of_a_sentence(1.0, -9.0, 9, 6.0) < ACCEPT < of_a_sentence(1.0, -3.0, 9, 6.0)
    assert of_a_sentence(1.0, -0.5, 9, -1.0) < CONFIRM

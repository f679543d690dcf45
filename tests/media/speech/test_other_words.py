"""Callers who choose in other words than the operator's, by the real models; and each part by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.beam import Follower, TokenTrie, search
from engine.media.speech.certainty import LEAST_BEST, SearchFigures
from engine.media.speech.frames import (
    grammar_from,
    grammar_head,
    recognition_from,
    recognition_head,
)
from engine.media.speech.meaning import Meaning, meaning_is_here
from engine.media.speech.model import DecoderStep, Floats, Ids
from engine.media.speech.moonshine import Encoded, Moonshine
from engine.media.speech.options_meant import OptionsMeant
from engine.media.speech.paraphrases import is_elsewhere
from engine.media.speech.recogniser import MOONSHINE, Recogniser, recogniser_of
from engine.media.speech.recognition import ACCEPT, CONFIRM, Recognition
from engine.media.speech.second_opinion import HeardText
from engine.media.speech.upsample import Samples, expanded, loud, upsampled
from engine.media.speech.wordpieces import word_pieces
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.grammars import compile_grammar, grammar_of
from tests.media.speech.leg_world import spoken

hears = pytest.mark.skipif(
    find_spec("moonshine_voice") is None or find_spec("piper") is None, reason="the extras are missing"
)
tells_meanings = pytest.mark.skipif(not meaning_is_here(), reason="the model of meaning is missing")

NEED = Choice(
    {
        "roof": ChoiceOption("1", ("shingles",)),
        "plumbing": ChoiceOption("2", ("pipes", "drain")),
        "pests": ChoiceOption("3", ("pest control", "bugs")),
        "doors": ChoiceOption("4", ("door",)),
    }
)
SPEC = grammar_of(NEED, ("operator",))


@pytest.fixture(scope="module")
def recogniser() -> Recogniser[Encoded]:
    return recogniser_of("en")


def test_word_pieces_are_those_of_the_vocabulary() -> None:
    assert word_pieces().ids("My roof is leaking!") == [101, 2026, 4412, 2003, 24325, 999, 102]
    assert word_pieces().ids("Café") == word_pieces().ids("cafe")
    assert word_pieces().ids("") == [101, 102]
    assert len(word_pieces().ids("roof " * 500)) == 64


@tells_meanings
def test_what_means_the_same_is_near_whatever_stands_beside_it() -> None:
    meaning = Meaning()
    toilet, ants, plumbing, pests = meaning.of(["the toilet overflowed", "ants", "plumbing", "pest control"])
    assert np.linalg.norm(toilet) == pytest.approx(1, abs=1e-4)
    assert toilet @ plumbing > toilet @ pests
    assert ants @ pests > ants @ plumbing
    assert meaning.of(["ants"])[0] @ ants == pytest.approx(
        1, abs=0.05
    )  # int8: what else is in the batch counts
    assert meaning.of([]).shape == (0, 384)


@tells_meanings
@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("the kitchen sink is backed up", "plumbing"),
        ("there are ants all over the kitchen", "pests"),
        ("some shingles blew off in the storm", "roof"),
    ],
)
def test_other_words_are_told_by_what_they_mean(text: str, option: str) -> None:
    best = OptionsMeant().of_text(text, compile_grammar(SPEC))[0]
    assert (best.value, best.other and best.other.option) == (option, option)
    assert best.confidence >= CONFIRM


@tells_meanings
def test_a_door_in_talk_of_wasps_is_offered_at_most() -> None:
    readings = OptionsMeant().of_text("there's a wasp nest by the front door", compile_grammar(SPEC))
    assert all(reading.confidence < ACCEPT for reading in readings)


@pytest.mark.parametrize("meanings", [True, False])
def test_talk_of_something_else_is_no_option(meanings: bool) -> None:
    meant = OptionsMeant(tells_meanings=meanings)
    for text in ("happy birthday to you", "yes", "no", "none of these", "my flight leaves at seven"):
        readings = meant.of_text(text, compile_grammar(SPEC))
        assert not readings or readings[0].confidence < CONFIRM, text


def test_without_the_model_of_meaning_words_still_count() -> None:
    best = OptionsMeant(tells_meanings=False).of_text("my roof is leaking", compile_grammar(SPEC))[0]
    assert best.value == "roof"
    assert best.other is not None
    assert best.other.meaning is None


def test_what_the_grammar_allows_is_what_it_says() -> None:
    grammar = compile_grammar(SPEC)
    (answer,) = OptionsMeant(tells_meanings=False).of_text("I need pest control", grammar)
    (command,) = OptionsMeant(tells_meanings=False).of_text("operator", grammar)
    assert (answer.value, answer.confidence, answer.other) == ("pests", 1.0, None)
    assert command.phrase == "operator"


@hears
@tells_meanings
async def test_a_caller_chooses_in_other_words(recogniser: Recogniser[Encoded]) -> None:
    sound = await spoken("The toilet is overflowing and there is water everywhere.")
    heard = recogniser.recognise(sound, SPEC)
    alone = recogniser.recognise(sound, replace(SPEC, takes_own_words=False))
    assert heard.value == "plumbing"
    assert heard.confidence >= CONFIRM
    assert heard.best is not None
    assert heard.best.other is not None
    assert alone.confidence < CONFIRM
    assert recognition_from(json.loads(json.dumps(recognition_head(heard)))) == heard
    assert heard.said[0].other == heard.best.other


class Opinion:
    """Another recogniser that hears the same in every sound, and keeps how often it was asked."""

    def __init__(self, *texts: HeardText) -> None:
        self.texts = texts
        self.asked = 0

    def heard(self, samples: Samples, spec: GrammarSpec) -> tuple[HeardText, ...]:
        self.asked += 1
        return self.texts


@hears
@tells_meanings
async def test_a_second_opinion_is_asked_in_doubt_and_counts_beside_the_first() -> None:
    opinion = Opinion(HeardText("the drain is clogged", -1.0), HeardText("the rain is clogged", -3.0))
    recogniser = Recogniser(Moonshine(), MOONSHINE, tells_meanings=True, opinion=opinion)
    taken = recogniser.recognise(await spoken("I need pest control."), SPEC)
    assert (taken.value, opinion.asked) == ("pests", 0)
    heard = recogniser.recognise(await spoken("The reins are all locked."), SPEC)
    assert opinion.asked == 1
    assert heard.value == "plumbing"
    assert heard.confidence >= CONFIRM
    assert heard.best is not None
    assert "drain" in heard.best.text


class Counting(Moonshine):
    """The model, with how many rows it was asked to go on with."""

    rows = 0

    def next(self, encoded: Encoded, tokens: Ids, memory: tuple[Floats, ...]) -> DecoderStep:
        self.rows += len(tokens)
        return super().next(encoded, tokens, memory)


@hears
async def test_a_search_gives_up_what_is_far_from_what_is_heard_freely() -> None:
    model = Counting()
    follower = Follower(compile_grammar(SPEC), TokenTrie(model.tokens))
    sound = expanded(await spoken("The toilet is overflowing and there is water everywhere."))
    encoded = model.encode(loud(upsampled(sound)))
    patient = search(model, encoded, follower, MOONSHINE.narrow)
    rows, model.rows = model.rows, 0
    found = search(model, encoded, follower, replace(MOONSHINE.narrow, hopeless=12.0))
    assert model.rows < rows
    assert found.free == patient.free
    assert found.free_score == pytest.approx(patient.free_score, abs=0.5)  # in 8 bits, rows sway each other


@pytest.mark.parametrize(
    ("margin", "clear", "best", "even", "elsewhere"),
    [
        pytest.param(-9.0, -0.3, -12.0, -1.0, True, id="plainly something else"),
        pytest.param(-9.0, -0.8, -12.0, -1.0, False, id="nothing was plain"),
        pytest.param(-7.0, -0.8, -12.0, -2.0, True, id="unlike in all its tokens"),
        pytest.param(-5.0, -0.8, -12.0, -2.0, False, id="but near what was heard freely"),
        pytest.param(LEAST_BEST, -0.8, LEAST_BEST, LEAST_BEST, False, id="no text, nothing plain"),
    ],
)
def test_what_is_plainly_elsewhere_is_not_heard_again(
    margin: float, clear: float, best: float, even: float, elsewhere: bool
) -> None:
    figures = SearchFigures(margin=margin, gap=12.0, clear=clear, best=best, even=even)
    assert is_elsewhere(figures, SPEC) == elsewhere
    assert not is_elsewhere(figures, replace(SPEC, takes_own_words=False))


@hears
async def test_who_speaks_in_the_grammar_is_taken_as_ever(recogniser: Recogniser[Encoded]) -> None:
    sound = await spoken("I need pest control.")
    heard = recogniser.recognise(sound, SPEC)
    alone = recogniser.recognise(sound, replace(SPEC, takes_own_words=False))
    assert replace(heard, cpu_ms=0) == replace(alone, cpu_ms=0)
    assert heard.confidence >= ACCEPT


@hears
@pytest.mark.parametrize("said", ["I don't know.", "Operator.", "Yes.", "None of these."])
async def test_what_means_no_option_stays_none(recogniser: Recogniser[Encoded], said: str) -> None:
    heard = recogniser.recognise(await spoken(said), SPEC)
    assert heard.value is None or heard.confidence < CONFIRM


def test_a_grammar_and_what_it_is_described_by_reach_the_worker() -> None:
    described = grammar_of(Choice({"roof": ChoiceOption("1", means="a roof", examples=("it drips",))}))
    assert grammar_from(json.loads(json.dumps(grammar_head(described)))) == described
    nothing = Recognition()
    assert recognition_from(json.loads(json.dumps(recognition_head(nothing)))) == nothing

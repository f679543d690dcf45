"""Digits heard as the end of a sentence that we begin: real model, the packaged voice as caller."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from engine.media.sounds import sound
from engine.media.speech.beam import Follower, TokenTrie, Width, search
from engine.media.speech.lead_in import after_lead_in
from engine.media.speech.model import log_sum_exp
from engine.media.speech.moonshine import END, Moonshine
from engine.media.speech.recogniser import is_led
from engine.media.speech.upsample import expanded, loud, upsampled
from engine.understanding.grammars import compile_grammar, grammar_of
from engine.understanding.replies import Confirming
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip

pytestmark = pytest.mark.skipif(find_spec("moonshine_voice") is None, reason="the extra 'speech' is missing")


@pytest.fixture(scope="module")
def model() -> Moonshine:
    return Moonshine()


@pytest.fixture(scope="module")
def caller() -> np.ndarray:
    return loud(upsampled(expanded(sound("sorry").mulaw)))


def test_what_a_lead_in_says_is_known_and_never_heard(model: Moonshine, caller: np.ndarray) -> None:
    led = after_lead_in(model, caller)
    alone = model.encode(caller)
    assert "".join(model.tokens[token] or "" for token in led.told) == " My zip code is"
    assert 0.5 < led.seconds - alone.seconds < 1.5
    heard: list[int] = []
    step = model.first(led)
    while (token := int(step.logits[0].argmax())) != END and len(heard) < 30:
        heard.append(token)
        step = model.next(led, np.array([token]), step.memory)
    text = "".join(model.tokens[token] or "" for token in heard)
    assert "zip code" not in text
    assert "sorry" in text.lower()


def test_a_row_s_score_after_a_lead_in_is_the_sum_of_its_steps(model: Moonshine, caller: np.ndarray) -> None:
    led = after_lead_in(model, caller)
    row = [model.tokens.index(word) for word in (" We", " are", " sorry")]
    total, step = 0.0, model.first(led)
    for token in (*row, END):
        total += float(step.logits[0, token] - log_sum_exp(step.logits)[0])
        step = model.next(led, np.array([token]), step.memory)
    scores = model.score(led, [row[:1], row])
    # The model reckons in eight bits: a CPU's rounding depends on how many rows and steps go at once.
    assert scores[1] == pytest.approx(total, abs=0.5)


def test_silence_before_a_caller_s_first_word_is_left_out(model: Moonshine, caller: np.ndarray) -> None:
    late = np.pad(caller, (16_000, 0))
    assert after_lead_in(model, late).seconds - after_lead_in(model, caller).seconds < 0.2


def test_after_a_lead_in_a_sentence_that_is_no_code_still_fits_no_code(
    model: Moonshine, caller: np.ndarray
) -> None:
    follower = Follower(compile_grammar(grammar_of(Zip())), TokenTrie(model.tokens))
    found = search(model, after_lead_in(model, caller), follower, Width(rows=6))
    assert not found.allowed or found.allowed[0].score < found.free_score - 10


def test_only_the_question_for_a_zip_is_led_not_its_read_back() -> None:
    stated = Zip().understand_keys("78701")
    assert stated is not None
    assert is_led(grammar_of(Zip(), ("operator",)))
    assert not is_led(grammar_of(Confirming({"zip": stated}, {"zip": Zip()})))
    assert not is_led(grammar_of(YesNo()))

"""Open questions: a whole sentence is heard, and what it names is what it means."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from engine.core.answers import AnswerType
from engine.media.speech.frames import grammar_from, grammar_head
from engine.media.speech.moonshine import Encoded
from engine.media.speech.recogniser import Recogniser, recogniser_of
from engine.media.speech.recognition import CONFIRM
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.filling import fill
from engine.understanding.grammars import grammar_of, open_grammar
from engine.understanding.zip import Zip
from tests.media.speech.leg_world import spoken

pytestmark = pytest.mark.skipif(
    find_spec("moonshine_voice") is None or find_spec("piper") is None, reason="the extras are missing"
)

NEED = Choice({"repair": ChoiceOption("1", ("leak",)), "replace": ChoiceOption("2", ("new roof",))})
KINDS: dict[str, AnswerType] = {"zip": Zip(), "need": NEED}
SENTENCE = "I need a new roof in seven eight seven zero one."


@pytest.fixture(scope="module")
def recogniser() -> Recogniser[Encoded]:
    return recogniser_of("en")


async def test_one_sentence_gives_several_answers(recogniser: Recogniser[Encoded]) -> None:
    heard = recogniser.recognise(await spoken(SENTENCE), open_grammar(KINDS.values()))
    filled = {name: understood.value for name, understood in fill(KINDS, heard.text).items()}
    assert filled == {"zip": "78701", "need": "replace"}
    assert heard.confidence > CONFIRM
    assert heard.value is None
    texts = [alternative.text for alternative in heard.alternatives]
    assert len(texts) == len(set(texts))


async def test_a_command_at_an_open_question_is_that_command(recogniser: Recogniser[Encoded]) -> None:
    heard = recogniser.recognise(await spoken("Operator."), open_grammar(KINDS.values(), ("operator",)))
    assert heard.best is not None
    assert heard.best.phrase == "operator"


async def test_a_choice_hears_its_phrases_in_a_sentence_and_its_keys_alone(
    recogniser: Recogniser[Encoded],
) -> None:
    assert recogniser.recognise(await spoken("I have a leak."), grammar_of(NEED)).value == "repair"
    assert recogniser.recognise(await spoken("Number two."), grammar_of(NEED)).value == "replace"


def test_silence_at_an_open_question_is_nothing(recogniser: Recogniser[Encoded]) -> None:
    assert recogniser.recognise(b"\xff" * 8000, open_grammar(KINDS.values())).alternatives == ()


def test_an_open_grammar_reaches_a_worker_as_it_is() -> None:
    spec = open_grammar(KINDS.values(), ("operator",))
    assert grammar_from(json.loads(json.dumps(grammar_head(spec)))) == spec
    choice = grammar_of(NEED)
    assert grammar_from(json.loads(json.dumps(grammar_head(choice)))) == choice

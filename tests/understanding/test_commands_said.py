"""Commands alone, politely and inside sentences; and what is none though it sounds like one."""

from __future__ import annotations

import pytest

from engine.core.spoken_commands import CommandKey, SpokenCommands
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.commanding import changes, given_phrases, said_command
from engine.understanding.grammars import Reading, compile_grammar, grammar_of
from engine.understanding.zip import Zip

NEED = Choice({"repair": ChoiceOption("1", ("leak",)), "replace": ChoiceOption("2", ("new roof",))})
ANSWERS = {"home.zip": Zip(), "need": NEED}
SPOKEN = SpokenCommands(
    "en",
    tuple(CommandKey(act, "", None, phrases, act) for act, phrases in given_phrases("en").items()),
    changes(ANSWERS, "en"),
)
SPANISH = SpokenCommands(
    "es", tuple(CommandKey(act, "", None, phrases, act) for act, phrases in given_phrases("es").items())
)


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("Operator.", "operator"),
        ("a person please", "operator"),
        ("can I talk to a person", "operator"),
        ("Uh, operator", "operator"),
        ("I'd like to speak to somebody please", "operator"),
        ("go back", "back"),
        ("no go back", "back"),
        ("wait, can we go back please", "back"),
        ("let's start over", "start_over"),
        ("hold on a minute please", "hold"),
        ("just a second", "hold"),
        ("could you say that again", "repeat"),
        ("sorry, what was that?", "repeat"),
        ("please speak slower", "slower"),
        ("can you call me back later", "call_back"),
        ("please stop calling me", "opt_out"),
        ("don't call me again", "opt_out"),
        ("take me off your list please", "opt_out"),
    ],
)
def test_a_command_is_sure_alone_and_politely(said: str, command: str) -> None:
    found = said_command(said, SPOKEN)
    assert found is not None
    assert (found.command.name, found.confidence) == (command, 1.0)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "seven eight seven oh one",
        "my roof is leaking",
        "I don't want an operator",
        "it is a repeat of the same leak",
        "I never asked you to go back",
        "my zip code is seven eight seven oh one",
        "my zip isn't wrong",
    ],
)
def test_what_is_no_command(said: str) -> None:
    assert said_command(said, SPOKEN) is None


def test_in_a_longer_sentence_a_command_is_unsure() -> None:
    found = said_command("my husband handles the roof so call me back when he is home", SPOKEN)
    assert found is not None
    assert (found.command.name, found.confidence, found.heard) == ("call_back", 0.6, "call me back")


@pytest.mark.parametrize(
    ("said", "answer", "sure"),
    [
        ("my ZIP is wrong", "home.zip", 1.0),
        ("my zip code is not right", "home.zip", 1.0),
        ("I gave you the wrong zip code", "home.zip", 1.0),
        ("I want to change my need", "need", 1.0),
        ("can you fix the zip please", "home.zip", 1.0),
        ("the zip you took down yesterday for my mother is wrong", "home.zip", 0.6),
        ("I made a mistake", None, 1.0),
        ("change my answer please", None, 1.0),
    ],
)
def test_the_answer_that_is_to_be_changed_is_named(said: str, answer: str | None, sure: float) -> None:
    found = said_command(said, SPOKEN)
    assert found is not None
    assert (found.command.name, found.answer, found.confidence) == ("change", answer, sure)


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("operador por favor", "operator"),
        ("quiero hablar con una persona", "operator"),
        ("más despacio por favor", "slower"),
        ("un momento", "hold"),
        ("no me llamen más", "opt_out"),
    ],
)
def test_spanish_has_its_own_words(said: str, command: str) -> None:
    found = said_command(said, SPANISH)
    assert found is not None
    assert (found.command.name, found.confidence) == (command, 1.0)


@pytest.mark.parametrize(
    ("said", "phrase"),
    [
        ("can I talk to a person please", "a person"),
        ("operator", "operator"),
        ("no go back", "go back"),
        ("my zip code is wrong", "my zip code is wrong"),
        ("could you speak slower please", "speak slower"),
    ],
)
def test_a_recogniser_hears_commands_in_sentences(said: str, phrase: str) -> None:
    grammar = compile_grammar(grammar_of(Zip(), (), SPOKEN))
    state = grammar.follow(said)
    assert state is not None
    assert Reading(phrase=phrase) in grammar.readings(state)


def test_a_recogniser_hears_nothing_else_beside_a_command() -> None:
    grammar = compile_grammar(grammar_of(Zip(), (), SPOKEN))
    state = grammar.follow("I told my wife about the operator")
    assert state is None
    state = grammar.follow("can I talk to")
    assert state is None or grammar.readings(state) == ()

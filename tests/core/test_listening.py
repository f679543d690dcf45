"""Callers who speak: barge-in, silence, doubt, confirmation, commands by word, a recogniser that fails."""

from __future__ import annotations

import pytest

from engine.core.commands import Listen, StopListening, StopPlaying
from engine.core.events import Said, SpeechFailed, SpeechHeard
from engine.core.facts import Answer
from engine.core.journal import event_from_json, to_json
from engine.core.spoken_commands import CommandKey
from engine.nodes.collect import Collect
from engine.nodes.hangup import Hangup
from engine.nodes.menu import Menu, MenuOption
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.zip import Zip
from tests.core.practice import Speaking, flow_of, say

BYE = (Hangup(), {})
EXITS = {"next": "bye", "noinput": "quiet", "nomatch": "lost"}
NEEDS = Choice({"repair": ChoiceOption("1", ("a leak",)), "replace": ChoiceOption("2", ("new roof",))})


def zip_call(*, commands: tuple[CommandKey, ...] = (), **settings: object) -> Speaking:
    collect = Collect(answer="zip", prompt=say("ZIP?"), nomatch=(say("Five digits."),), **settings)  # type: ignore[arg-type]
    nodes = {"ask": (collect, EXITS), "bye": BYE, "quiet": BYE, "lost": BYE, "desk": BYE}
    return Speaking(flow_of(nodes, commands, zip=Zip(), need=NEEDS))


def test_a_sure_answer_by_voice_is_taken_without_asking() -> None:
    caller = zip_call()
    caller.prompt_ends()
    caller.says("seven eight seven oh one", 0.93, ("seven eight seven oh two", 0.2))
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.mode, answer.raw, answer.confirmed) == (
        "78701",
        "voice",
        "seven eight seven oh one",
        False,
    )
    assert answer.confidence == pytest.approx(0.93, abs=0.01)
    assert answer.utterance.alternatives[1] == Said("seven eight seven oh two", 0.2)
    assert caller.path == ["ask.next", "bye.hangup"]
    assert [command.listening for command in caller.did(StopListening)] == [caller.ear]


def test_speech_stops_the_prompt_where_it_may() -> None:
    caller = zip_call()
    caller.begins_to_speak()
    assert len(caller.did(StopPlaying)) == 1
    deaf = zip_call(barge_in="keys")
    assert deaf.did(Listen) == []
    deaf.prompt_ends()
    assert len(deaf.did(Listen)) == 1


def test_a_question_for_keys_alone_never_listens() -> None:
    caller = zip_call(input="keys")
    caller.prompt_ends()
    assert caller.did(Listen) == []


def test_an_unsure_answer_is_read_back_and_kept_by_yes() -> None:
    caller = zip_call()
    caller.prompt_ends()
    caller.says("seven eight seven oh one", 0.5)
    assert "I heard" in caller.hears
    assert "7 8 7 0 1" in caller.hears
    caller.says("yes that's right")
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.confirmed) == ("78701", True)


def test_a_no_asks_again_and_the_keypad_answers_as_well() -> None:
    caller = zip_call()
    caller.prompt_ends()
    caller.says("seven eight seven oh one", 0.5)
    caller.presses("2")
    caller.passes(1_000)
    assert caller.hears == "ZIP?"
    caller.presses("78702")
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.mode, answer.attempts) == ("78702", "keys", 2)


def test_of_two_readings_that_are_nearly_as_good_each_is_offered() -> None:
    caller = zip_call()
    caller.prompt_ends()
    caller.says("seven eight seven oh one", 0.85, ("seven eight seven oh two", 0.80))
    assert "7 8 7 0 1" in caller.hears
    caller.says("no")
    assert "7 8 7 0 2" in caller.hears
    caller.says("yes")
    assert caller.answer == {"zip": "78702"}


def test_never_takes_the_best_reading() -> None:
    caller = zip_call(confirm="never")
    caller.prompt_ends()
    caller.says("seven eight seven oh one", 0.5)
    assert caller.answer == {"zip": "78701"}


@pytest.mark.parametrize(
    ("text", "confidence"), [("", 0.0), ("seven eight seven oh one", 0.2), ("hello there", 0.9)]
)
def test_noise_and_other_talk_are_a_nomatch_never_an_answer(text: str, confidence: float) -> None:
    caller = zip_call()
    caller.prompt_ends()
    caller.says(text, confidence)
    assert caller.hears == "Five digits."
    assert caller.answer == {}


def test_speech_holds_the_silence_off_and_may_not_last_for_ever() -> None:
    caller = zip_call(noinput_timeout_ms=5_000, max_speech_timeout_ms=15_000)
    caller.prompt_ends()
    caller.passes(4_900)
    caller.begins_to_speak()
    caller.passes(14_999)
    assert caller.hears == "ZIP?"
    caller.passes(1)
    assert caller.hears == "Five digits."


def test_keys_win_over_what_is_being_said() -> None:
    caller = zip_call()
    caller.prompt_ends()
    caller.begins_to_speak()
    caller.presses("787")
    caller.happens(SpeechHeard(caller.now, caller.ear, "one", 0.9, (Said("one", 0.9),), 0, 0, "test"))
    caller.presses("01")
    assert caller.facts(Answer)[0].mode == "keys"


def test_a_command_may_be_said() -> None:
    operator = CommandKey("operator", "0", "desk", ("operator", "a person"))
    repeat = CommandKey("repeat", "*", None, ("say that again",))
    caller = zip_call(commands=(operator, repeat), attempts=1)
    assert caller.did(Listen)[0].spoken.phrases == ("operator", "a person", "say that again")
    caller.prompt_ends()
    caller.says("Say that again.")
    assert caller.heard == ["caller: ZIP?", "caller: ZIP?"]
    caller.prompt_ends()
    caller.says("A person!")
    assert caller.path == ["ask.command:operator", "desk.hangup"]


def test_a_recogniser_that_fails_costs_the_caller_nothing() -> None:
    caller = zip_call(attempts=1)
    caller.prompt_ends()
    caller.begins_to_speak()
    caller.happens(SpeechFailed(caller.now, caller.ear, "the worker died"))
    assert caller.hears == "Five digits."
    assert caller.faults == ["recogniser: the worker died"]
    caller.presses("78701")
    assert caller.answer == {"zip": "78701"}


def test_a_recogniser_that_keeps_failing_does_not_keep_the_caller() -> None:
    caller = zip_call(attempts=1)
    for _ in range(3):
        caller.prompt_ends()
        caller.begins_to_speak()
        caller.happens(SpeechFailed(caller.now, caller.ear, "down"))
    assert caller.path == ["ask.nomatch", "lost.hangup"]


def test_news_of_an_ear_that_was_told_to_stop_is_ignored() -> None:
    caller = zip_call()
    old = caller.ear
    caller.prompt_ends()
    caller.says("hello", 0.9)
    assert caller.ear != old
    caller.prompt_ends()
    caller.happens(SpeechHeard(caller.now, old, "seven eight seven oh one", 1.0, (), 0, 0, "test"))
    assert caller.answer == {}


def test_a_menu_takes_a_phrase() -> None:
    menu = Menu(
        say("Sales or service?"), {"sales": MenuOption("1"), "service": MenuOption("2", ("repairs",))}
    )
    caller = Speaking(flow_of({"ask": (menu, {"sales": "bye", "service": "bye"}), "bye": BYE}))
    caller.prompt_ends()
    caller.says("repairs please")
    assert caller.path == ["ask.service", "bye.hangup"]


def test_what_was_heard_survives_the_journal() -> None:
    event = SpeechHeard(5, "l1", "yes", 0.9, (Said("yes", 0.9),), 1, 4, "moonshine")
    assert event_from_json(to_json(event)) == event

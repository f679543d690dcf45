"""Keys against the clock: type-ahead, barge-in, timeouts, termchar, command keys."""

from __future__ import annotations

import pytest

from engine.core.commands import StopPlaying
from engine.core.facts import Answer
from engine.core.spoken_commands import CommandKey
from engine.nodes.collect import Collect
from engine.nodes.hangup import Hangup
from engine.nodes.menu import Menu, MenuOption
from engine.nodes.say import Say
from tests.core.practice import Stage, flow_of, say

BYE = (Hangup(), {})
EXITS = {"next": "bye", "noinput": "quiet", "nomatch": "lost"}


def zip_call(*, commands: tuple[CommandKey, ...] = (), **settings: object) -> Stage:
    collect = Collect(
        answer="zip",
        prompt=say("ZIP?"),
        noinput=(say("Still there?"), say("Last time: ZIP?")),
        nomatch=(say("Five digits."),),
        **settings,  # type: ignore[arg-type]
    )
    flow = flow_of(
        {"ask": (collect, EXITS), "bye": BYE, "quiet": BYE, "lost": BYE, "desk": BYE}, commands=commands
    )
    return Stage(flow)


def test_five_keys_make_an_answer_without_a_termchar() -> None:
    caller = zip_call()
    caller.prompt_ends()
    caller.presses("78701")
    assert caller.answer == {"zip": "78701"}
    assert caller.path == ["ask.next", "bye.hangup"]
    (answer,) = caller.facts(Answer)
    assert (answer.raw, answer.attempts, answer.asked_at, answer.answered_at) == ("78701", 1, 0, 500)
    assert answer.question.text == "ZIP?"


def test_a_key_during_the_prompt_stops_it() -> None:
    caller = zip_call()
    caller.presses("7")
    assert len(caller.did(StopPlaying)) == 1
    caller.presses("8701")
    assert caller.answer == {"zip": "78701"}
    assert len(caller.did(StopPlaying)) == 1


@pytest.mark.parametrize("barge_in", ["none", "speech"])
def test_where_keys_may_not_interrupt_they_wait_for_the_prompts_end(barge_in: str) -> None:
    caller = zip_call(barge_in=barge_in)
    caller.presses("78701")
    assert caller.answer == {}
    assert caller.did(StopPlaying) == []
    caller.prompt_ends()
    assert caller.answer == {"zip": "78701"}


def test_the_noinput_timer_runs_from_the_heard_end_of_the_prompt() -> None:
    caller = zip_call(noinput_timeout_ms=5_000)
    caller.passes(60_000)  # a long prompt is no silence
    assert caller.hears == "ZIP?"
    caller.prompt_ends()
    caller.passes(4_999)
    assert caller.hears == "ZIP?"
    caller.passes(1)
    assert caller.hears == "Still there?"


def test_silences_escalate_and_leave_by_noinput() -> None:
    caller = zip_call()
    for words in ("ZIP?", "Still there?", "Last time: ZIP?"):
        assert caller.hears == words
        caller.prompt_ends()
        caller.passes(5_000)
    assert caller.path == ["ask.noinput", "quiet.hangup"]


def test_three_wrong_keys_leave_by_nomatch() -> None:
    caller = zip_call()
    for _ in range(3):
        caller.prompt_ends()
        caller.presses("00000")
    assert caller.heard[:2] == ["caller: ZIP?", "caller: Five digits."]
    assert "keypad" in caller.heard[2]
    assert caller.path == ["ask.nomatch", "lost.hangup"]


def test_silence_and_nonsense_are_counted_apart() -> None:
    caller = zip_call(attempts=2)
    caller.prompt_ends()
    caller.passes(5_000)
    caller.prompt_ends()
    caller.presses("00000")
    caller.prompt_ends()
    caller.presses("78701")
    assert caller.answer == {"zip": "78701"}
    assert caller.facts(Answer)[0].attempts == 3


def test_too_few_keys_are_judged_after_the_interdigit_timeout() -> None:
    caller = zip_call(interdigit_timeout_ms=3_000)
    caller.prompt_ends()
    caller.presses("787")
    caller.passes(2_999)
    assert caller.hears == "ZIP?"
    caller.passes(1)
    assert caller.hears == "Five digits."


def test_each_key_restarts_the_interdigit_timer() -> None:
    caller = zip_call(interdigit_timeout_ms=3_000)
    caller.prompt_ends()
    caller.presses("78701", gap_ms=2_900)
    assert caller.answer == {"zip": "78701"}


def test_the_termchar_ends_the_keys() -> None:
    caller = zip_call()
    caller.prompt_ends()
    caller.presses("787#")
    assert caller.hears == "Five digits."


def test_a_termchar_after_a_full_answer_disturbs_no_later_question() -> None:
    need = Collect(answer="need", prompt=say("Need?"))
    stage = Stage(
        flow_of(
            {
                "ask": (Collect(answer="zip", prompt=say("ZIP?")), {"next": "need"}),
                "need": (need, EXITS),
                "bye": BYE,
            }
        )
    )
    stage.prompt_ends()
    stage.presses("78701#")
    assert stage.hears == "Need?"
    assert len(stage.playing["caller"]) == 1
    stage.presses("2")
    assert stage.answer == {"zip": "78701", "need": "replace"}


def test_keys_pressed_ahead_answer_the_next_questions() -> None:
    need = Collect(answer="need", prompt=say("Need?"))
    stage = Stage(
        flow_of(
            {
                "hello": (Say(say("Hello.")), {"next": "ask"}),
                "ask": (Collect(answer="zip", prompt=say("ZIP?")), {"next": "need"}),
                "need": (need, EXITS),
                "bye": BYE,
            }
        )
    )
    stage.presses("787012")
    assert stage.answer == {"zip": "78701", "need": "replace"}
    assert stage.heard == ["caller: Hello.", "caller: Need?"]  # ZIP? was passed over, Need? cut by the 2


def test_a_question_that_flushes_forgets_the_keys_before_it() -> None:
    need = Collect(answer="need", prompt=say("Need?"), flush=True)
    stage = Stage(
        flow_of(
            {
                "hello": (Say(say("Hello."), barge_in="none"), {"next": "need"}),
                "need": (need, EXITS),
                "bye": BYE,
            }
        )
    )
    stage.presses("2")
    stage.prompt_ends()
    assert stage.hears == "Need?"
    assert stage.answer == {}


REPEAT = CommandKey("repeat", "*", None)
OPERATOR = CommandKey("operator", "0", "desk")


def test_repeat_asks_the_same_question_again_and_counts_no_failure() -> None:
    caller = zip_call(commands=(REPEAT,), attempts=1)
    for _ in range(5):
        caller.presses("*")
    assert caller.heard == ["caller: ZIP?"] * 6
    caller.prompt_ends()
    caller.presses("78701")
    assert caller.answer == {"zip": "78701"}


def test_operator_acts_at_once_where_no_answer_begins_with_its_key() -> None:
    menu = Menu(say("1 or 2?"), {"one": MenuOption("1"), "two": MenuOption("2")})
    stage = Stage(
        flow_of({"ask": (menu, {"one": "bye", "two": "bye"}), "bye": BYE, "desk": BYE}, (OPERATOR,))
    )
    stage.presses("0")
    assert stage.path == ["ask.command:operator", "desk.hangup"]


def test_operator_waits_for_a_second_key_where_an_answer_may_begin_with_it() -> None:
    caller = zip_call(commands=(OPERATOR,))
    caller.prompt_ends()
    caller.presses("02134")
    assert caller.answer == {"zip": "02134"}

    other = zip_call(commands=(OPERATOR,), interdigit_timeout_ms=3_000)
    other.prompt_ends()
    other.presses("0")
    other.passes(2_999)
    assert other.path == []
    other.passes(1)
    assert other.path == ["ask.command:operator", "desk.hangup"]


def test_a_command_key_after_the_first_is_a_digit() -> None:
    caller = zip_call(commands=(OPERATOR,))
    caller.prompt_ends()
    caller.presses("70112")
    assert caller.answer == {"zip": "70112"}


def test_a_timer_that_was_replaced_is_ignored_when_it_fires_late() -> None:
    from engine.core.events import TimerFired

    caller = zip_call()
    caller.prompt_ends()
    (noinput,) = caller.timers
    caller.presses("7")
    caller.happens(TimerFired(caller.now, noinput))
    caller.presses("8701")
    assert caller.answer == {"zip": "78701"}


def test_confirm_always_reads_the_answer_back_and_asks_again_on_two() -> None:
    caller = zip_call(confirm="always")
    caller.prompt_ends()
    caller.presses("78701")
    assert "7 8 7 0 1" in caller.hears
    caller.presses("2")
    assert "7 8 7 0 1" in caller.hears  # a ZIP may begin so: it waits a moment for another key
    caller.passes(1_000)
    assert caller.hears == "ZIP?"
    caller.presses("78702")
    caller.presses("1")
    caller.passes(1_000)
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.confirmed, answer.attempts) == ("78702", True, 2)

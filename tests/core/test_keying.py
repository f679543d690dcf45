"""Which of a caller's keys answer what: bounces, entries and what is left over of them, keys ahead."""

from __future__ import annotations

import pytest

from engine.core.behaviour import NOTHING_UNHEARD
from engine.core.events import PromptPlayed
from engine.core.facts import Answer
from engine.core.hearing import Hearing
from engine.core.keying import CallerKeys, KeyEntry
from engine.nodes.collect import Collect
from engine.nodes.hangup import Hangup
from engine.nodes.menu import Menu, MenuOption
from engine.nodes.say import Say
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.date import Date
from engine.understanding.phone import Phone
from engine.understanding.zip import Zip
from tests.core.practice import Stage, flow_of, say

BYE = (Hangup(), {})
QUIT = {"noinput": "bye", "nomatch": "bye"}
NEED = Choice({"repair": ChoiceOption("1"), "replace": ChoiceOption("2")})
INSURANCE = Choice({"claim": ChoiceOption("1"), "none": ChoiceOption("2")})


def roofing(**welcome: str) -> Stage:
    """A welcome, a ZIP, and two choices by one key."""
    nodes = {
        "welcome": (Say(say("Welcome."), **welcome), {"next": "ask_zip"}),  # type: ignore[arg-type]
        "ask_zip": (Collect("zip", say("ZIP?")), {"next": "ask_need", **QUIT}),
        "ask_need": (
            Collect("need", say("Need?"), nomatch=(say("One or two."),)),
            {"next": "ask_insurance", **QUIT},
        ),
        "ask_insurance": (Collect("insurance", say("Insurance?")), {"next": "bye", **QUIT}),
        "bye": BYE,
    }
    return Stage(flow_of(nodes, zip=Zip(), need=NEED, insurance=INSURANCE))


def at_the_zip() -> Stage:
    stage = roofing()
    stage.prompt_ends()
    stage.prompt_ends()
    return stage


def pressed(*presses: tuple[str, int]) -> str:
    keys = CallerKeys(is_strict=True)
    for key, at in presses:
        keys.press(key, at)
    return "".join(key for key, _ in keys.typed)


@pytest.mark.parametrize(
    ("presses", "count"),
    [
        ((("2", 0), ("2", 79)), "2"),
        ((("2", 0), ("2", 80)), "22"),
        ((("2", 0), ("1", 10)), "21"),
        ((("2", 0), ("2", 60), ("2", 120)), "2"),
        ((("3", 0), ("3", 30), ("1", 60), ("3", 90), ("0", 120)), "33130"),  # no finger is so fast
        ((("7", 0), ("3", 2), ("3", 4), ("0", 6)), "7330"),
        ((("2", 0), ("2", 60), ("1", 300)), "21"),
    ],
)
def test_one_press_that_arrives_as_two_is_one(presses: tuple[tuple[str, int], ...], count: str) -> None:
    assert pressed(*presses) == count


def test_an_older_call_takes_every_key_for_itself() -> None:
    keys = CallerKeys(is_strict=False)
    keys.complete(KeyEntry("complete", 0, 100, 3_000))
    assert all(keys.press("2", at) for at in (10, 20, 30))
    assert NOTHING_UNHEARD == 5


def test_a_zip_keyed_at_a_question_of_one_key_is_one_nomatch() -> None:
    stage = at_the_zip()
    stage.presses("78212")
    stage.prompt_ends()
    stage.presses("78212")
    assert stage.hears == "One or two."
    assert stage.answer == {"zip": "78212"}
    stage.prompt_ends()
    stage.presses("2")
    assert stage.answer == {"zip": "78212", "need": "replace"}
    assert stage.facts(Answer)[-1].attempts == 2


@pytest.mark.parametrize("gap_ms", [30, 120, 250, 700])
def test_nine_digits_of_a_zip_plus_four_are_one_answer(gap_ms: int) -> None:
    stage = at_the_zip()
    stage.presses("787012101", gap_ms=gap_ms)
    stage.passes(1_000)
    assert stage.answer == {"zip": "78701"}
    assert stage.hears == "Need?"
    stage.prompt_ends()
    stage.presses("2")
    stage.passes(1_000)
    assert stage.answer == {"zip": "78701", "need": "replace"}


def test_a_pause_at_the_hyphen_makes_the_four_digits_no_answer() -> None:
    stage = at_the_zip()
    stage.presses("78701")
    stage.passes(900)
    stage.presses("2101", gap_ms=300)
    stage.passes(1_000)
    assert stage.answer == {"zip": "78701"}
    assert stage.heard[-2:] == ["caller: Need?", "caller: Need?"]  # cut by the first, asked again


def test_a_zip_plus_four_keyed_ahead_is_one_answer_too() -> None:
    stage = roofing(barge_in="none")
    stage.presses("787012101")
    stage.passes(1_500)
    stage.prompt_ends()
    assert stage.answer == {"zip": "78701"}
    assert stage.hears == "Need?"


def test_a_surplus_key_after_a_zip_answers_nothing() -> None:
    stage = at_the_zip()
    stage.presses("787011", gap_ms=250)
    stage.passes(1_000)
    assert stage.answer == {"zip": "78701"}


def test_a_key_pressed_twice_in_a_hurry_answers_one_question() -> None:
    stage = at_the_zip()
    stage.presses("78701")
    stage.prompt_ends()
    stage.presses("22", gap_ms=250)
    assert stage.answer == {"zip": "78701", "need": "replace"}


def test_who_keys_all_answers_in_the_welcome_is_asked_nothing() -> None:
    stage = roofing(barge_in="none")
    stage.presses("7870121")
    stage.passes(1_500)
    stage.prompt_ends()
    assert stage.answer == {"zip": "78701", "need": "replace", "insurance": "claim"}
    assert stage.heard == ["caller: Welcome."]
    assert [fact.hearing for fact in stage.facts(Answer)] == [Hearing(None, 0, keyed_ahead=True)] * 3


def test_who_keys_each_answer_during_its_prompt_is_served() -> None:
    stage = roofing()
    stage.prompt_ends()
    for keys in ("78701", "2", "1"):
        stage.passes(500)
        stage.presses(keys)
        stage.passes(1_000)  # a key after a ZIP may be the first of the four
    assert stage.answer == {"zip": "78701", "need": "replace", "insurance": "claim"}
    heard = [fact.hearing for fact in stage.facts(Answer)]
    assert [(each.prompt_ms, each.keyed_ahead) for each in heard] == [(2_000, False)] * 3
    assert all(0 < each.prompt_heard_ms < 2_000 for each in heard)


def test_a_nomatch_drops_what_was_keyed_ahead_after_it() -> None:
    stage = roofing(barge_in="none")
    stage.presses("7870191")
    stage.passes(1_500)
    stage.prompt_ends()
    assert stage.answer == {"zip": "78701"}
    assert stage.hears == "One or two."


def test_a_date_keyed_day_first_is_one_nomatch() -> None:
    nodes = {
        "ask": (Collect("when", say("Date?"), nomatch=(say("Month first."),)), {"next": "ask_need", **QUIT}),
        "ask_need": (Collect("need", say("Need?")), {"next": "bye", **QUIT}),
        "bye": BYE,
    }
    stage = Stage(flow_of(nodes, when=Date(), need=NEED))
    stage.prompt_ends()
    stage.presses("25122026", gap_ms=300)
    assert stage.heard == ["caller: Date?", "caller: Month first."]
    stage.prompt_ends()
    stage.presses("12252026")
    assert stage.answer == {"when": "2026-12-25"}
    assert stage.facts(Answer)[0].attempts == 2


def test_the_1_before_a_phone_number_is_none_of_it() -> None:
    nodes = {"ask": (Collect("number", say("Number?")), {"next": "bye", **QUIT}), "bye": BYE}
    stage = Stage(flow_of(nodes, number=Phone()))
    stage.prompt_ends()
    stage.presses("15125550123")
    (answer,) = stage.facts(Answer)
    assert (answer.value, answer.raw, answer.attempts) == ("+15125550123", "5125550123", 1)


def test_after_the_reprompt_was_heard_a_key_is_an_answer() -> None:
    """However soon after the wrong one; unless it follows in the rhythm of the entry."""
    menu = Menu(say("1 or 2?"), {"one": MenuOption("1"), "two": MenuOption("2")}, nomatch=(say("Again."),))
    stage = Stage(flow_of({"ask": (menu, {"one": "bye", "two": "bye", **QUIT}), "bye": BYE}))
    stage.prompt_ends()
    stage.presses("9")
    stage.passes(700)
    stage.presses("1")  # while the reprompt sounds
    assert stage.path == []
    stage.prompt_ends()
    stage.presses("1")
    assert stage.path[0] == "ask.one"


def test_a_question_that_flushes_drops_the_rest_of_the_keys_too() -> None:
    need = Collect("need", say("Need?"), flush=True, barge_in="none")
    nodes = {
        "hello": (Say(say("Hello."), barge_in="none"), {"next": "need"}),
        "need": (need, {"next": "bye", **QUIT}),
        "bye": BYE,
    }
    stage = Stage(flow_of(nodes, need=NEED))
    stage.presses("9")
    play = stage.playing["caller"].pop(0)
    stage.happens(PromptPlayed(stage.now, "caller", play.prompt))
    assert stage.hears == "Need?"
    stage.pressed_at = -1_000  # the same burst goes on
    stage.presses("12")
    stage.prompt_ends()
    assert stage.answer == {}


def test_an_answer_says_how_much_of_its_prompt_was_heard() -> None:
    stage = at_the_zip()
    stage.passes(700)
    stage.presses("78701")
    stage.passes(4_000)
    stage.presses("2")
    stage.passes(1_000)
    zip_, need = stage.facts(Answer)
    assert zip_.hearing == Hearing(2_000, 2_000)
    assert zip_.hearing.is_heard
    assert need.hearing == Hearing(2_000, 2_000)  # no longer than it lasts


def test_a_question_that_was_heard_stays_heard_when_it_is_asked_again() -> None:
    stage = at_the_zip()
    stage.passes(5_000)  # nothing is pressed: the question comes again
    stage.passes(200)
    stage.presses("78701")
    (answer,) = stage.facts(Answer)
    assert (answer.hearing.prompt_heard_ms, answer.hearing.heard_before) == (300, True)
    assert answer.hearing.is_heard

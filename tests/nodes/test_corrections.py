"""A read-back that is put right in the same breath, and the keypad that is offered after two failures."""

from __future__ import annotations

import pytest

from engine.core.commands import Listen
from engine.core.facts import Answer
from engine.nodes.collect import Collect
from engine.nodes.hangup import Hangup
from engine.nodes.menu import Menu, MenuOption
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.zip import Zip
from tests.core.practice import Speaking, flow_of, say

BYE = (Hangup(), {})
EXITS = {"next": "bye", "noinput": "quiet", "nomatch": "lost"}
NEED = Choice({"repair": ChoiceOption("1", ("a leak",)), "replace": ChoiceOption("2", ("new roof",))})
OFFER = "Please use your keypad: enter the five digits, then wait."


def zip_call(**settings: object) -> Speaking:
    collect = Collect(answer="zip", prompt=say("ZIP?"), **settings)  # type: ignore[arg-type]
    nodes = {"ask": (collect, EXITS), "bye": BYE, "quiet": BYE, "lost": BYE}
    return Speaking(flow_of(nodes, zip=Zip(), need=NEED))


def unsure_call(**settings: object) -> Speaking:
    """A caller who was asked whether 78701 is right."""
    caller = zip_call(**settings)
    caller.prompt_ends()
    caller.says("seven eight seven oh one", 0.5)
    assert "7 8 7 0 1" in caller.hears
    return caller


@pytest.mark.parametrize(
    "words", ["no, 78702", "no it's seven eight seven oh two", "not 78701, 78702", "78702"]
)
def test_another_value_is_taken_instead_of_asking_from_the_start(words: str) -> None:
    caller = unsure_call()
    caller.says(words)
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.raw, answer.mode, answer.confirmed) == ("78702", words, "voice", False)
    assert answer.attempts == 2
    assert answer.question.text.startswith("I heard {{ zip }}")
    assert caller.path == ["ask.next", "bye.hangup"]


def test_an_unsure_correction_is_read_back_again() -> None:
    caller = unsure_call()
    caller.says("no, 78702", 0.5)
    assert "7 8 7 0 2" in caller.hears
    caller.says("yes")
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.confirmed) == ("78702", True)


def test_a_correction_is_confirmed_where_everything_is() -> None:
    caller = zip_call(confirm="always")
    caller.presses("78701")
    caller.says("no, 78702")
    assert "I heard 7 8 7 0 2" in caller.hears
    caller.presses("1")
    caller.passes(1_000)
    assert caller.answer == {"zip": "78702"}


def test_the_ear_at_a_read_back_takes_yes_no_and_another_value() -> None:
    kind = unsure_call().did(Listen)[-1].kind
    assert (kind.kind, set(kind.parts)) == ("confirm", {"zip"})


def test_a_zip_keyed_at_the_read_back_is_a_correction() -> None:
    caller = unsure_call()
    caller.presses("78702")
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.mode, answer.raw) == ("78702", "keys", "78702")


def test_a_zip_that_begins_with_the_key_for_yes_is_no_yes() -> None:
    caller = unsure_call()
    caller.presses("10001")
    assert "You entered 1 0 0 0 1" in caller.hears
    caller.presses("1")
    caller.passes(1_000)
    (answer,) = caller.facts(Answer)
    assert (answer.value, answer.confirmed) == ("10001", True)


def test_what_is_left_over_of_the_keys_to_a_read_back_answers_nothing() -> None:
    collect = Collect(answer="zip", prompt=say("ZIP?"))
    nodes = {
        "ask": (collect, {"next": "need"}),
        "need": (Collect("need", say("Need?")), {"next": "bye"}),
        "bye": BYE,
    }
    caller = Speaking(flow_of(nodes, zip=Zip(), need=NEED))
    caller.prompt_ends()
    caller.says("seven eight seven oh one", 0.5)
    caller.passes(1_000)  # of the read-back, so the keys are for it alone
    caller.presses("12")
    caller.passes(3_000)
    assert caller.answer == {"zip": "78701"}
    assert caller.hears == "Need?"


def test_a_denied_value_that_is_heard_again_is_asked_about_however_sure() -> None:
    caller = unsure_call()
    caller.says("no")
    caller.says("seven eight seven oh one", 0.99)
    assert "I heard 7 8 7 0 1" in caller.hears
    caller.says("no", 0.95)
    assert caller.answer == {}


def test_a_denied_value_gives_way_to_the_second_best() -> None:
    caller = unsure_call()
    caller.says("no")
    caller.says("seven eight seven oh one", 0.6, ("seven eight seven oh two", 0.4))
    assert "I heard 7 8 7 0 2" in caller.hears


def test_as_many_denials_as_attempts_leave_by_nomatch() -> None:
    caller = zip_call(attempts=3)
    for _ in range(3):
        caller.says("seven eight seven oh one", 0.5)
        caller.says("no")
    assert caller.path == ["ask.nomatch", "lost.hangup"]


def test_the_last_denial_may_still_bring_a_sure_correction() -> None:
    caller = unsure_call(attempts=1)
    caller.says("no, 78702")
    assert caller.answer == {"zip": "78702"}
    doubtful = unsure_call(attempts=1)
    doubtful.says("no, 78702", 0.5)
    assert doubtful.path == ["ask.nomatch", "lost.hangup"]


def test_a_weak_yes_is_asked_again() -> None:
    caller = unsure_call()
    caller.says("yes", 0.4)
    assert "I heard 7 8 7 0 1" in caller.hears
    assert caller.answer == {}


def test_the_keypad_is_offered_at_the_second_failure_of_any_kind() -> None:
    for failures in (("", ""), ("hello", "hello"), ("", "hello"), ("hello", "")):
        caller = zip_call()
        for words in failures:
            caller.prompt_ends()
            if words:
                caller.says(words)
            else:
                caller.passes(5_000)
        assert caller.heard[1:] == ["caller: ZIP?", f"caller: {OFFER}"], failures


def test_two_denials_offer_the_keypad_too() -> None:
    caller = zip_call()
    for _ in range(2):
        caller.says("seven eight seven oh one", 0.5)
        caller.says("no")
    assert caller.hears == OFFER
    caller.presses("78702")
    assert caller.facts(Answer)[0].attempts == 3


def test_the_operators_own_reprompts_win() -> None:
    caller = zip_call(noinput=(say("Once."), say("Twice.")), attempts=4)
    for words in ("Once.", "Twice.", OFFER):
        caller.prompt_ends()
        caller.passes(5_000)
        assert caller.hears == words


@pytest.mark.parametrize("settings", [{"keypad_offer": False}, {"input": "keys"}])
def test_nothing_is_offered_where_the_operator_says_so_or_nobody_speaks(settings) -> None:
    caller = zip_call(nomatch=(say("Five digits."),), **settings)
    for _ in range(2):
        caller.prompt_ends()
        caller.presses("00000")
    assert caller.hears == "Five digits."


def test_a_menu_offers_its_keys_by_name() -> None:
    menu = Menu(say("Sales or service?"), {"sales": MenuOption("1"), "new_service": MenuOption("*")})
    caller = Speaking(flow_of({"ask": (menu, {"sales": "bye"}), "bye": BYE}))
    for _ in range(2):
        caller.prompt_ends()
        caller.says("hello")
    assert caller.hears == "Please use your keypad: press 1 for sales, or star for new service."

"""A form: one sentence gives several answers; what is unsure is read back together, what is denied is dropped."""

from __future__ import annotations

import pytest

from engine.core.commands import Listen
from engine.core.events import Said
from engine.core.facts import Answer
from engine.core.journal import to_json
from engine.core.replay import replay
from engine.core.spoken_commands import CommandKey
from engine.nodes.collect import Collect
from engine.nodes.form import Form
from engine.nodes.hangup import Hangup
from engine.nodes.say import Say
from engine.nodes.set import Set
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.digits import Digits
from engine.understanding.zip import Zip
from tests.core.practice import Speaking, flow_of, say

BYE = (Hangup(), {})
NEED = Choice(
    {
        "repair": ChoiceOption("1", ("repair", "leak")),
        "replace": ChoiceOption("2", ("replacement", "new roof"), say="a new roof"),
    }
)
INSURANCE = Choice(
    {
        "claim": ChoiceOption("1", ("filing a claim",), say="an insurance claim"),
        "none": ChoiceOption("2", ("no insurance", "out of pocket"), say="no insurance"),
    }
)
SENTENCE = "I need a new roof in 78701 and I'm filing a claim"
WITHOUT_CLAIM = "a new roof in 78701"


def form_call(commands: tuple[CommandKey, ...] = (), **settings: object) -> Speaking:
    """An intake form, then a question of its own for each answer."""
    form = Form(("need", "zip", "insurance"), say("What can I do for you?"), **settings)  # type: ignore[arg-type]
    nodes = {
        "intake": (form, {"next": "ask_need", "noinput": "ask_need", "nomatch": "ask_need"}),
        "ask_need": (Collect("need", say("Need?")), {"next": "ask_zip", "noinput": "bye", "nomatch": "bye"}),
        "ask_zip": (
            Collect("zip", say("ZIP?")),
            {"next": "ask_insurance", "noinput": "bye", "nomatch": "bye"},
        ),
        "ask_insurance": (Collect("insurance", say("Insurance?")), {"next": "bye"}),
        "desk": BYE,
        "bye": BYE,
    }
    return Speaking(flow_of(nodes, commands, need=NEED, zip=Zip(), insurance=INSURANCE))


def test_one_sentence_gives_all_and_the_later_questions_are_passed_over() -> None:
    caller = form_call()
    caller.prompt_ends()
    caller.says(SENTENCE)
    assert caller.answer == {"need": "replace", "zip": "78701", "insurance": "claim"}
    assert caller.path == ["intake.next", "ask_need.next", "ask_zip.next", "ask_insurance.next", "bye.hangup"]
    assert caller.heard == ["caller: What can I do for you?"]


def test_each_answer_keeps_the_sentence_and_its_own_words() -> None:
    caller = form_call()
    caller.prompt_ends()
    caller.says(SENTENCE, 0.9)
    answers = {answer.name: answer for answer in caller.facts(Answer)}
    assert {answer.raw for answer in answers.values()} == {SENTENCE}
    assert {name: answer.heard for name, answer in answers.items()} == {
        "need": "a new roof",
        "zip": "78701",
        "insurance": "filing a claim",
    }
    assert {answer.node for answer in answers.values()} == {"intake"}
    assert all(answer.question.text == "What can I do for you?" for answer in answers.values())
    assert all(answer.utterance.alternatives == (Said(SENTENCE, 0.9),) for answer in answers.values())
    assert answers["zip"].confidence == pytest.approx(0.9)


def test_what_was_not_said_is_asked_by_its_own_question() -> None:
    caller = form_call()
    caller.prompt_ends()
    caller.says(WITHOUT_CLAIM)
    assert caller.hears == "Insurance?"
    caller.presses("1")
    assert caller.answer == {"need": "replace", "zip": "78701", "insurance": "claim"}


def test_the_ear_is_told_of_all_kinds_at_once() -> None:
    (listen,) = form_call().did(Listen)
    assert listen.kind.kind == "form"
    assert set(listen.kind.parts) == {"need", "zip", "insurance"}
    assert to_json(listen)["kind"] == "form"


def test_what_is_unsure_is_read_back_together_and_kept_by_yes() -> None:
    caller = form_call()
    caller.prompt_ends()
    caller.says(WITHOUT_CLAIM, 0.5)
    assert caller.hears == (
        "I heard a new roof, in 7 8 7 0 1. If that is right, say yes or press 1. To change it, say no or press 2."
    )
    assert caller.answer == {}
    caller.says("yes")
    assert caller.answer == {"need": "replace", "zip": "78701"}
    assert [answer.confirmed for answer in caller.facts(Answer)] == [True, True]
    assert caller.hears == "Insurance?"


def test_three_are_read_back_as_a_list() -> None:
    caller = form_call(confirm="always")
    caller.prompt_ends()
    caller.says(SENTENCE)
    assert caller.hears.startswith("I heard a new roof, in 7 8 7 0 1, and an insurance claim. If")


def test_a_correction_puts_one_right_and_the_other_is_read_back_again() -> None:
    caller = form_call()
    caller.prompt_ends()
    caller.says(WITHOUT_CLAIM, 0.5)
    caller.says("no, 78702")
    assert caller.hears.startswith("I heard a new roof. If")
    caller.says("yes")
    answers = {answer.name: answer for answer in caller.facts(Answer)}
    assert (answers["zip"].value, answers["zip"].raw, answers["zip"].confirmed) == (
        "78702",
        "no, 78702",
        False,
    )
    assert (answers["zip"].attempts, answers["need"].attempts) == (2, 1)
    assert (answers["need"].value, answers["need"].confirmed) == ("replace", True)


def test_a_no_drops_what_was_read_back_and_keeps_what_was_sure() -> None:
    caller = form_call()
    caller.prompt_ends()
    # the two ways to hear it agree on the roof; neither ZIP is sure
    caller.says("a new roof in 78701", 0.85, ("a new roof in 78702", 0.75))
    assert caller.hears.startswith("I heard 7 8 7 0 1. If")
    caller.says("no")
    assert caller.answer == {"need": "replace"}
    assert caller.hears == "ZIP?"


def test_a_sure_answer_that_is_corrected_in_doubt_is_not_kept() -> None:
    caller = form_call()
    caller.prompt_ends()
    caller.says("a new roof in 78701", 0.95, ("a leak in 78701", 0.9))
    assert caller.hears.startswith("I heard a new roof. If")
    caller.says("yes, but in 78702", 0.6)
    assert caller.hears.startswith("I heard 7 8 7 0 2. If")
    caller.says("no")
    assert caller.answer == {"need": "replace"}


def test_more_may_be_said_with_the_yes() -> None:
    caller = form_call()
    caller.prompt_ends()
    caller.says(WITHOUT_CLAIM, 0.6)
    caller.says("yes, and I'm filing a claim")
    assert caller.answer == {"need": "replace", "zip": "78701", "insurance": "claim"}
    assert caller.path[-1] == "bye.hangup"


def test_silence_at_the_read_back_leaves_it_to_the_questions() -> None:
    caller = form_call()
    caller.prompt_ends()
    caller.says("a leak", 0.5)
    caller.prompt_ends()
    caller.passes(5_000)
    caller.prompt_ends()
    caller.passes(5_000)
    assert caller.answer == {}
    assert caller.hears == "What can I do for you?"


def test_nothing_understood_leaves_by_nomatch_and_silence_by_noinput() -> None:
    lost = form_call(nomatch=(say("Say what you need."),))
    lost.prompt_ends()
    lost.says("hello")
    assert lost.hears == "Say what you need."
    lost.prompt_ends()
    lost.says("well hello")
    assert lost.path == ["intake.nomatch"]
    quiet = form_call(attempts=1)
    quiet.prompt_ends()
    quiet.passes(5_000)
    assert quiet.path == ["intake.noinput"]


def test_keys_are_an_answer_to_the_first_that_is_unknown() -> None:
    caller = form_call()
    caller.presses("2")
    assert caller.answer == {"need": "replace"}
    assert caller.hears == "ZIP?"


def test_the_keypad_is_offered_for_the_answer_that_keys_give() -> None:
    caller = form_call(attempts=3)
    for _ in range(2):
        caller.prompt_ends()
        caller.says("hello")
    assert caller.hears == "Please use your keypad: press 1 for repair, or 2 for a new roof."


def test_a_form_whose_answers_are_known_is_passed_over() -> None:
    form = Form(("need",), say("What?"))
    nodes = {
        "assume": (Set({"need": "repair"}), {"next": "intake"}),
        "intake": (form, {"next": "bye"}),
        "bye": BYE,
    }
    caller = Speaking(flow_of(nodes, need=NEED))
    assert caller.path == ["assume.next", "intake.next", "bye.hangup"]
    assert caller.heard == []


def test_only_what_is_unknown_is_listened_for() -> None:
    nodes = {
        "assume": (Set({"need": "repair"}), {"next": "intake"}),
        "intake": (Form(("need", "zip"), say("What?")), {"next": "bye"}),
        "bye": BYE,
    }
    caller = Speaking(flow_of(nodes, need=NEED, zip=Zip()))
    caller.prompt_ends()
    caller.says("a new roof in 78701")
    assert caller.answer == {"need": "repair", "zip": "78701"}


def test_a_flow_that_comes_back_to_a_question_asks_it_though_it_is_known() -> None:
    nodes = {
        "intake": (Form(("zip",), say("What?")), {"next": "ask_zip"}),
        "ask_zip": (Collect("zip", say("ZIP?")), {"next": "again"}),
        "again": (Say(say("We do not serve that.")), {"next": "ask_zip"}),
    }
    caller = Speaking(flow_of(nodes, zip=Zip()))
    caller.prompt_ends()
    caller.says("78701")
    assert caller.hears == "We do not serve that."
    caller.prompt_ends()
    assert caller.hears == "ZIP?"
    caller.presses("78702")
    caller.prompt_ends()
    assert caller.hears == "ZIP?"
    assert caller.answer == {"zip": "78702"}


def test_ask_always_asks_though_it_is_known() -> None:
    nodes = {
        "assume": (Set({"need": "repair"}), {"next": "ask"}),
        "ask": (Collect("need", say("Need?"), ask="always"), {"next": "bye"}),
        "bye": BYE,
    }
    caller = Speaking(flow_of(nodes, need=NEED))
    assert caller.hears == "Need?"


def test_a_sensitive_answer_of_the_sentence_stands_in_no_other_answers_evidence() -> None:
    nodes = {"intake": (Form(("need", "account"), say("What?")), {"next": "bye"}), "bye": BYE}
    caller = Speaking(flow_of(nodes, need=NEED, account=Digits(length=6, sensitive=True)))
    caller.prompt_ends()
    caller.says("a new roof, my account is 4 4 1 9 0 7")
    need, account = caller.facts(Answer)
    assert (need.raw, need.heard, need.utterance.alternatives) == ("a new roof", "a new roof", ())
    written = str([to_json(fact) for fact in (need, account)])
    assert "4 4 1" not in written
    assert "441907" not in written


def test_a_command_may_be_said_at_a_form() -> None:
    caller = form_call((CommandKey("operator", "0", "desk", ("operator",)),))
    caller.prompt_ends()
    caller.says("operator")
    assert caller.path == ["intake.command:operator", "desk.hangup"]


def test_a_form_replays_to_the_same_commands() -> None:
    caller = form_call()
    caller.prompt_ends()
    caller.says(WITHOUT_CLAIM, 0.5)
    caller.says("no, 78702")
    caller.says("yes")
    caller.presses("1")
    assert replay(caller.journal, caller.revision).difference is None

"""Commands at a question: what they do to the call, and what they never do to a sale."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.commands import Listen, Play, Release
from engine.core.events import CallArrived
from engine.core.facts import Answer
from engine.core.hearing import Hearing
from engine.core.machine import CallMachine
from engine.core.records import changed
from engine.core.replay import replay
from engine.core.spoken_commands import CommandKey, SpokenCommands
from engine.nodes.bridge import BridgeNode
from engine.nodes.choose_buyer import ChooseBuyer
from engine.nodes.collect import Collect
from engine.nodes.hangup import Hangup
from engine.nodes.menu import Menu, MenuOption
from engine.understanding.commanding import changes, given_phrases
from engine.understanding.zip import Zip
from tests.core.practice import Speaking, flow_of, say

BYE = (Hangup(), {})
SPOKEN = SpokenCommands(
    "en",
    tuple(CommandKey(act, "", None, phrases, act, True) for act, phrases in given_phrases("en").items()),
    changes({"zip": Zip()}, "en"),
)


def a_call(**more: object) -> Speaking:
    """ZIP, then a buyer is chosen, then two questions more, then the bridge."""
    ask = Collect(answer="zip", prompt=say("ZIP?"))
    menu = Menu(say("Ready?"), {"go": MenuOption("1", ("ready",))})
    nodes = {
        "ask": (ask, {"next": "find", "noinput": "bye", "nomatch": "bye"}),
        "find": (ChooseBuyer(), {"next": "first", "none": "bye"}),
        "first": (menu, {"go": "second", "noinput": "bye", "nomatch": "bye"}),
        "second": (menu, {"go": "connect", "noinput": "bye", "nomatch": "bye"}),
        "connect": (BridgeNode(), {"completed": "bye"}),
        "bye": BYE,
    }
    return Speaking(replace(flow_of(nodes, zip=Zip()), spoken=SPOKEN), **more)  # type: ignore[arg-type]


def answered(caller: Speaking, keys: str) -> None:
    caller.prompt_ends()
    caller.presses(keys)


def test_going_back_over_the_choice_gives_the_buyer_back() -> None:
    caller = a_call()
    answered(caller, "78701")
    caller.prompt_ends()
    caller.says("my zip is wrong")
    assert [command.used for command in caller.did(Release)] == [False]
    assert caller.machine.call is not None
    assert caller.machine.call.chosen == ()
    assert "zip" not in caller.machine.call.answers
    answered(caller, "78702")
    assert [(fact.value, fact.withdrawn_at is None) for fact in caller.facts(Answer)] == [
        ("78701", True),
        ("78701", False),
        ("78702", True),
    ]
    assert len(caller.machine.call.chosen) == 1


def test_going_back_to_a_question_after_the_choice_keeps_the_buyer() -> None:
    caller = a_call()
    answered(caller, "78701")
    answered(caller, "1")
    caller.prompt_ends()
    caller.says("go back")
    assert caller.path[-1] == "second.command:back"
    assert caller.did(Release) == []
    assert caller.machine.call is not None
    assert caller.machine.call.node == "first"
    assert len(caller.machine.call.chosen) == 1


def test_slower_is_slower_from_then_on_and_has_an_end() -> None:
    caller = a_call()
    for _ in range(4):
        caller.prompt_ends()
        caller.says("slow down please")
    assert [play.slower for play in caller.did(Play)] == [0, 30, 60, 60, 60]
    assert caller.path == []


def test_a_command_below_a_third_is_a_nomatch_and_a_half_sure_one_is_asked_about() -> None:
    caller = a_call()
    caller.prompt_ends()
    caller.says("go back", 0.01)
    assert caller.hears == "ZIP?"
    caller.prompt_ends()
    caller.says("start over", 0.5)
    assert caller.hears == "Did you want to start over? If so, say yes or press 1. If not, say no or press 2."
    caller.presses("2")
    assert caller.hears == "ZIP?" or "keypad" in caller.hears
    assert caller.path == []


def test_an_older_call_obeys_as_it_did() -> None:
    """Its journal has neither the given commands nor what they do."""
    caller = a_call()
    arrived = caller.journal[0].event
    assert isinstance(arrived, CallArrived)
    machine = CallMachine(caller.revision)
    commands = machine.receive(changed(arrived, behaviour=4))
    (listen,) = [command for command in commands if isinstance(command, Listen)]
    assert (listen.others, listen.spoken.names) == ((), ())


def test_a_journal_names_the_commands_and_replays() -> None:
    caller = a_call()
    caller.prompt_ends()
    caller.says("hold on")
    caller.says("go back")
    listens = [
        command for entry in caller.journal for command in entry.commands if command["type"] == "Listen"
    ]
    assert listens[0]["spoken"] == list(SPOKEN.names)
    assert replay(caller.journal, caller.revision).difference is None


@pytest.mark.parametrize("how", ["said", "keyed"])
def test_a_question_that_was_heard_stays_heard_when_a_command_has_it_asked_again(how: str) -> None:
    ask = Collect(answer="zip", prompt=say("ZIP?"))
    repeat = CommandKey("repeat", "*", None, ("say that again",))
    caller = Speaking(flow_of({"ask": (ask, {"next": "bye"}), "bye": BYE}, (repeat,), zip=Zip()))
    caller.prompt_ends()
    if how == "said":
        caller.says("say that again")
    else:
        caller.passes(1_000)
        caller.presses("*")
    assert caller.heard == ["caller: ZIP?"] * 2
    caller.passes(500)
    caller.presses("78701")
    (answer,) = caller.facts(Answer)
    assert answer.hearing.heard_before
    assert answer.hearing.prompt_heard_ms < 2_000


def test_an_answer_to_somebody_who_holds_on_says_nothing_of_that_prompt() -> None:
    caller = a_call()
    caller.prompt_ends()
    caller.says("hold on")
    caller.prompt_ends()
    caller.passes(1_000)
    caller.presses("78701")
    assert caller.facts(Answer)[0].hearing == Hearing(None, 0, heard_before=True)

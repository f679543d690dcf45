"""A flow's commands: given ones reworded, switched off, routed; words and keys that mean two things."""

from __future__ import annotations

import pytest

from engine.core.flow import Flow
from engine.language.revisions import Published, publish

NETWORK = """
network: small
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: main, buyers: [one]}}
buyers: {one: {to: "+15550111", price: "10.00", accepts: zip.state == "TX"}}
"""
FLOW = """
flow: main
start: ask_zip
answers:
  zip: {type: zip}
  need: {type: choice, options: {repair: {key: "1", phrases: [go back]}, replace: {key: "2", say: a person}}}
exits: {noinput: bye, nomatch: bye}
COMMANDS
nodes:
  ask_zip: {type: collect, answer: zip, prompt: Your ZIP?, next: ask_need}
  ask_need: {type: collect, answer: need, prompt: Need?, next: find}
  find: {type: choose_buyer, next: connect, exits: {none: DESK}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}
  bye: {type: hangup, say: Bye.}
"""
GIVEN = ["repeat", "slower", "back", "start_over", "change", "hold", "operator", "opt_out", "call_back"]


def published(commands: str = "", desk: str = "bye", more: str = "") -> Published:
    text = FLOW.replace("COMMANDS", f"commands: {{{commands}}}" if commands else "").replace("DESK", desk)
    return publish({"network.yaml": NETWORK, "main.yaml": text + more})


def flow_of(made: Published) -> Flow:
    assert made.revision is not None, made.mistakes
    return made.revision.flows["main"]


def phrases(flow: Flow, name: str) -> tuple[str, ...]:
    return next(each.phrases for each in flow.spoken.commands if each.name == name)


def test_every_flow_has_the_given_commands() -> None:
    made = published()
    assert made.mistakes == []
    assert [each.name for each in flow_of(made).spoken.commands] == GIVEN
    assert flow_of(made).every_command == ()


def test_a_given_phrase_gives_way_to_an_option_of_the_same_words() -> None:
    flow = flow_of(published())
    assert "go back" not in phrases(flow, "back")
    assert "previous question" in phrases(flow, "back")
    assert "a person" not in phrases(flow, "operator")


def test_an_operator_rewords_routes_and_switches_off() -> None:
    flow = flow_of(
        published(
            "hold: off, slower: {phrases: [easy now]}, operator: {key: '0', goto: bye}, repeat: {key: '*'}"
        )
    )
    names = [each.name for each in flow.spoken.commands]
    assert "hold" not in names
    assert phrases(flow, "slower") == ("easy now",)
    operator = next(each for each in flow.spoken.commands if each.name == "operator")
    assert (operator.key, operator.goto, operator.does) == ("0", "bye", "goto")
    assert "a real person" in operator.phrases
    assert set(flow.commands) == {"0", "*"}
    assert phrases(flow, "repeat") == phrases(flow_of(published()), "repeat")


def test_the_operator_is_the_flows_one_desk() -> None:
    desk = (
        '  desk: {type: bridge, to: "+15550199", next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}\n'
    )
    flow = flow_of(published(desk="desk", more=desk))
    assert next(each.goto for each in flow.spoken.commands if each.name == "operator") == "desk"


def test_a_language_without_words_for_them_has_none_of_them() -> None:
    text = FLOW.replace("COMMANDS", "").replace("DESK", "bye").replace("start:", "language: de-DE\nstart:", 1)
    made = publish({"network.yaml": NETWORK, "main.yaml": text})
    assert flow_of(made).spoken.commands == ()


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        (
            "gripe: {phrases: [Go back!], goto: bye}",
            "command 'gripe': 'Go back!' also means option 'repair' of answer 'need'; give one of them other words",
        ),
        (
            "gripe: {phrases: [a person], goto: bye}",
            "command 'gripe': 'a person' also means option 'replace' of answer 'need'; give one of them other words",
        ),
        (
            "gripe: {phrases: [moan], goto: bye}, other: {phrases: [Moan], goto: bye}",
            "commands 'gripe' and 'other' both have the phrase 'Moan'; give each its own words",
        ),
        (
            "gripe: {phrases: [of course], goto: bye}",
            "command 'gripe': 'of course' answers every question of yes or no; choose other words",
        ),
        (
            "gripe: {goto: bye}",
            "command 'gripe' has neither a key nor phrases, so nobody can give it; add 'phrases: […]' or 'key: …'",
        ),
        (
            "gripe: off",
            "command 'gripe' is off, but no command has this name unless you write one",
        ),
        ("hold: never", "command 'hold': it is never"),
    ],
)
def test_what_means_two_things_or_nothing_is_refused(commands: str, message: str) -> None:
    found = [str(mistake) for mistake in published(commands).mistakes]
    assert any(message in line for line in found), found


MAIN_WITH = """
flow: main
start: qualify
answers: {zip: {type: zip}}
commands: {hold: off, slower: {phrases: [easy now]}, operator: {key: "0", goto: bye}}
nodes:
  qualify: {type: subflow, flow: lib, returns: {zip: zip}, next: find}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}
  bye: {type: hangup, say: Bye.}
"""
LIB = """
flow: lib
start: ask_zip
returns: [zip]
answers: {zip: {type: zip}}
commands: {slower: {phrases: [not so quick]}, enough: {phrases: [that will do], goto: done}}
exits: {noinput: done, nomatch: done}
nodes:
  ask_zip: {type: collect, answer: zip, prompt: Your ZIP?, next: done}
  done: {type: return}
"""


def test_a_subflows_own_come_before_those_of_the_flow_that_enters_it() -> None:
    main = MAIN_WITH.replace("answers: {zip: {type: zip}}\n", "")
    made = publish({"network.yaml": NETWORK, "main.yaml": main, "lib.yaml": LIB})
    flow = flow_of(made)
    inside = {each.name: each for each in flow.spoken_at("qualify.ask_zip").commands}
    assert inside["qualify.slower"].phrases == ("not so quick",)
    assert inside["qualify.enough"].goto == "qualify.done"
    assert inside["operator"].goto == "bye"
    assert not {"slower", "hold"} & set(inside)
    assert "back" in inside
    outside = {each.name: each for each in flow.spoken_at("find").commands}
    assert outside["slower"].phrases == ("easy now",)
    assert ("my zip is wrong", "zip") in flow.spoken_at("qualify.ask_zip").changes

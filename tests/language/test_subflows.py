"""Flows that enter flows: scoped nodes and answers, shared by mapping, checked before any call."""

from __future__ import annotations

import pytest

from engine.core.flow import Flow
from engine.core.places import Place
from engine.core.replay import replay
from engine.language.revisions import Published, publish
from engine.language.stories.expected import Expectation
from engine.language.stories.story import PressKeys, SaySomething, StaySilent, Story
from engine.rehearsal.coverage import coverage
from engine.rehearsal.stories import StoryResult, run_story

NETWORK = """
network: small
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: main, buyers: [one]}}
buyers:
  one:
    to: "+15550111"
    price: "10.00"
    accepts: home.state == "TX"
    billable: {after: 10s, requires: [home]}
"""

QUALIFY = """
flow: qualify
start: ask_zip
parameters:
  trade: {type: text}
  least: {type: whole_number, default: 2}
returns: [zip]
answers:
  zip: {type: zip}
  owner: {type: yes_no, sensitive: true}
  rooms: {type: number}
exits: {noinput: silent, nomatch: silent}
nodes:
  ask_zip: {type: collect, answer: zip, prompt: "The ZIP, for {{ trade }}?", next: ask_owner}
  ask_owner: {type: collect, answer: owner, prompt: "In {{ zip.state }}: do you own it?", next: ask_rooms}
  ask_rooms: {type: collect, answer: rooms, prompt: How many rooms?, next: large}
  large:
    type: branch
    cases: {small: rooms < least, foreign: {all: [zip.state != "TX", owner == true]}}
    next: done
    exits: {small: too_small, foreign: done}
  done: {type: return}
  silent: {type: return, exit: no_answer}
  too_small: {type: return, exit: small}
"""

MAIN = """
flow: main
start: qualify
answers: {zip: {type: zip}}
commands: {operator: {key: "0", goto: desk}}
nodes:
  qualify:
    type: subflow
    flow: lib/qualify
    with: {trade: a roofer}
    returns: {zip: home}
    next: where
    exits: {no_answer: desk, small: other}
  where: {type: branch, cases: {texas: home.state == "TX"}, next: desk, exits: {texas: find}}
  find: {type: choose_buyer, next: connect, exits: {none: desk}}
  connect: {type: bridge, whisper: "From {{ home.state }}", next: bye, exits: {busy: desk, noanswer: desk, rejected: desk, failed: desk}}
  other:
    type: subflow
    flow: lib/qualify
    with: {least: 1}
    compute: {trade: home.city}
    returns: {zip: zip}
    next: desk
    exits: {no_answer: desk, small: desk}
  desk: {type: hangup, say: "The desk, for {{ home }} and {{ zip }}."}
  bye: {type: hangup}
"""


def published(main: str = MAIN, qualify: str = QUALIFY, **more: str) -> Published:
    files = {"network.yaml": NETWORK, "main.yaml": main, "lib/qualify.yaml": qualify}
    return publish(files | {f"lib/{name}.yaml": text for name, text in more.items()})


def mistakes_of(of: Published) -> list[str]:
    return [str(mistake) for mistake in of.mistakes]


def call_of(of: Published, *acts: str | None) -> StoryResult:
    """A call of somebody who keys (or, where it is words, says) these in turn; None is a silence."""
    caller = tuple(
        StaySilent() if act is None else PressKeys(act) if act[0].isdigit() else SaySomething(act)
        for act in acts
    )
    here = Place("main.stories.yaml", 1, 1)
    story = Story("call", "+15125550123", None, 1_795_000_000_000, 1, caller, {}, Expectation(), here)
    return run_story(story, of)


def test_a_subflow_is_walked_under_its_nodes_name_and_shares_what_it_returns() -> None:
    of = published()
    assert mistakes_of(of) == []
    result = call_of(of, "78701", "1", "5#")
    assert result.differences == ()
    assert result.path == (
        *("qualify", "qualify.ask_zip", "qualify.ask_owner", "qualify.ask_rooms", "qualify.large"),
        *("qualify.done", "where", "find", "connect", "bye"),
    )
    assert dict(result.answers) == {"home": "78701", "qualify.owner": True, "qualify.rooms": 5}
    assert (result.buyer, result.billable) == ("one", True)


def test_a_prompt_says_parameters_and_answers_by_the_names_of_its_own_flow() -> None:
    result = call_of(published(), "78701", "1", "5#")
    said = [
        " ".join(str(item["text"]) for item in command["items"])  # type: ignore[index, union-attr]
        for entry in result.journal
        for command in entry.commands
        if command["type"] == "Play" and "text" in command["items"][0]  # type: ignore[index, operator]
    ]
    assert said[:2] == ["The ZIP, for a roofer?", "In TX: do you own it?"]


def test_what_is_stated_is_in_the_words_so_that_prompts_are_spoken_ahead() -> None:
    ask = of_flow(published()).nodes["qualify.ask_zip"].node.prompt  # type: ignore[attr-defined]
    assert ask.fixed is not None
    assert [item.text for item in ask.fixed] == ["The ZIP, for a roofer?"]
    computed = of_flow(published()).nodes["other.ask_zip"].node.prompt  # type: ignore[attr-defined]
    assert computed.fixed is None
    assert computed.names == ("other.trade",)


def test_one_flow_entered_twice_keeps_its_answers_apart() -> None:
    result = call_of(published(), "78701", "1", "1#", "73102", "2", "1#")
    assert result.path[6:9] == ("other", "other.ask_zip", "other.ask_owner")
    assert dict(result.answers) == {
        "home": "78701",
        "qualify.owner": True,
        "qualify.rooms": 1,
        "zip": "73102",
        "other.owner": False,
        "other.rooms": 1,
    }
    assert result.path[-2:] == ("other.done", "desk")  # at least one room, as stated there


def test_an_exit_of_its_return_nodes_is_an_exit_of_the_node_that_enters() -> None:
    assert call_of(published(), None, None, None).path == (
        "qualify",
        "qualify.ask_zip",
        "qualify.silent",
        "desk",
    )


def test_the_commands_of_the_entering_flow_count_inside() -> None:
    assert call_of(published(), "78701", "0").path == (
        "qualify",
        "qualify.ask_zip",
        "qualify.ask_owner",
        "desk",
    )


def test_what_is_stated_stands_in_the_words_that_are_kept() -> None:
    of = published()
    asked = [placed.node for name, placed in of_flow(of).nodes.items() if name == "qualify.ask_zip"]
    assert [node.prompt.text for node in asked] == ["The ZIP, for a roofer?"]  # type: ignore[attr-defined]
    # What is computed differs from call to call: it stays a place for a value.
    said = [placed.node for name, placed in of_flow(of).nodes.items() if name == "other.ask_zip"]
    assert [node.prompt.text for node in said] == ["The ZIP, for {{ trade }}?"]  # type: ignore[attr-defined]


def with_own_commands() -> Published:
    """The subflow takes the operator's key for itself, and has a phrase of its own."""
    own = 'commands: {again: {key: "0", goto: ask_zip}, enough: {key: "9", phrases: [that will do], goto: silent}}\n'
    return published(qualify=QUALIFY.replace("nodes:\n", own + "nodes:\n", 1))


def test_a_subflows_own_commands_count_inside_it() -> None:
    path = call_of(with_own_commands(), "78701", "0", "78702", "9").path
    assert path == (
        "qualify",
        *("qualify.ask_zip", "qualify.ask_owner", "qualify.ask_zip", "qualify.ask_owner"),
        "qualify.silent",
        "desk",
    )


def test_the_entering_flows_commands_count_inside_where_the_key_is_free() -> None:
    flow = of_flow(with_own_commands())
    assert {key: each.goto for key, each in flow.commands_at("qualify.ask_owner").items()} == {
        "0": "qualify.ask_zip",
        "9": "qualify.silent",
    }
    assert {key: each.goto for key, each in flow.commands_at("where").items()} == {"0": "desk"}
    assert flow.command_phrases_at("qualify.ask_zip") == ("that will do",)
    assert flow.command_phrases_at("where") == ()
    assert [each.name for each in flow.every_command][:3] == ["operator", "qualify.again", "qualify.enough"]


def test_a_sensitive_answer_stays_masked_inside_and_out() -> None:
    result = call_of(published(), "73102", "1", "5#")
    facts = [
        str(command["fact"]) for entry in result.journal for command in entry.commands if "fact" in command
    ]
    owner = [fact for fact in facts if "qualify.owner" in fact]
    assert owner
    assert all("True" not in fact.partition("'value':")[2].partition(",")[0] for fact in owner)
    assert of_flow(published()).sensitive == {"qualify.owner", "other.owner"}


def of_flow(of: Published) -> Flow:
    assert of.revision is not None
    assert list(of.revision.flows) == ["main"]  # no call can begin in the other
    return of.revision.flows["main"]


def test_coverage_counts_the_nodes_of_each_place_where_a_flow_is_entered() -> None:
    of = published()
    assert of.revision is not None
    (covered,) = coverage(of.revision, [call_of(of, "78701", "1", "5#")])
    assert covered.node_count == len(of_flow(of).nodes) == 7 + 2 * 7
    assert any("no story reaches node 'other.ask_zip'" in line for line in covered.missing())
    assert any("no story leaves node 'qualify.ask_zip' by 'noinput'" in line for line in covered.missing())


def test_a_flow_within_a_flow_within_a_flow_shares_all_the_way_out() -> None:
    middle = """
flow: middle
start: inner
returns: [place]
answers: {code: {type: digits, length: 3}}
nodes:
  inner: {type: subflow, flow: lib/qualify, with: {trade: us}, returns: {zip: place}, next: ask, exits: {no_answer: gone, small: gone}}
  ask: {type: collect, answer: code, prompt: "Code for {{ place.state }}?", next: done, exits: {noinput: gone, nomatch: gone}}
  done: {type: return}
  gone: {type: return, exit: gone}
"""
    main = """
flow: main
start: outer
nodes:
  outer: {type: subflow, flow: lib/middle, returns: {place: home}, next: find, exits: {gone: bye}}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}
  bye: {type: hangup}
"""
    of = published(main, middle=middle)
    assert mistakes_of(of) == []
    result = call_of(of, "78701", "1", "5#", "123")
    assert result.differences == ()
    assert result.path[:4] == ("outer", "outer.inner", "outer.inner.ask_zip", "outer.inner.ask_owner")
    assert result.answers["home"] == "78701"
    assert result.answers["outer.inner.rooms"] == 5
    assert result.answers["outer.code"] == "123"
    assert result.buyer == "one"


def test_a_replay_of_a_call_through_subflows_gives_the_same_commands() -> None:
    of = published()
    assert of.revision is not None
    result = call_of(of, "78701", "1", "1#", "73102", "2", "1#")
    assert replay(result.journal, of.revision).difference is None


def test_the_revision_changes_with_its_subflows() -> None:
    one, two = published(), published(qualify=QUALIFY.replace("How many rooms?", "How many?"))
    assert one.revision is not None
    assert two.revision is not None
    assert one.revision.id != two.revision.id


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("flow: lib/qualify\n    with: {trade: a roofer}", "flow: lib/qualfy\n    with: {trade: a roofer}",
         "main.yaml:9:11: node 'qualify': 'lib/qualfy.yaml' has no flow; did you mean 'lib/qualify'?"),
        ("with: {trade: a roofer}", "with: {trade: a roofer, colour: red}",
         "main.yaml:10:29: node 'qualify': flow 'lib/qualify' has no parameter 'colour'; available: least and trade"),
        ("with: {trade: a roofer}", "with: {least: 3}",
         "main.yaml:7:3: node 'qualify': flow 'lib/qualify' needs trade; add 'with: {trade: …}'"),
        ("with: {trade: a roofer}", "with: {trade: 7}",
         "main.yaml:10:19: node 'qualify': 'trade' is 7; expected text"),
        ("returns: {zip: home}", "returns: {owner: home}",
         "main.yaml:11:15: node 'qualify': flow 'lib/qualify' doesn't return 'owner'; available: zip"),
        ("small: other}", "smal: other}",
         "main.yaml:13:30: node 'qualify': it has no exit 'smal'; did you mean 'small'?"),
        ("no_answer: desk, small: other}", "small: other}",
         "main.yaml:7:3: node 'qualify': exit 'no_answer' isn't connected; add 'no_answer: …' under 'exits'"),
        ('operator: {key: "0", goto: desk}', 'operator: {key: "1", goto: desk}',
         ("main.yaml:5:28: command 'operator': key 1 already means 'yes' at answer 'owner' of a subflow; "
          "give the command another key")),
        ("compute: {trade: home.city}", "compute: {trade: 1 + 1}",
         "main.yaml:21:22: node 'other': this gives whole number; expected text"),
    ],
)  # fmt: skip
def test_what_is_wrong_between_two_flows_is_named_with_its_place(old: str, new: str, found: str) -> None:
    assert found in mistakes_of(published(MAIN.replace(old, new)))


def test_flows_that_enter_each_other_are_refused() -> None:
    back = """
flow: back
start: again
nodes:
  again: {type: subflow, flow: lib/qualify, with: {trade: us}, next: done, exits: {no_answer: done, small: done}}
  done: {type: return}
"""
    qualify = QUALIFY.replace(
        "next: done\n    exits: {small: too_small", "next: turn\n    exits: {small: too_small"
    )
    qualify += "  turn: {type: subflow, flow: lib/back, next: done}\n"
    found = mistakes_of(published(qualify=qualify, back=back))
    assert (
        "lib/qualify.yaml:25:31: node 'turn': flow 'lib/back' enters itself through this node; "
        "flows can't enter each other in a circle; point an exit back instead"
    ) in found
    assert len(found) == 1
    alone = MAIN.replace("flow: lib/qualify\n    with: {trade: a roofer}", "flow: main")
    assert any(
        "flow 'main' enters itself through this node" in line for line in mistakes_of(published(alone))
    )


def test_a_flow_that_returns_cannot_begin_a_call() -> None:
    network = NETWORK.replace("flow: main", "flow: qualify").replace("home", "zip")
    of = publish({"network.yaml": network, "lib/qualify.yaml": QUALIFY})
    (found,) = mistakes_of(of)
    assert found == (
        "lib/qualify.yaml:2:1: flow 'qualify' is in a campaign, but it only works inside another flow; "
        "enter it from the campaign's flow with a subflow node; it returns, or needs parameters"
    )


def test_a_circle_through_a_subflow_that_asks_nothing_is_refused() -> None:
    quick = (
        "flow: quick\nstart: note\nnodes: {note: {type: tag, tags: {a: b}, next: out}, out: {type: return}}\n"
    )
    main = """
flow: main
start: round
answers: {home: {type: zip}}
nodes:
  ask: {type: collect, answer: home, prompt: ZIP?, next: round, exits: {noinput: round, nomatch: round}}
  round: {type: subflow, flow: lib/quick, next: again}
  again: {type: branch, cases: {known: home.state == "TX"}, next: round, exits: {known: ask}}
"""
    of = publish({"network.yaml": NETWORK, "main.yaml": main, "lib/quick.yaml": quick})
    assert any("round → again → round loops without ever waiting" in line for line in mistakes_of(of))


def test_a_campaign_without_buyers_sells_nothing() -> None:
    network = """
network: helpline
numbers: {"+15550100": {campaign: help}}
campaigns: {help: {flow: help}}
"""
    flow = "flow: help\nstart: bye\nnodes: {bye: {type: hangup}}\n"
    assert mistakes_of(publish({"network.yaml": network, "help.yaml": flow})) == []
    paid = network.replace("flow: help}", 'flow: help, payout: {amount: "5.00"}}')
    (found,) = mistakes_of(publish({"network.yaml": paid, "help.yaml": flow}))
    assert found == (
        "network.yaml:4:32: campaign 'help': it pays its publishers, but it has no buyers; "
        "add its buyers, or remove 'payout'"
    )
    find = "find: {type: choose_buyer, next: bye, exits: {none: bye}}"
    chooses = f"flow: help\nstart: find\nnodes: {{{find}, bye: {{type: hangup}}}}\n"
    (found,) = mistakes_of(publish({"network.yaml": network, "help.yaml": chooses}))
    assert found == (
        "network.yaml:4:13: campaign 'help': it has no buyers, but node 'find' of its flow chooses one; "
        "add 'buyers: […]'"
    )


def test_a_sensitive_answer_is_no_parameter() -> None:
    main = MAIN.replace(
        "answers: {zip: {type: zip}}", "answers: {code: {type: digits, length: 4, sensitive: true}}"
    )
    main = main.replace("returns: {zip: zip}", "returns: {zip: other_home}").replace("and {{ zip }}", "")
    main = main.replace("next: where\n", "next: ask\n").replace(
        "compute: {trade: home.city}", "compute: {trade: code}"
    )
    main += "  ask: {type: collect, answer: code, prompt: Code?, next: where, exits: {noinput: desk, nomatch: desk}}\n"
    (found,) = mistakes_of(published(main))
    assert found.endswith(
        "node 'other': this reads 'code', which is sensitive, and parameters aren't masked; "
        "let that flow ask for it, or decide here and pass the outcome"
    )

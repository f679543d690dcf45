"""Circles: a flow that `check` lets pass never runs a silent caller round and round."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from engine.language.mistakes import Mistakes
from engine.language.namings import keyed_by
from engine.language.revisions import Published, publish
from engine.language.schemas import schemas
from engine.language.stories.story import StoryWorld, read_stories
from engine.language.yaml.documents import load
from engine.nodes.rounds import CALLS, CHOOSES, IDLE, SILENCE, WAITS
from engine.nodes.settings import ExitName
from engine.nodes.types import NODE_TYPES
from engine.rehearsal.stories import StoryResult, run_story

NETWORK = """
network: small
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: main, buyers: [one]}}
lookups: {hosts: [api.example.com]}
buyers: {one: {to: "+15550111", price: "1"}}
"""
QUALIFY = """
flow: qualify
start: ask
parameters: {trade: {type: text}}
returns: [area]
answers: {area: {type: zip}}
nodes:
  ask: {type: collect, answer: area, prompt: "ZIP?", next: done, exits: {noinput: none, nomatch: none}}
  done: {type: return}
  none: {type: return, exit: no_answer}
"""
ANSWERS = """
answers:
  zip: {type: zip}
  need: {type: choice, options: {repair: {key: "1"}, replace: {key: "2"}}}
  agreed: {type: yes_no}
"""
ENDLESS = "loops without ever waiting for the caller"


def published(nodes: Mapping[str, object], **lib: str) -> Published:
    """A flow of these nodes, which begins at `a`; `lib` are its subflows."""
    flow = f"flow: main\nstart: a\n{ANSWERS}nodes: {json.dumps(nodes)}\n"
    return publish(
        {"network.yaml": NETWORK, "main.yaml": flow, "lib/qualify.yaml": QUALIFY}
        | {f"lib/{name}.yaml": text for name, text in lib.items()}
    )


def complaints(found: Published) -> list[str]:
    return [mistake.message for mistake in found.mistakes if mistake.severity == "error"]


def circles(found: Published) -> list[str]:
    """The circles that are refused; nothing else is wrong."""
    return [message.partition(f" {ENDLESS}")[0] for message in complaints(found)]


def silent_call(found: Published) -> StoryResult:
    """A caller who says and presses nothing."""
    document, _ = load("stories: {silent: {expect: {ended_by: flow}}}", "silent.stories.yaml")
    assert document is not None
    (story,) = read_stories(document, StoryWorld(), Mistakes())
    return run_story(story, found)


def twin(kind: str, other: str) -> dict[str, object]:
    """A node of the type as its schema's example has it, whose every exit leads to the other."""
    schema: Any = schemas()[f"nodes/{kind}.schema.json"]
    settings = {**schema["examples"][0], "type": kind}
    settings.pop("next", None)
    settings.pop("exits", None)
    made = NODE_TYPES[kind]
    exits = list(made.EXITS)
    if "next" in schema["properties"]:
        settings["next"] = other
    for setting in keyed_by(made, ExitName):
        exits += list(settings[setting])
    if kind == "subflow":
        exits.append("no_answer")
    leads = {name: other for name in exits if name not in (made.EXIT_OF_NEXT, "next")}
    return {**settings, **({"exits": leads} if leads else {})}


@pytest.mark.parametrize("kind", NODE_TYPES)
def test_two_of_a_type_that_lead_to_each_other_wait_for_somebody_or_are_refused(kind: str) -> None:
    ask = {"type": "collect", "prompt": "?", "next": "a", "exits": {"noinput": "a", "nomatch": "a"}}
    asked = {name: {**ask, "answer": answer} for name, answer in (("ask_zip", "zip"), ("ask_need", "need"))}
    found = published({"a": twin(kind, "b"), "b": twin(kind, "a"), **asked})
    wrong = complaints(found)
    if any(ENDLESS in message for message in wrong) or NODE_TYPES[kind].returns_by({}) is not None:
        return
    assert [message for message in wrong if "chooses none" not in message] == []
    if not wrong:
        call = silent_call(found)
        assert call.duration_ms >= 1_000 * len(call.path), "the call ran, and nobody was waited for"


@pytest.mark.parametrize("kind", NODE_TYPES)
def test_every_type_says_of_each_exit_whether_it_idles(kind: str) -> None:
    made = NODE_TYPES[kind]
    named = ["an exit of its settings"] if keyed_by(made, ExitName) else []
    for exit_ in (*made.EXITS, *named):
        assert made.idles(exit_, {}) in (IDLE, SILENCE, WAITS, CHOOSES, CALLS)


CONSENT = {"type": "consent", "answer": "agreed", "version": "1", "wording": "Stay on.", "implied": True}
LOOKUP = {"type": "lookup", "url": "https://api.example.com/x", "answers": {"zip": "zip"}}


def test_two_implied_consents_that_lead_to_each_other_are_a_circle() -> None:
    found = published({"a": {**CONSENT, "next": "b"}, "b": {**CONSENT, "next": "a"}})
    assert circles(found) == ["a → b → a"]


def test_two_consents_that_are_asked_for_wait_for_the_caller() -> None:
    asked = {**CONSENT, "implied": False, "exits": {"refused": "bye", "noinput": "bye", "nomatch": "bye"}}
    nodes = {"a": {**asked, "next": "b"}, "b": {**asked, "next": "a"}, "bye": {"type": "hangup"}}
    assert complaints(published(nodes)) == []


@pytest.mark.parametrize("exit_", ["next", "failed", "timeout", "notfound"])
def test_a_lookup_that_leads_to_itself_is_a_circle(exit_: str) -> None:
    leads = {"next": "bye", "failed": "bye", "timeout": "bye", "notfound": "bye", exit_: "a"}
    next_ = leads.pop("next")
    nodes = {"a": {**LOOKUP, "next": next_, "exits": leads}, "bye": {"type": "hangup"}}
    assert circles(published(nodes)) == ["a → a"]


def test_a_subflow_that_may_be_passed_is_a_circle_by_that_exit_alone() -> None:
    maybe = """
flow: maybe
start: fork
answers: {area: {type: zip}}
nodes:
  fork: {type: branch, cases: {known: call.hour == 1}, next: ask, exits: {known: quick}}
  ask: {type: collect, answer: area, prompt: "ZIP?", next: done, exits: {noinput: done, nomatch: done}}
  quick: {type: return, exit: quick}
  done: {type: return}
"""
    enter = {"type": "subflow", "flow": "lib/maybe"}
    bye = {"type": "hangup"}
    by_asking = {"a": {**enter, "next": "a", "exits": {"quick": "bye"}}, "bye": bye}
    by_passing = {"a": {**enter, "next": "bye", "exits": {"quick": "a"}}, "bye": bye}
    assert complaints(published(by_asking, maybe=maybe)) == []
    assert circles(published(by_passing, maybe=maybe)) == ["a → a"]


def test_a_subflow_that_sells_and_finds_nobody_is_no_circle_worth_entering_again() -> None:
    sell = """
flow: sell
start: find
nodes:
  find: {type: choose_buyer, next: connect, exits: {none: nobody}}
  connect: {type: bridge, next: done, exits: {busy: find, noanswer: find, failed: find}}
  nobody: {type: return, exit: nobody}
  done: {type: return}
"""
    enter = {"type": "subflow", "flow": "lib/sell"}
    again = {"a": {**enter, "next": "bye", "exits": {"nobody": "a"}}, "bye": {"type": "hangup"}}
    assert circles(published(again, sell=sell)) == ["a → a"]

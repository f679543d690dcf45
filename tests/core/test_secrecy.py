"""Sensitivity follows a value: what is made of a secret is one, and what compares it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.behaviour import BEHAVIOUR, FINDS_PARTS_OF_SECRETS
from engine.core.call import Call
from engine.core.commands import Command, Play, Record
from engine.core.conditions import Value
from engine.core.events import CALLER, CallArrived
from engine.core.facts import Answer, Tag, ZipRead
from engine.core.filters import FILTERS
from engine.core.journal import to_json
from engine.core.machine import CallMachine
from engine.core.prompts import PromptItem
from engine.core.records import changed
from engine.core.replay import replay
from engine.core.salted import salted_digest
from engine.core.sayers import sayer
from engine.core.secrecy import Secrecy
from engine.language.kept.reading import read_kept
from engine.language.revisions import Checked, check_all
from engine.rehearsal.stories import run_story

NETWORK = """
network: secret
zone: America/Chicago
numbers: {"+15550100": {campaign: c, publisher: p}}
publishers: {p: {name: P, parameters: {secret: PUBSEC, answers: {ssn: ssn, home: home}}}}
campaigns: {c: {flow: f, buyers: [a]}}
buyers: {a: {to: "+15550111", price: "45.00", accepts: 'copy != "1"', billable: {after: 1s}}}
"""
FLOW: dict[str, Any] = {
    "flow": "f",
    "start": "ask",
    "answers": {
        "ssn": {"type": "digits", "length": 9, "sensitive": True},
        "home": {"type": "zip", "sensitive": True},
        "is_owner": {"type": "yes_no", "sensitive": True},
        "copy": {"type": "digits", "length": 9},
        "area": {"type": "zip"},
        "is_old": {"type": "yes_no"},
        "owns": {"type": "yes_no"},
    },
    "nodes": {
        "ask": {
            "type": "collect",
            "answer": "is_owner",
            "prompt": "Do you own it?",
            "next": "make",
            "exits": {"noinput": "find", "nomatch": "find"},
        },
        "make": {"type": "set", "compute": {}, "next": "mark"},
        "mark": {"type": "tag", "tags": {"note": "about {{ copy }}"}, "next": "find"},
        "find": {"type": "choose_buyer", "next": "connect", "exits": {"none": "bye"}},
        "connect": {
            "type": "bridge",
            "whisper": "Lead {{ copy | digits }}. Press 1.",
            "accept": {"key": "1"},
            "reveal": [],
            "next": "bye",
            "exits": dict.fromkeys(("busy", "noanswer", "rejected", "failed"), "bye"),
        },
        "bye": {"type": "hangup"},
    },
}
STORY = """
stories:
  told:
    call: {parameters: {ssn: "830519274", home: "78701"}}
    caller: [{keys: "1"}]
    expect: {ended_by: flow}
"""
SSN = "830519274"


def flow(compute: dict[str, str], reveal: tuple[str, ...]) -> str:
    nodes = FLOW["nodes"]
    make, connect = {**nodes["make"], "compute": compute}, {**nodes["connect"], "reveal": list(reveal)}
    return json.dumps({**FLOW, "nodes": {**nodes, "make": make, "connect": connect}})


def checked(folder: Path, compute: dict[str, str], reveal: tuple[str, ...] = ()) -> Checked:
    """The network whose flow computes this, and reveals that to whoever picks up."""
    for name, text in (("network", NETWORK), ("f", flow(compute, reveal)), ("f.stories", STORY)):
        (folder / f"{name}.yaml").write_text(text)
    return check_all(folder)


def played(network: Checked) -> tuple[Call, tuple[Command, ...]]:
    """The call of the story, with all that was commanded; its replay is the same."""
    revision = network.published.revision
    assert revision is not None, [str(mistake) for mistake in network.mistakes]
    journal = list(run_story(network.stories[0], network.published).journal)
    again = replay(journal, revision)
    assert again.difference is None
    assert again.machine.call is not None
    return again.machine.call, tuple(command for some in again.commands for command in some)


def fed(network: Checked, **first: object) -> tuple[Call, tuple[Command, ...]]:
    """What the machine makes of the story's events, the first of which is another."""
    assert network.published.revision is not None
    machine = CallMachine(network.published.revision)
    commands: list[Command] = []
    for entry in run_story(network.stories[0], network.published).journal:
        is_first = isinstance(entry.event, CallArrived)
        commands += machine.receive(changed(entry.event, **first) if is_first else entry.event)
    assert machine.call is not None
    return machine.call, tuple(commands)


def answers(commands: tuple[Command, ...]) -> dict[str, Answer]:
    facts = [command.fact for command in commands if isinstance(command, Record)]
    return {fact.name: fact for fact in facts if isinstance(fact, Answer)}


@pytest.mark.parametrize(
    ("made", "expression", "is_secret"),
    [
        ("copy", "ssn", True),
        ("copy", 'ssn.startsWith("8") ? "111111111" : "222222222"', True),
        ("copy", '"333333333"', False),
        ("area", "home", True),
        ("is_old", 'ssn.startsWith("8")', False),
        ("is_old", 'home.state == "TX"', False),
        ("owns", "is_owner", True),
        ("owns", "!is_owner", True),
        ("owns", 'is_owner || ssn == "1"', True),
    ],
)
def test_what_is_made_of_a_secret_is_one(tmp_path: Path, made: str, expression: str, is_secret: bool) -> None:
    call, commands = played(checked(tmp_path, {made: expression}, ("copy",)))
    assert answers(commands)[made].sensitive is is_secret
    assert call.secrecy.hides(made) is is_secret
    written = json.dumps([to_json(command) for command in commands])
    assert SSN not in written
    assert '"TX"' not in written


def test_what_is_made_of_a_secret_zip_code_leaves_no_row_of_it_in_the_journal(tmp_path: Path) -> None:
    _, commands = played(checked(tmp_path, {"area": "home"}, ("copy",)))
    assert answers(commands)["area"].value == "78701"
    assert [each for each in commands if isinstance(each, Record) and isinstance(each.fact, ZipRead)] == []


def test_an_answer_is_a_secret_only_for_as_long_as_it_is_made_of_one(tmp_path: Path) -> None:
    network = checked(tmp_path, {"copy": "ssn"}, ("copy",))
    call, _ = played(network)
    understood = call.answer_type("copy").understand_value("444444444")
    assert understood is not None
    call.learn("copy", understood, raw="444444444", mode="flow")
    assert not call.secrecy.hides("copy")
    assert call.secrecy.hides("ssn")


def test_clauses_show_how_they_came_out_and_not_what_they_read(tmp_path: Path) -> None:
    _, commands = played(checked(tmp_path, {"copy": "ssn"}, ("copy",)))
    written = [to_json(each) for each in commands if isinstance(each, Record)]
    (decision,) = [each["fact"] for each in written if each["fact"]["type"] == "Decision"]  # type: ignore[index,call-overload]
    clause = decision["candidates"][0]["clauses"][0]  # type: ignore[index,call-overload]
    assert (clause["outcome"], clause["values"]) == (True, {"copy": "•••"})  # type: ignore[index,call-overload]


def test_tags_are_masked(tmp_path: Path) -> None:
    _, commands = played(checked(tmp_path, {"copy": "ssn"}, ("copy",)))
    tags = [each.fact for each in commands if isinstance(each, Record) and isinstance(each.fact, Tag)]
    assert [tag.value for tag in tags] == ["about •••"]


def whispers(commands: tuple[Command, ...]) -> list[str]:
    return [
        " ".join(item.text for item in each.items if isinstance(item, PromptItem))
        for each in commands
        if isinstance(each, Play) and each.leg != CALLER
    ]


def test_a_whisper_says_a_secret_only_where_it_is_revealed(tmp_path: Path) -> None:
    network = checked(tmp_path, {"copy": "ssn"}, ("copy",))
    assert whispers(played(network)[1]) == [f"Lead {FILTERS['digits'](SSN, sayer('en-US'))}. Press 1."]
    refused = checked(tmp_path, {"copy": "ssn"})
    why = "which is sensitive because it's computed from 'ssn'; take it out, or add 'reveal: [copy]'"
    told = [str(mistake).partition(": ")[2] for mistake in refused.mistakes if mistake.severity == "error"]
    assert told == [f"node 'connect': 'whisper' tells whoever picks up 'copy', {why}"]


def test_what_is_not_revealed_is_left_out_of_a_whisper_that_nobody_checked(tmp_path: Path) -> None:
    refused = checked(tmp_path, {"copy": "ssn"})
    allowed = checked(tmp_path, {"copy": "ssn"}, ("copy",))
    files = {"network.yaml": NETWORK, "f.yaml": flow({"copy": "ssn"}, ())}
    assert refused.published.revision is None
    machine = CallMachine(read_kept(files))
    commands = [
        command
        for entry in run_story(allowed.stories[0], allowed.published).journal
        for command in machine.receive(entry.event)
    ]
    assert whispers(tuple(commands)) == ["Lead. Press 1."]


def test_a_salted_digest_stands_for_what_the_publisher_sent(tmp_path: Path) -> None:
    network = checked(tmp_path, {"copy": "ssn"}, ("copy",))
    digests = set()
    for salt in ("aa" * 16, "bb" * 16):
        call, _ = fed(network, salt=salt)
        source = call.answers["ssn"].source
        assert source is not None
        digests.add(source.sha256)
        assert call.secrecy.digest_of("x") == salted_digest("x", salt)
        assert call.secrecy.digest_of("") == ""
    assert len(digests) == 2


def test_a_call_from_before_keeps_secret_what_is_declared_and_nothing_else(tmp_path: Path) -> None:
    network = checked(tmp_path, {"copy": "ssn"}, ("copy",))
    call, commands = fed(network, behaviour=2)
    assert call.secrecy.digest_of("x") == "x"
    assert {name: answer.sensitive for name, answer in answers(commands).items()} == {
        "ssn": True,
        "home": True,
        "is_owner": True,
        "copy": False,
    }


def echoed(value: Value, told: Value, behaviour: int = BEHAVIOUR) -> bool:
    whose = {"carrier": "c", "carrier_call": "CA1", "caller_number": "", "called_number": "+15550100"}
    arrived = CallArrived(at=0, call="1", started_at=0, seed=0, behaviour=behaviour, **whose)
    return Secrecy({}, frozenset(), arrived).echoes(value, [told])


@pytest.mark.parametrize(
    ("value", "told", "is_secret"),
    [
        ("830-51-9274", SSN, True),
        ("*****9274", SSN, True),
        (9274, SSN, True),
        ("ANNA of Austin", "anna@example.com", True),
        ("TX 40", "40", False),
        ("827 and 419", SSN, False),
        (True, True, False),
        (True, "it is true", False),
        ("True North", True, False),
    ],
)
def test_what_gives_back_a_part_of_a_secret_is_one(value: Value, told: Value, is_secret: bool) -> None:
    assert echoed(value, told) is is_secret


def test_calls_of_before_hold_secret_what_gives_all_of_it_back() -> None:
    assert not echoed("830-51-9274", SSN, FINDS_PARTS_OF_SECRETS - 1)
    assert echoed(f"SSN {SSN}", SSN, FINDS_PARTS_OF_SECRETS - 1)
    assert echoed(True, True, FINDS_PARTS_OF_SECRETS - 1)

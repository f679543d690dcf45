"""Answers that come in another order than the alphabet's: a file of evidence keeps none, and holds all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.core.events import CallArrived
from engine.core.machine import CallMachine
from engine.core.records import changed
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import Report, verify
from engine.language.revisions import Checked, check_all
from engine.rehearsal.stories import run_story
from engine.store.store import Store
from tests.evidence.evidence_world import START

NETWORK_FILE = """
network: ordered
zone: America/Chicago
numbers: {"+15550100": {campaign: c, publisher: p}}
publishers: {p: {name: P, parameters: {secret: PUBSEC, answers: {zip: zip, age: age, born: born}}}}
lookups: {hosts: [api.example.com]}
campaigns: {c: {flow: f, buyers: [a]}}
buyers: {a: {to: "+15550111", price: "45.00", billable: {after: 1s}}}
"""
FLOW = """
flow: f
start: look
answers:
  zip: {type: zip}
  age: {type: number}
  born: {type: number, min: 1900, max: 2026}
  dob: {type: date}
  account: {type: digits, length: 9}
nodes:
  look:
    type: lookup
    url: https://api.example.com/look
    sends: {z: zip}
    answers: {dob: born, account: account}
    next: find
    exits: {failed: bye, timeout: bye, notfound: bye}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, failed: bye}}
  bye: {type: hangup, say: Bye.}
"""
STORY = """
stories:
  told:
    call: {parameters: {zip: "78701", born: "old", age: "44"}}
    lookups: {look: {dob: "1982-03-04", account: "123456789"}}
    expect: {ended_by: flow}
"""


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    folder = tmp_path / "network"
    folder.mkdir()
    for name, text in (("network", NETWORK_FILE), ("f", FLOW), ("f.stories", STORY)):
        (folder / f"{name}.yaml").write_text(text)
    return check_all(folder)


async def proven(folder: Path, checked: Checked, behaviour: int) -> Report:
    """The check of the whole file of a call that ran under this behaviour."""
    revision = checked.published.revision
    assert revision is not None
    events = [entry.event for entry in run_story(checked.stories[0], checked.published).journal]
    async with await Store.open(f"sqlite:///{folder}/c.db", "w", lambda: START) as store:
        await store.keep_revision(revision.id, checked.published.files)
        machine = CallMachine(revision)
        for seq, happened in enumerate(events):
            is_first = isinstance(happened, CallArrived)
            event = changed(happened, call="call-1", behaviour=behaviour) if is_first else happened
            store.append("call-1", seq, event)
            store.append_commands("call-1", seq, machine.receive(event))
        await store.flush("call-1")
        dossier = dossier_of(await collect(store, "call-1"))
    document = signed_evidence(dossier, signing_key(folder / "key.pem"), NETWORK, made_at=START)
    return verify(read_evidence(json.dumps(document)))


@pytest.mark.parametrize("behaviour", [1, 2, 3])
async def test_honest_evidence_holds_whatever_the_order_of_its_answers(
    tmp_path: Path, checked: Checked, behaviour: int
) -> None:
    report = await proven(tmp_path, checked, behaviour)
    assert [each.sentence for each in report.findings if each.outcome != "holds"] == []
    assert "replayed" in [each.code for each in report.findings]


def test_parameters_are_taken_in_the_order_of_the_networks_file(checked: Checked) -> None:
    revision = checked.published.revision
    assert revision is not None
    journal = run_story(checked.stories[0], checked.published).journal
    arrived = journal[0].event
    assert isinstance(arrived, CallArrived)
    again = {name: arrived.parameters[name] for name in reversed(arrived.parameters)}
    first, second = CallMachine(revision), CallMachine(revision)
    assert first.receive(arrived) == second.receive(changed(arrived, parameters=again))
    assert first.call is not None
    assert list(first.call.answers) == ["zip", "age"]

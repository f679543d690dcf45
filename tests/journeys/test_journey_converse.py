"""Whole calls in which a pipecat model talks, over real sockets: what it fills, and what becomes of its death."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.model_events import ModelFailed, ModelReplied
from engine.evidence.collecting import collect
from engine.evidence.dossier import dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.rehearsal.loopback import BuyerPhone, Caller
from tests.journeys.journey_world import House, open_house
from tests.journeys.speaking import AMPLE_MS, Turn, events_of, patient
from tests.media.speech.scripted_model import DIES, ScriptedModel, setting
from tests.spoken import words

ROOF = "I need a new roof"
BUYER = "+15550111"

NETWORK = """
network: talkers
models: [assistant]
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: roofing, buyers: [lonestar]}}
buyers:
  lonestar: {to: "+15550111", price: "45.00", accepts: zip.state == "TX", billable: {after: 2s, requires: [zip, need]}}
"""
FLOW = """
flow: roofing
start: talk
answers:
  zip: {type: zip}
  need:
    type: choice
    options:
      repair: {key: "1", phrases: [repair, leak]}
      replace: {key: "2", phrases: [new roof], say: a new roof}
nodes:
  talk:
    type: converse
    model: assistant
    prompt: What can I do for your roof?
    instructions: Find out what the roof needs, and the ZIP code.
    answers: [need, zip]
    reply_timeout: 20s
    else: ask_zip
    next: find
    exits: {noinput: bye, nomatch: bye}
  ask_zip: {type: collect, answer: zip, prompt: Your ZIP?, next: ask_need, exits: {noinput: bye, nomatch: bye}}
  ask_need: {type: collect, answer: need, prompt: "Repair, or a new roof?", next: find, exits: {noinput: bye, nomatch: bye}}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye, exits: {busy: bye, noanswer: bye, rejected: bye, failed: bye}}
  bye: {type: hangup, say: Goodbye.}
"""


def reply(say: str, *fills: tuple[str, str, str]) -> str:
    members = [dict(zip(("answer", "value", "quote"), each, strict=True)) for each in fills]
    return json.dumps({"say": say, "fills": members, "leave": ""})


@contextlib.asynccontextmanager
async def talking_house(folder: Path, *replies: str, **more: Any) -> AsyncIterator[House]:
    flows = folder / "flows"
    flows.mkdir()
    (flows / "network.yaml").write_text(NETWORK)
    (flows / "roofing.yaml").write_text(FLOW)
    patient(flows)
    ScriptedModel.asked.clear()
    known: dict[str, Any] = {
        "speed": 1.0,
        "speech": "auto",
        "speech_deadline_ms": AMPLE_MS,
        "patience_s": 120,
        "models": setting(*replies),
    }
    async with open_house(folder, flows, **{**known, **more}) as house:
        house.carrier.buyer(BUYER, BuyerPhone.answers(after_s=0.2, presses=(), talk_s=3))
        yield house


@pytest.fixture
async def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    monkeypatch.setenv("CORDBOARD_SECRET_MODEL", "k3y")
    return await words(ROOF)


def _says(house: House, said: dict[str, bytes]) -> Caller:
    """Hears the opening out, says what the roof needs, and hears what the model says to that."""
    return Caller().then(Turn(house)).says(said[ROOF]).waits_until_prompt_ends()


async def test_a_model_talks_and_the_call_is_sold_billed_and_proven_without_it(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    replies = (
        reply("Gladly. In which ZIP code is it?", ("need", "replace", "new roof")),
        reply("Thank you.", ("zip", "78701", "78701")),
    )
    async with talking_house(tmp_path, *replies) as house:
        events = events_of(house)
        await house.call(_says(house, said).presses("78701#").stays_until_end())
        shown = await house.shown()
        await house.all_replay()
        dossier = dossier_of(await collect(house.engine.store, shown["call"]))
    assert [step["node"] for step in shown["path"]] == ["talk", "find", "connect", "bye"]
    answers = shown["answers"]
    assert {name: each["value"] for name, each in answers.items()} == {"need": "replace", "zip": "78701"}
    assert [answers[name]["mode"] for name in ("need", "zip")] == ["voice", "keys"]
    assert answers["need"]["filled"] == {"model": "assistant", "is_alike": True, "is_read_back": False}
    assert "new roof" in answers["need"]["words"]
    assert shown["verdicts"][0]["billable"] is True
    assert len(ScriptedModel.asked) == len([one for one in events if isinstance(one, ModelReplied)]) == 2
    proof = json.dumps(signed_evidence(dossier, signing_key(tmp_path / "key.pem"), "network", made_at=0))
    report = verify(read_evidence(proof))
    assert report.holds
    assert "replayed" in [each.code for each in report.findings]
    assert len(ScriptedModel.asked) == 2
    assert "k3y" not in proof


async def test_a_model_that_lies_and_then_dies_leaves_the_call_to_the_graph(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    lie = reply("So you are in Dallas.", ("zip", "75201", "I live in Dallas"))
    async with talking_house(tmp_path, lie, DIES) as house:
        events = events_of(house)
        caller = _says(house, said).presses("78701").waits_until_prompt_ends().presses("2").stays_until_end()
        await house.call(caller)
        shown = await house.shown()
        await house.all_replay()
    assert [step["node"] for step in shown["path"]] == [
        "talk",
        "ask_zip",
        "ask_need",
        "find",
        "connect",
        "bye",
    ]
    assert {name: each["value"] for name, each in shown["answers"].items()} == {
        "need": "replace",
        "zip": "78701",
    }
    assert not [each for each in shown["answers"].values() if "filled" in each]
    assert [turn["code"] for turn in shown["turns"]] == ["fill_refused", "model_given_up"]
    assert [type(one) for one in events if isinstance(one, ModelReplied | ModelFailed)] == [
        ModelReplied,
        ModelFailed,
    ]
    assert "Dallas" in ScriptedModel.asked[1][1] or "not_said" in ScriptedModel.asked[1][1]
    assert shown["verdicts"][0]["billable"] is True


async def test_without_ears_nobody_talks_to_a_model(tmp_path: Path, said: dict[str, bytes]) -> None:
    async with talking_house(tmp_path, DIES, speech="off") as house:
        await house.call(Caller.keys(["78701", "2"]))
        shown = await house.shown()
        await house.all_replay()
    assert ScriptedModel.asked == []
    assert shown["turns"][0]["code"] == "model_given_up"
    assert shown["answers"]["need"]["value"] == "replace"

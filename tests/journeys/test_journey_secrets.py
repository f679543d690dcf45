"""A sensitive answer is used in its call and found nowhere afterwards; the call still replays."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from engine.rehearsal.loopback import Caller
from tests.journeys.journey_world import CALLER, LONESTAR, answering, open_house

SECRET = "830519274"
TOLD = (SECRET, " ".join(SECRET), "eight three oh five one nine")
"""The number, and how prompts say it."""

NETWORK = """
network: bank-line
currency: USD
numbers:
  "+15550100": {campaign: cards, publisher: radio-tx}
publishers:
  radio-tx: {name: Radio Texas}
campaigns:
  cards:
    flow: cards
    buyers: [issuer]
    payout: {amount: "1.00", after: 1s, timer_from: bridged}
buyers:
  issuer: {name: Issuer, to: "+15550111", price: "2.00", billable: {after: 1s, timer_from: bridged}}
"""

FLOW = """
flow: cards
language: en-US
start: ask_number
answers:
  number: {type: digits, length: 9, sensitive: true}
exits: {noinput: bye, nomatch: bye}
nodes:
  ask_number:
    type: collect
    answer: number
    prompt: Please enter your nine digit number.
    confirm: always
    next: split
  split:
    type: branch
    cases:
      known: number != "000000000"
    next: bye
    exits: {known: find}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect:
    type: bridge
    whisper: Somebody with a number ending in {{ number | digits }}.
    accept: {key: "1"}
    reveal: [number]
    next: bye
    exits: {busy: bye, noanswer: bye, rejected: bye, failed: bye}
  bye: {type: hangup, say: Goodbye.}
"""


async def test_a_sensitive_answer_leaves_no_trace_and_the_call_replays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "network.yaml").write_text(NETWORK)
    (flows / "cards.yaml").write_text(FLOW)
    async with open_house(tmp_path, flows, api_token="let-me-in") as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=3))
        await house.call(Caller.keys([SECRET, "1"]), from_=CALLER)
        shown = await house.shown()
        assert [(step["node"], step["exit"]) for step in shown["path"]][:2] == [
            ("ask_number", "next"),
            ("split", "known"),
        ]
        assert shown["answers"]["number"]["sensitive"]
        assert [leg["outcome"] for leg in shown["legs"]] == ["completed"]  # who heard the number's digits
        answer = await house.get(f"/api/v1/calls/{shown['call']}", "let-me-in")
        assert SECRET not in answer.text
        assert SECRET not in json.dumps(shown)
        assert await house.all_replay() == 1
        seen_while_running = b"".join(path.read_bytes() for path in tmp_path.glob("cordboard.db*"))
    seen_after = b"".join(
        path.read_bytes() for path in tmp_path.rglob("*") if path.suffix != ".yaml" and path.is_file()
    )
    # websockets.client is the rehearsal's end of the line: it is the caller's own phone.
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "websockets.client")
    for told in TOLD:
        assert told.encode() not in seen_while_running
        assert told.encode() not in seen_after
        assert told not in logged
    assert '"dtmf"' not in logged

"""What a publisher sends and a web service finds is used in the call, and found nowhere afterwards."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from engine.core.events import CallArrived
from engine.evidence.collecting import collect
from engine.evidence.dossier import dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.rehearsal.loopback import Caller
from engine.runtime.outward.parameters import signed
from engine.store.seal import Seal
from tests.journeys.journey_world import CALLED, CALLER, LONESTAR, answering, open_house, voice_form
from tests.runtime.bidders import http, says, serving

SSN, ACCOUNT, BORN = "830519274", "718293645", "1961-05-23"
FOUND = {"acct": ACCOUNT, "dob": BORN, "again": SSN}
SECRETS = (SSN, ACCOUNT, BORN)
OWN_LOG = "cordboard"

NETWORK = """
network: desk
zone: America/Chicago
numbers: {"+15550100": {campaign: cards, publisher: radio-tx}}
publishers: {radio-tx: {name: Radio Texas, parameters: {secret: PUBSEC, answers: {ssn: ssn, plan: plan}}}}
lookups: {hosts: ["127.0.0.1:%(port)s"]}
campaigns: {cards: {flow: cards, buyers: [issuer]}}
buyers:
  issuer:
    to: "+15550111"
    price: "2.00"
    accepts: 'again != "1" && plan == "gold"'
    tell: {sends: [ssn, plan], reveal: [ssn, plan], webhook: {url: "http://127.0.0.1:%(port)s/pop"}}
    billable: {after: 1s, requires: [ssn, again]}
"""
FLOW = """
flow: cards
start: look
answers:
  ssn: {type: digits, length: 9, sensitive: true}
  dob: {type: date, sensitive: true}
  acct: {type: digits, length: 9, sensitive: true}
  plan: {type: choice, sensitive: true, options: {gold: {key: "1"}, silver: {key: "2"}}}
  again: {type: digits, length: 9}
  copy: {type: digits, length: 9}
nodes:
  look:
    type: lookup
    url: "http://127.0.0.1:%(port)s/look"
    sends: {z: ssn}
    reveal: [ssn]
    answers: {dob: dob, acct: acct, again: again}
    cache: 1h
    next: keep
    exits: {failed: bye, timeout: bye, notfound: bye}
  keep: {type: set, compute: {copy: acct}, next: mark}
  mark: {type: tag, tags: {about: "{{ copy }} {{ again }}"}, next: ask}
  ask: {type: collect, answer: ssn, prompt: Your number?, next: ask_plan, exits: {noinput: bye, nomatch: bye}}
  ask_plan: {type: collect, answer: plan, prompt: Which?, next: find, exits: {noinput: bye, nomatch: bye}}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect:
    type: bridge
    whisper: "Born {{ dob }}. Press 1."
    reveal: [dob]
    accept: {key: "1"}
    next: bye
    exits: {busy: bye, noanswer: bye, rejected: bye, failed: bye}
  bye: {type: hangup, say: Goodbye.}
"""


def sent_along(parameters: Mapping[str, str]) -> str:
    """A publisher's query, signed now."""
    told = {**parameters, "signature": signed(parameters, CALLED, "between us", int(time.time()))}
    return urlencode(told)


async def test_what_others_gave_leaves_no_trace_and_the_call_proves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDBOARD_SECRET_PUBSEC", "between us")
    caplog.set_level(logging.DEBUG, OWN_LOG)
    flows = tmp_path / "flows"
    flows.mkdir()
    async with serving(look=says(http(FOUND)), pop=says(http({}))) as services:
        (flows / "network.yaml").write_text(NETWORK % {"port": services.port})
        (flows / "cards.yaml").write_text(FLOW % {"port": services.port})
        async with open_house(tmp_path, flows, api_token="let-me-in") as house:
            house.carrier.buyer(LONESTAR, answering(talk_s=3))
            url = f"{house.voice_url}?{sent_along({'ssn': SSN, 'plan': 'gold'})}"
            await house.carrier.call(CALLER, CALLED, Caller.keys([]), voice_url=url)
            await house.quiet()
            shown = await house.shown()
            assert shown["legs"][0]["outcome"] == "completed"
            assert {name: answer["value"] for name, answer in shown["answers"].items()} == dict.fromkeys(
                ("ssn", "plan", "dob", "acct", "again", "copy"), "•••"
            )
            assert await house.all_replay() == 1
            answer = await house.get(f"/api/v1/calls/{shown['call']}", "let-me-in")
            dossier = dossier_of(await collect(house.engine.store, shown["call"]))
        asked = [parse_qs(urlsplit(each.path).query) for each in services.asked if each.path != "/pop"]
        assert asked == [{"z": [SSN]}]
        assert [each.json["answers"] for each in services.asked_of("pop")] == [{"ssn": SSN, "plan": "gold"}]
    proof = json.dumps(signed_evidence(dossier, signing_key(tmp_path / "key.pem"), "network", made_at=0))
    report = verify(read_evidence(proof), seal=Seal(next(tmp_path.glob("*.key"))))
    assert [each.sentence for each in report.findings if each.outcome == "fails"] == []
    assert "replayed" in [each.code for each in report.findings]
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    logged = [line.getMessage() for line in caplog.records if line.name.startswith(OWN_LOG)]
    bodies = json.dumps(read_evidence(proof).vcon)
    seen = b"\n".join(
        [*kept, json.dumps(shown).encode(), answer.content, *map(str.encode, (*logged, bodies))]
    )
    for secret in SECRETS:
        assert secret.encode() not in seen
    for guess in (json.dumps({"plan": "gold", "ssn": SSN}).encode(), json.dumps(FOUND).encode()):
        assert hashlib.sha256(guess).hexdigest().encode() not in seen


async def test_what_a_publisher_sent_with_a_caller_who_left_before_the_audio_is_sealed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORDBOARD_SECRET_PUBSEC", "between us")
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "network.yaml").write_text(NETWORK % {"port": 9})
    (flows / "cards.yaml").write_text(FLOW % {"port": 9})
    form = voice_form()
    async with open_house(tmp_path, flows) as house:
        await house.post(f"/carriers/twilio/voice?{sent_along({'ssn': SSN, 'plan': 'gold'})}", form)
        ended = {**form, "CallStatus": "completed", "CallDuration": "0"}
        await house.post("/carriers/twilio/status", ended)
        (line,) = await house.engine.store.calls(10)
        (entry,) = await house.engine.store.journal(line.record.call)
        assert isinstance(entry.event, CallArrived)
        assert entry.event.parameters == {"ssn": SSN, "plan": "gold"}
        assert await house.all_replay() == 1
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    assert not any(SSN.encode() in held for held in kept)

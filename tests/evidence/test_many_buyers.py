"""A buyer that lost among many sees why, in its own view; the network's file proves the whole choice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.core.json_values import JsonObject
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, Dossier, dossier_of
from engine.evidence.signing import SigningKey, signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import Report, verify
from engine.store.store import Store
from tests.runtime.kept_calls import START, kept_call
from tests.runtime.test_retelling import changes


@pytest.fixture
async def proof(tmp_path: Path) -> tuple[SigningKey, Dossier]:
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        call = await kept_call(store, changes=changes())
        return signing_key(tmp_path / "key.pem"), dossier_of(await collect(store, call))


def verified(dossier: Dossier, key: SigningKey, who: str) -> Report:
    return verify(read_evidence(json.dumps(signed_evidence(dossier, key, who, made_at=START))))


async def test_who_was_only_counted_sees_its_own_clauses(proof: tuple[SigningKey, Dossier]) -> None:
    key, dossier = proof
    assert len(dossier.parties) > 130
    head = dossier.bodies["decision/1"]
    assert isinstance(head, dict)
    assert head["others"], "the journal wrote some of them alone"
    view = read_evidence(json.dumps(signed_evidence(dossier, key, "buyer:b0", made_at=START)))
    own = view.bodies("decision")["1/b0"]
    assert (own["code"], own["is_chosen"]) == ("terms_not_met", False)
    assert own["clauses"][0]["outcome"] is False  # type: ignore[index, call-overload]
    told = json.dumps(view.vcon)
    assert "b1" not in {part.name.rpartition("/")[2] for part in view.parts}
    assert "lonestar" not in told
    for who in ("buyer:b0", "buyer:b1", "buyer:b129", NETWORK):
        report = verified(dossier, key, who)
        assert report.holds, (who, [each for each in report.findings if each.outcome == "fails"])


async def test_a_lie_about_one_of_the_counted_is_found_by_the_replay(
    proof: tuple[SigningKey, Dossier],
) -> None:
    key, dossier = proof
    name = "decision/1/b5"
    body = dossier.bodies[name]
    assert isinstance(body, dict)
    lie: JsonObject = {**body, "eligible": True, "code": "eligible", "details": {}}
    dossier.bodies[name] = lie
    found = [each.sentence for each in verified(dossier, key, NETWORK).findings if each.outcome == "fails"]
    assert "decision/1/b5.eligible: the file has True, but the journal gives False" in found
    assert not verified(dossier, key, "buyer:b5").holds
    assert verified(dossier, key, "buyer:b6").holds

"""Evidence of a practice call says so to everybody, and holds without a bill."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.accounts.rejudging import read_carrier_records
from engine.cli.verify import verify as verify_command
from engine.core.json_values import JsonObject
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import Report, verify
from engine.store.store import Store
from engine.store.tables.carrier_records import CarrierRecord
from tests.evidence.evidence_world import START, edit, forged, keep_story

STORY = "texas_replacement_goes_to_lonestar"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite:///{tmp_path}/calls.db", "w", lambda: START) as opened:
        await keep_story(opened, STORY, practice=True)
        yield opened


async def signed(store: Store, tmp_path: Path, who: str = NETWORK) -> JsonObject:
    key = signing_key(tmp_path / "key.pem")
    return signed_evidence(dossier_of(await collect(store, "call-1")), key, who, made_at=START)


def codes(report: Report, outcome: str) -> set[str]:
    return {each.code for each in report.findings if each.outcome == outcome}


@pytest.mark.parametrize("who", [NETWORK, "buyer:lonestar", "publisher:radio-tx"])
async def test_everybody_reads_that_it_was_practice(store: Store, tmp_path: Path, who: str) -> None:
    file = tmp_path / "call.json"
    file.write_text(json.dumps(await signed(store, tmp_path, who)))
    evidence = read_evidence(file.read_text())
    report = verify(evidence)
    assert evidence.is_practice
    assert report.holds, report.findings
    assert "practice" in codes(report, "holds")
    told = CliRunner().invoke(verify_command, [str(file)]).output
    assert "a practice call: it was judged like any other" in told
    assert "it was a practice call: nobody is billed for it" in told


async def test_that_it_was_none_does_not_follow_from_its_journal(store: Store, tmp_path: Path) -> None:
    document = await signed(store, tmp_path)
    report = verify(forged(document, edit("call", lambda body: body.pop("practice"))))
    assert "fact_differs" in codes(report, "fails")


async def test_a_carriers_other_time_corrects_nothing(store: Store) -> None:
    view = await store.call("call-1")
    assert view is not None
    assert view.verdicts[0].revenue_micros
    await store.keep_carrier_record(CarrierRecord("call-1", view.legs[0].leg, "twilio", 1_000, START))
    assert await read_carrier_records(store) == 0
    after = await store.call("call-1")
    assert after is not None
    assert after.ledger == ()
    assert after.carrier_records[0].finding is not None

"""Every call of an example has evidence that holds, for everybody who gets a view of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.language.revisions import check_all
from engine.store.seal import Seal
from engine.store.store import Store
from tests.evidence.evidence_world import START, keep_story


@pytest.mark.parametrize("vertical", ["roofing", "roofing_bilingual", "medicare", "rehab", "tax_relief"])
async def test_every_story_is_proven_to_every_party(vertical: str, tmp_path: Path) -> None:
    folder = Path("examples/flows") / vertical
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        for number, story in enumerate(check_all(folder).stories):
            dossier = dossier_of(
                await collect(store, await keep_story(store, story.name, folder, f"c{number}"))
            )
            for party in dossier.parties:
                document = signed_evidence(dossier, key, party, made_at=START)
                report = verify(read_evidence(json.dumps(document)), seal=Seal(tmp_path / "c.db.key"))
                assert report.holds, (story.name, party, report.findings)


async def test_what_is_sensitive_stays_sealed_and_is_replayed_with_its_key(tmp_path: Path) -> None:
    folder = Path("examples/flows/medicare")
    story = next(
        story for story in check_all(folder).stories if story.name == "medicaid_in_ohio_is_lakesides"
    )
    key = signing_key(tmp_path / "key.pem")
    database = tmp_path / "c.db"
    async with await Store.open(f"sqlite:///{database}", "w", lambda: START) as store:
        dossier = dossier_of(await collect(store, await keep_story(store, story.name, folder)))
    evidence = read_evidence(json.dumps(signed_evidence(dossier, key, NETWORK, made_at=START)))
    answers = evidence.bodies("answer")
    assert answers["other_plan"]["value"] == "•••"
    keyed = [entry["event"] for entry in evidence.bodies("journal").values()]
    assert all(
        str(event["key"]).startswith("sealed:")
        for event in keyed
        if event.get("leg") == "caller" and "key" in event
    )
    without_key = verify(evidence)
    assert without_key.holds
    assert [each.sentence for each in without_key.findings if each.what == "replay"] == [
        "a sensitive answer is sealed; the journal's key is needed to replay the call"
    ]
    with_key = verify(evidence, seal=Seal(Path(f"{database}.key")))
    assert with_key.holds
    made_here = [each for each in with_key.findings if not each.what.startswith("recording/")]
    assert all(each.outcome == "holds" for each in made_here)

"""Evidence tells which answers a model read into a caller's words, whether they were read back, and no more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.shown import given_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import Evidence, read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.language.revisions import check_all
from engine.store.store import Store
from tests.evidence.evidence_world import START, edit, forged, keep_story
from tests.shown import show_json

CONVERSING = Path("tests/rehearsal/conversing")
UNREAD = "an_unread_fill_does_not_satisfy_terms_that_want_a_heard_question"
READ_BACK = "a_fill_that_was_read_back_and_affirmed_does"


async def test_every_story_of_a_model_is_proven_to_every_party(tmp_path: Path) -> None:
    """The proof's check replays the call, and asks no model."""
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        for number, story in enumerate(check_all(CONVERSING).stories):
            kept = await keep_story(store, story.name, CONVERSING, f"c{number}")
            dossier = dossier_of(await collect(store, kept))
            for party in dossier.parties:
                report = verify(_read(signed_evidence(dossier, key, party, made_at=START)))
                assert report.holds, (story.name, party, report.findings)
                if party == NETWORK:
                    assert "replayed" in [each.code for each in report.findings]


@pytest.mark.parametrize(("story", "is_read_back"), [(UNREAD, False), (READ_BACK, True)])
async def test_the_proof_says_what_was_read_back_and_pays_for_no_more(
    tmp_path: Path, story: str, is_read_back: bool
) -> None:
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        kept = await keep_story(store, story, CONVERSING)
        dossier = dossier_of(await collect(store, kept))
        view = await store.call(kept)
    assert view is not None
    shown = show_json(view)
    zip_shown = shown["answers"]["zip"]
    assert zip_shown["filled"]["model"] == "assistant"
    assert zip_shown["filled"]["is_read_back"] is zip_shown["confirmed"] is is_read_back
    assert zip_shown["words"] == "78701"
    assert zip_shown["raw"].endswith("78701")
    document = signed_evidence(dossier, key, "buyer:redriver", made_at=START)
    evidence = _read(document)
    (answer,) = given_of(evidence)["zip"]
    assert answer.filled is not None
    assert (answer.filled.model, answer.filled.is_read_back) == ("assistant", is_read_back)
    (verdict,) = shown["verdicts"]
    assert verdict["billable"] is is_read_back
    heard = [clause for clause in verdict["clauses"] if "heard" in clause["clause"]]
    assert {clause["outcome"] for clause in heard} == {"true" if is_read_back else "false"}
    claims_more = edit("answer/zip", lambda body: body.update(hearing=None, filled=None))
    assert not verify(forged(document, claims_more)).holds


def _read(document: object) -> Evidence:
    return read_evidence(json.dumps(document))

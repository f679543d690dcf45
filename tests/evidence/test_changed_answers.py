"""Evidence shows an answer that was given again as it was when each clause was judged, and as it is now."""

from __future__ import annotations

import json
from pathlib import Path

from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.shown import given_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.store.store import Store
from tests.evidence.evidence_world import START, edit, forged
from tests.runtime.changed_answers import ANSWERS, ASKS_AGAIN, REPAIR
from tests.runtime.kept_calls import kept_call


async def test_file_and_view_show_both_and_hold(tmp_path: Path) -> None:
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/e.db", "worker-1", lambda: START) as store:
        await kept_call(store, acts=(*ANSWERS, REPAIR), changes=ASKS_AGAIN)
        dossier = dossier_of(await collect(store, "call-1"))
    views = {who: signed_evidence(dossier, key, who, made_at=START) for who in (NETWORK, "buyer:lonestar")}
    for document in views.values():
        evidence = read_evidence(json.dumps(document))
        assert [answer.value for answer in given_of(evidence)["need"]] == ["replace", "repair"]
        report = verify(evidence)
        assert report.holds, [each.sentence for each in report.findings if each.outcome == "fails"]
    lied = edit("answer/need/earlier/1", lambda body: body.update(values={"need": "repair"}))
    found = {finding.code for finding in verify(forged(views["buyer:lonestar"], lied)).findings}
    assert "clause_rests_on_another" in found

"""The sound in which a caller said something is proven with the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.shown import answers_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.store.store import Store
from engine.store.tables.recordings import RecordingEnd
from tests.evidence.evidence_world import START, keep_story

TAX = Path("examples/flows/tax_relief")


@pytest.mark.parametrize("is_same", [True, False])
async def test_another_sound_than_was_heard_is_found(tmp_path: Path, is_same: bool) -> None:
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        call = await keep_story(store, "at_a_busy_desk_a_caller_leaves_a_name", TAX, "c1")
        (kept,) = await store.recordings(call)
        assert kept.fact.answer == "caller_name"
        material = await collect(store, call)
        key = signing_key(tmp_path / "key.pem")
        document = signed_evidence(dossier_of(material), key, NETWORK, made_at=START)
        answer = answers_of(read_evidence(json.dumps(document)))["caller_name"]
        assert answer.utterance is not None
        assert answer.utterance.sound is not None
        heard = answer.utterance.sound.sha256
        sha256 = heard if is_same else "0" * 64
        end = RecordingEnd(kept.path, "wav", answer.utterance.sound.length_ms, sha256, 100, (), "")
        await store.finish_recording(call, kept.recording, end)
        document = signed_evidence(dossier_of(await collect(store, call)), key, NETWORK, made_at=START)
    report = verify(read_evidence(json.dumps(document)))
    found = [each.sentence for each in report.findings if each.outcome == "fails"]
    said = f"answer/caller_name was heard in a sound with sha256 {heard}"
    differs = f"{said}; recording/recording-1 has {sha256}"
    assert found == ([] if is_same else [differs])

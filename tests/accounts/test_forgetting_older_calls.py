"""Calls of every release and of every example are forgotten as well, and still proven."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from engine.accounts.forgetting import Holdings, forget, trace
from engine.accounts.retelling import call_in_full
from engine.evidence.collecting import collect
from engine.evidence.dossier import dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.language.revisions import check_all
from engine.store.seal import Seal
from engine.store.store import Store
from tests.corpus.kept_corpus import REAL_CALLS, unpacked
from tests.evidence.evidence_world import START, keep_story
from tests.shown import show_json

UNSALTED = "5c051a1"
"""It salted no digest, so those of its parts would give away what was erased."""

EXAMPLES = sorted(path.parent for path in Path("examples/flows").glob("*/network.yaml"))


async def erased_and_proven(store: Store, folder: Path, number: str) -> None:
    """Every call of the number is erased; each is shown, and its evidence holds for everybody."""
    traced = await trace(store, number)
    assert traced.own
    key = signing_key(folder / "signing-key.pem")
    held = Holdings(folder / "recordings", key, lambda: asyncio.sleep(0))
    assert len((await forget(store, traced, held, "the desk")).made) == len(traced.calls)
    assert (await trace(store, number)).calls == ()
    for call in traced.calls:
        view = await call_in_full(store, call)
        assert view is not None
        assert show_json(view)["from"] == "[erased]"
        dossier = dossier_of(await collect(store, call))
        for audience in dossier.parties:
            made = signed_evidence(dossier, key, audience, made_at=START)
            report = verify(read_evidence(json.dumps(made)))
            wrong = [finding.sentence for finding in report.findings if finding.outcome == "fails"]
            assert wrong == [], (call, audience)
        assert dossier.bodies["erasure/1"]["root"].startswith("sha256:")  # type: ignore[index,call-overload]


@pytest.mark.parametrize("engine", REAL_CALLS)
async def test_calls_of_a_release_are_forgotten_and_of_unsalted_ones_only_the_root_is_kept(
    engine: str, tmp_path: Path
) -> None:
    database = unpacked(engine, "closed", tmp_path)
    async with await Store.open(
        f"sqlite:///{database}", "w", lambda: START, seal=Seal(tmp_path / "key")
    ) as store:
        numbers = {line.record.from_number for line in await store.calls(100)} - {""}
        for number in sorted(numbers):
            await erased_and_proven(store, tmp_path, number)
        for line in await store.calls(100):
            if line.record.from_number:
                bodies = dossier_of(await collect(store, line.record.call)).bodies
                assert (bodies["erasure/1/parts"] == {}) is (engine == UNSALTED)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
async def test_every_story_of_every_example_is_forgotten_and_proven(folder: Path, tmp_path: Path) -> None:
    stories = [story.name for story in check_all(folder).stories][:12]
    url = f"sqlite:///{tmp_path}/c.db"
    later = START + 3_650 * 86_400_000  # recordings, which no engine makes here, are waited for no more
    async with await Store.open(url, "w", lambda: later, seal=Seal(tmp_path / "key")) as store:
        for number, story in enumerate(stories):
            await keep_story(store, story, folder, f"call-{number}")
        numbers = {line.record.from_number for line in await store.calls(100)} - {""}
        for number in sorted(numbers):
            await erased_and_proven(store, tmp_path, number)

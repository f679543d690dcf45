"""No sentence decides: with every one of the catalogue another, calls replay, proofs hold, chains hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.journal import Entry
from engine.core.replay import replay
from engine.evidence.collecting import collect
from engine.evidence.dossier import Dossier, dossier_of
from engine.evidence.signing import SigningKey, public_key, signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import Report, verify
from engine.language.revisions import publish, read_network_dir
from engine.store.ledger.entries import Correction
from engine.store.store import Store
from engine.wording import catalogue
from tests.corpus.kept_corpus import evidence, key, network, read_revision, seal, unpacked
from tests.evidence.evidence_world import ROOFING, START, keep_story

RELEASE = "5c051a1"
STORIES = (
    "texas_replacement_goes_to_lonestar",
    "a_talk_below_ninety_seconds_is_free",
)
TEXT = re.compile(r'"([^"]*)"')


def with_every_sentence_changed(toml: str) -> str:
    """The catalogue's file with an x before every sentence and word."""
    lines = []
    for line in toml.splitlines():
        name, is_, said = line.partition(" = ")
        lines.append(f"{name}{is_}" + TEXT.sub(r'"x \1"', said) if is_ and name[:1] != "#" else line)
    return "\n".join(lines)


def other_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the engine reads a catalogue in which every sentence is another."""
    english = (catalogue.FOLDER / "en.toml").read_text("utf-8")
    (folder / "en.toml").write_text(with_every_sentence_changed(english), "utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", folder)
    catalogue.english.cache_clear()
    assert all(
        version.startswith("x ")
        for name in catalogue.english().names()
        for version in catalogue.english().versions(name)
    )


@pytest.fixture(autouse=True)
def own_words_again() -> Iterator[None]:
    yield
    catalogue.english.cache_clear()


async def proven(store: Store, call: str) -> tuple[list[Entry], Dossier]:
    return await store.journal(call), dossier_of(await collect(store, call))


def said_otherwise(report: Report) -> bool:
    return report.holds and all(each.sentence.startswith("x ") for each in report.findings)


async def test_calls_and_proofs_of_today_hold_with_other_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer: SigningKey = signing_key(tmp_path / "key.pem")
    revision = publish(read_network_dir(ROOFING)).revision
    assert revision is not None
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        found = []
        for number, story in enumerate(STORIES):
            call = await keep_story(store, story, call=f"call-{number}")
            if number == 0:
                await store.correct(Correction(call, "lonestar", "revenue", 1, "agreed", "desk"))
            found.append(await proven(store, call))
        written = [
            json.dumps(signed_evidence(dossier, signer, who, made_at=START))
            for _, dossier in found
            for who in dossier.parties
        ]
        other_words(tmp_path, monkeypatch)
        for number, (journal, dossier) in enumerate(found):
            assert replay(journal, revision).difference is None
            assert (await proven(store, f"call-{number}"))[1].bodies == dossier.bodies
        assert all(check.holds for check in await store.verify_ledger())
    published = public_key(json.dumps(signer.public))
    for text in written:
        report = verify(read_evidence(text), published)
        assert said_otherwise(report), [each for each in report.findings if each.outcome == "fails"]


async def test_calls_and_proofs_of_the_first_release_hold_with_other_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_words(tmp_path, monkeypatch)
    kept = network(RELEASE, "roofing")
    revision = read_revision(kept)
    for call in kept.calls[:20]:
        assert replay(call.journal(seal(RELEASE)), revision).difference is None, call.story
    some = {call.call for call in kept.calls[:10]}
    proofs = [
        (call, who, text)
        for call, who, text in evidence(RELEASE, "evidence/roofing.jsonl.xz")
        if call in some
    ]
    proofs += evidence(RELEASE, "calls/evidence.jsonl.xz")
    for call, who, text in proofs:
        report = verify(read_evidence(text), key(RELEASE), seal=seal(RELEASE))
        assert report.holds, (call, who, [each for each in report.findings if each.outcome == "fails"])
    database = unpacked(RELEASE, "closed", tmp_path)
    async with await Store.open(f"sqlite:///{database}", "w", lambda: START, seal=seal(RELEASE)) as store:
        assert all(check.holds for check in await store.verify_ledger())

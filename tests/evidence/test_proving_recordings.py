"""A recording is proven by its digest, inside the file or beside it; nobody hears another's talk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.core.facts import Leg
from engine.core.json_values import Json, JsonObject
from engine.evidence.collecting import collect
from engine.evidence.discretion import talkers
from engine.evidence.dossier import NETWORK, Dossier, dossier_of
from engine.evidence.signing import SigningKey, signing_key
from engine.evidence.strictly import decoded, encoded
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.evidence.verifying import verify
from engine.store.store import Store
from tests.evidence.evidence_world import START, edit, forged, keep_story, resigned

SOUNDS = {"recording-1": bytes(range(256)) * 800, "recording-2": b"\x7f" * 1000}


def recording(name: str, at_ms: int, lasted_ms: int, **changes: Json) -> JsonObject:
    return {
        "recording": name,
        "path": f"2026-11-22/{name}.wav",
        "format": "wav",
        "channels": "both",
        "announcement": None,
        "announced_at_ms": None,
        "started_at_ms": at_ms,
        "duration_ms": lasted_ms,
        "sha256": hashlib.sha256(SOUNDS[name]).hexdigest(),
        "bytes": len(SOUNDS[name]),
        "complete": True,
        "fault": None,
        "silenced": [],
        "keep_ms": None,
        "pruned_at": None,
        **changes,
    }


@pytest.fixture
async def proof(tmp_path: Path) -> tuple[SigningKey, Dossier]:
    """A call with two recordings: one of the questions, one that has the talk with the buyer too."""
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        material = await collect(store, await keep_story(store, "texas_replacement_goes_to_lonestar"))
    heard = (recording("recording-1", 0, 1_000), recording("recording-2", 1_000, 10_000_000))
    return signing_key(tmp_path / "key.pem"), dossier_of(replace(material, recordings=heard))


def wrong(document: JsonObject, change: object = None, given: dict[str, bytes] | None = None) -> list[str]:
    evidence = read_evidence(json.dumps(document))
    if change is not None:
        evidence = forged(document, change)  # type: ignore[arg-type]
    report = verify(evidence, recordings=given)
    return [f"{each.what}: {each.sentence}" for each in report.findings if each.outcome == "fails"]


def dialogs(vcon: JsonObject) -> list[JsonObject]:
    return cast("list[JsonObject]", vcon["dialog"])


async def test_recordings_inside_hold_and_are_longer_than_a_token_may_be(
    proof: tuple[SigningKey, Dossier],
) -> None:
    key, dossier = proof
    document = signed_evidence(dossier, key, NETWORK, made_at=START, recorded=SOUNDS)
    assert len(json.dumps(document)) > 300_000
    report = verify(read_evidence(json.dumps(document)))
    assert report.holds, report.findings
    told = [each.sentence for each in report.findings if each.what.startswith("recording/")]
    assert told == ["the recording inside the file is the one that was signed"] * 2


def flip_sound(vcon: JsonObject) -> None:
    sound = bytearray(decoded(dialogs(vcon)[0]["body"]))
    sound[500] ^= 1
    dialogs(vcon)[0]["body"] = encoded(bytes(sound))


def flip_digest(vcon: JsonObject) -> None:
    told = str(dialogs(vcon)[0]["content_hash"])
    dialogs(vcon)[0]["content_hash"] = told[:-2] + ("A" if told[-2] != "A" else "B") + told[-1]


def drop_sound(vcon: JsonObject) -> None:
    for name in ("body", "encoding"):
        del dialogs(vcon)[0][name]


def drop_dialog(vcon: JsonObject) -> None:
    del dialogs(vcon)[0]


def swap_sounds(vcon: JsonObject) -> None:
    one, other = dialogs(vcon)
    one["body"], other["body"] = other["body"], one["body"]


ONE, TWO = (hashlib.sha256(sound).hexdigest() for sound in SOUNDS.values())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (flip_sound, "recording/recording-1: the recording inside the file has sha256 "),
        (flip_sound, f"; {ONE} was signed (2026-11-22/recording-1.wav)"),
        (flip_digest, "dialog[0].content_hash: "),
        (drop_sound, "recording/recording-1: recording/recording-1: the file has nothing"),
        (drop_dialog, "recording/recording-1: recording/recording-1: the file has nothing"),
        (
            swap_sounds,
            f"recording/recording-1: the recording inside the file has sha256 {TWO}, which belongs to ",
        ),
        (swap_sounds, "which belongs to recording/recording-2; "),
        (
            swap_sounds,
            f"recording/recording-2: the recording inside the file has sha256 {ONE}, which belongs to ",
        ),
        (
            edit("recording/recording-1", lambda body: body.update(sha256=TWO)),
            "recording/recording-1 isn't what",
        ),
        (edit("recording/recording-1", lambda body: body.update(duration_ms=5)), "dialog[0].duration: "),
    ],
)
async def test_what_is_changed_of_a_recording_is_named(
    change: object, told: str, proof: tuple[SigningKey, Dossier]
) -> None:
    key, dossier = proof
    document = signed_evidence(dossier, key, NETWORK, made_at=START, recorded=SOUNDS)
    found = wrong(document, change)
    assert any(told in line for line in found), found
    again = resigned(forged(document, change), key)  # type: ignore[arg-type]
    if change is not drop_sound:
        assert not verify(again).holds


async def test_recordings_by_digest_are_held_against_the_files_at_hand(
    proof: tuple[SigningKey, Dossier], tmp_path: Path
) -> None:
    key, dossier = proof
    file, folder = tmp_path / "call.json", tmp_path / "recordings"
    file.write_text(json.dumps(signed_evidence(dossier, key, NETWORK, made_at=START)))
    (folder / "2026-11-22").mkdir(parents=True)
    for name, sound in SOUNDS.items():
        (folder / f"2026-11-22/{name}.wav").write_bytes(sound)

    def run(*more: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["verify", str(file), *more])
        return result.exit_code, result.output

    code, output = run()
    assert (code, output.count("the recording isn't here to check; its sha256 is")) == (0, 2)
    code, output = run("--recordings-dir", str(folder))
    assert (code, output.count("the recording at hand is the one that was signed")) == (0, 2)
    changed = bytes([SOUNDS["recording-1"][0] ^ 1]) + SOUNDS["recording-1"][1:]
    (folder / "2026-11-22/recording-1.wav").write_bytes(changed)
    code, output = run("--recordings-dir", str(folder))
    assert code == 1
    assert (
        f"✗ recording/recording-1: the recording at hand has sha256 {hashlib.sha256(changed).hexdigest()}; "
        f"{ONE} was signed (2026-11-22/recording-1.wav)"
    ) in output
    code, output = run("--recordings-dir", str(tmp_path / "none"))
    assert (code, "no folder of recordings" in output) == (2, True)
    stranger = tmp_path / "recording-9.wav"
    stranger.write_bytes(b"")
    code, output = run("--recording", str(stranger))
    assert (code, "the file has no recording 'recording-9' of this call" in output) == (1, True)


async def test_a_recording_outside_of_the_folder_is_not_read(
    proof: tuple[SigningKey, Dossier], tmp_path: Path
) -> None:
    key, dossier = proof
    body = cast(JsonObject, dossier.bodies["recording/recording-1"])
    dossier.bodies["recording/recording-1"] = {**body, "path": "../secret"}
    (tmp_path / "secret").write_bytes(b"")
    (tmp_path / "recordings").mkdir()
    file = tmp_path / "call.json"
    file.write_text(json.dumps(signed_evidence(dossier, key, NETWORK, made_at=START)))
    result = CliRunner().invoke(main, ["verify", str(file), "--recordings-dir", str(tmp_path / "recordings")])
    assert "the recording isn't here to check" in result.output


async def test_what_was_never_finished_or_is_deleted_is_said(proof: tuple[SigningKey, Dossier]) -> None:
    key, dossier = proof
    one, two = (dict(cast(JsonObject, dossier.bodies[f"recording/{name}"])) for name in SOUNDS)
    lost = {**one, "sha256": None, "duration_ms": None, "fault": "the disk was full"}
    heard = (lost, {**two, "pruned_at": START})
    again = dossier_of(replace(dossier.material, recordings=heard))
    findings = verify(read_evidence(json.dumps(signed_evidence(again, key, NETWORK, made_at=START)))).findings
    told = [each.sentence for each in findings if each.what.startswith("recording/")]
    assert told[0] == "no file was kept: the disk was full"
    assert told[1].endswith("; its file was deleted 2026-11-22T10:00:00.000Z")


async def test_nobody_hears_the_caller_talk_with_somebody_else(proof: tuple[SigningKey, Dossier]) -> None:
    key, dossier = proof
    expected = {
        NETWORK: ["recording-1", "recording-2"],
        "buyer:lonestar": ["recording-2"],
        "buyer:redriver": [],
        "publisher:radio-tx": ["recording-1"],
    }
    for who, names in expected.items():
        document = signed_evidence(dossier, key, who, made_at=START, recorded=SOUNDS)
        vcon = json.loads(decoded(document["payload"]))
        inside = [str(one["filename"])[:-4] for one in vcon["dialog"] if "body" in one]
        assert inside == names, who
        assert verify(read_evidence(json.dumps(document))).holds


def test_who_talks_in_a_recording() -> None:
    def leg(buyer: str | None, bridged_at: int | None, ended_at: int | None) -> Leg:
        times = {"dialled_at": 0, "bridged_at": bridged_at, "ended_at": ended_at}
        return Leg("leg-1", buyer, "+15550111", "roofing", 0, **times)  # type: ignore[arg-type]

    legs = [leg("a", 10, 20), leg("b", 30, 40), leg(None, 50, None), leg("c", None, 60)]

    def between(begins: int, lasts: int | None) -> set[str]:
        return set(talkers({"started_at_ms": begins, "duration_ms": lasts}, legs))

    assert between(0, 10) == set()
    assert between(0, 11) == {"a"}
    assert between(20, 15) == {"b"}
    assert between(0, None) == {"a", "b", ""}
    assert between(45, 1_000) == {""}

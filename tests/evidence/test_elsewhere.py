"""Evidence is checked where there is neither database nor network: another process, another folder."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.core.json_values import JsonObject
from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import SigningKey, signing_key
from engine.evidence.vcon import read_evidence, signed_evidence
from engine.store.store import Store
from tests.evidence.evidence_world import START, edit, forged, keep_story, resigned

VERIFIER = Path("docs/verify_evidence.py")


@pytest.mark.parametrize("who", [NETWORK, "buyer:lonestar", "publisher:radio-tx"])
async def test_a_machine_without_the_store_verifies(who: str, tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    key = signing_key(home / "key.pem")
    async with await Store.open(f"sqlite:///{home}/c.db", "w", lambda: START) as store:
        call = await keep_story(store, "texas_replacement_goes_to_lonestar")
        dossier = dossier_of(await collect(store, call))
    (elsewhere / "call.json").write_text(json.dumps(signed_evidence(dossier, key, who, made_at=START)))
    (elsewhere / "key.json").write_text(json.dumps(key.public))
    for path in home.iterdir():
        path.unlink()

    def verify(file: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "engine.cli", "verify", file, "--key", "key.json"],
            cwd=elsewhere,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    held = verify("call.json")
    assert held.returncode == 0, held.stdout + held.stderr
    assert "call.json: the proof holds" in held.stdout
    assert sorted(path.name for path in elsewhere.iterdir()) == ["call.json", "key.json"]
    (elsewhere / "other.json").write_text((elsewhere / "call.json").read_text()[:-9] + "AAAA" + '"}]}')
    assert verify("other.json").returncode == 1


@pytest.mark.parametrize("who", [NETWORK, "buyer:lonestar", "buyer:redriver", "publisher:radio-tx"])
async def test_the_documents_own_verifier_needs_nothing_of_ours(who: str, tmp_path: Path) -> None:
    source = VERIFIER.read_text("utf-8")
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"joserfc"}
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        dossier = dossier_of(
            await collect(store, await keep_story(store, "texas_replacement_goes_to_lonestar"))
        )
    document = signed_evidence(dossier, key, who, made_at=START)
    (tmp_path / "key.json").write_text(json.dumps(key.public))

    def verify(document: JsonObject, key: SigningKey) -> subprocess.CompletedProcess[str]:
        (tmp_path / "call.json").write_text(json.dumps(document))
        (tmp_path / "key.json").write_text(json.dumps(key.public))
        command = [sys.executable, "-I", str(VERIFIER.absolute()), "call.json", "key.json"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    held = verify(document, key)
    assert held.returncode == 0, held.stdout + held.stderr
    root = read_evidence(json.dumps(document)).header["root"]
    assert f"of {len(dossier.bodies)} parts for {who}, root {root}, format 2" in held.stdout
    by_hand = forged(document, edit("call", lambda body: body.update(started_at=0)))
    assert verify(by_hand.document, key).stdout.startswith("NOT what that key signed: ")
    attacker = signing_key(tmp_path / "attacker.pem")
    assert (
        "NOT what that key signed"
        in verify(resigned(read_evidence(json.dumps(document)), attacker).document, key).stdout
    )
    named = verify(resigned(by_hand, attacker).document, attacker)
    assert named.returncode == 1
    assert "call is NOT what was signed" in named.stdout.splitlines()
    if who != "buyer:redriver":
        entry = "ledger/2" if who.startswith("publisher") else "ledger/1"
        grown = resigned(forged(document, edit(entry, lambda body: body.update(amount_micros=1))), attacker)
        lines = verify(grown.document, attacker).stdout.splitlines()
        assert lines.count(f"{entry} is NOT what was signed") == 1
        assert f"{entry} is NOT the entry that its hash covers" in lines

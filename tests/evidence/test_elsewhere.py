"""Evidence is checked where there is neither database nor network: another process, another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import signed_evidence
from engine.store.store import Store
from tests.evidence.evidence_world import START, keep_story


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

"""Others read our evidence: the vcon package takes it for a valid vCon, authlib for a valid signature."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from engine.evidence.collecting import collect
from engine.evidence.dossier import NETWORK, dossier_of
from engine.evidence.signing import signing_key
from engine.evidence.vcon import signed_evidence
from engine.store.store import Store
from tests.evidence.evidence_world import START, keep_story

# In a process of its own: the package warns of its own dependencies when it is imported.
READER = """
import base64, json, sys
from authlib.jose import JsonWebKey, JsonWebSignature
from vcon import Vcon
document = json.load(open(sys.argv[1]))
payload = document["payload"]
vcon = Vcon.build_from_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode())
signature = document["signatures"][0]
header = signature["protected"]
public = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["jwk"]
compact = f"{header}.{payload}.{signature['signature']}"
JsonWebSignature(["ES256"]).deserialize_compact(compact, JsonWebKey.import_key(public))
print(json.dumps({
    "valid": vcon.is_valid(),
    "parties": [party.to_dict() for party in vcon.parties],
    "attachments": [attachment["type"] for attachment in vcon.attachments],
    "dialog": vcon.dialog,
}))
"""


async def test_the_vcon_package_reads_our_evidence(tmp_path: Path) -> None:
    key = signing_key(tmp_path / "key.pem")
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", lambda: START) as store:
        dossier = dossier_of(
            await collect(store, await keep_story(store, "texas_replacement_goes_to_lonestar"))
        )
    file = tmp_path / "call.json"
    file.write_text(json.dumps(signed_evidence(dossier, key, NETWORK, made_at=START)))
    read = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READER, str(file)],
        check=True,
        capture_output=True,
        text=True,
        timeout=500,
    )
    document = json.loads(read.stdout)
    assert document["valid"] == [True, []]
    assert document["parties"][0] == {"tel": "+15125550123", "role": "caller"}
    assert "cordboard/answer" in document["attachments"]

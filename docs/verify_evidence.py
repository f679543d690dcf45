"""Check a file of evidence without Cordboard: by Python, joserfc and SHA-256, as evidence.md says.

    python verify_evidence.py call.json network-key.json [RECORDING.flac …]

Who signed it, that every part is what was signed, that entries of the ledger, recordings and the revision
are what their hashes cover. That the verdict follows from the journal takes a replay: `cordboard verify`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey


class Long(jws.JWSRegistry):
    """joserfc takes tokens of the web, short and with known headers; evidence is long and names its own."""

    max_header_length = 1 << 16
    max_payload_length = 1 << 40


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def opened(file: str, key_file: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and vCon, as the network's key signed them; raises JoseError where it did not."""
    key = ECKey.import_key(json.loads(Path(key_file).read_text("utf-8")))
    registry = Long(algorithms=["ES256"], strict_check_header=False)
    signed = jws.deserialize_json(json.loads(Path(file).read_text("utf-8")), key, registry=registry)
    (member,) = signed.members
    return dict(member.headers()), json.loads(signed.payload or b"")


def wrong_parts(header: dict[str, Any], parts: list[Any], digests: list[str]) -> list[str]:
    """The digests make the root, every part the digest at its index, and no name or index is there twice."""
    wrong = (
        []
        if header["root"] == "sha256:" + sha256("\n".join(digests).encode())
        else ["root is NOT that of the digests"]
    )
    at, names = dict(enumerate(digests)), set()
    for part in parts:
        digest = sha256(canonical([part["name"], part["salt"], part["body"]]))
        if at.pop(part["index"], "") != digest or part["name"] in names:
            wrong.append(f"{part['name']} is NOT what was signed")
        names.add(part["name"])
    return wrong


def wrong_entries(bodies: dict[str, Any]) -> list[str]:
    """Entries of the ledger that their hash does not cover, or that another buyer was named for."""
    wrong = []
    for name, entry in bodies.items():
        if not name.startswith("ledger/"):
            continue
        covered = {
            key: held for key, held in entry.items() if key not in ("entry", "hash", "amount", "sold_to")
        }
        covered["buyer"] = entry["sold_to"]
        if sha256(canonical(covered)) != entry["hash"]:
            wrong.append(f"{name} is NOT the entry that its hash covers")
        sale = bodies.get("sale" + name.removeprefix("ledger"))
        if sale and "sha256:" + sha256(f"{sale['blind']}:{sale['buyer']}".encode()) != entry["sold_to"]:
            wrong.append(f"{name} was NOT sold to {sale['buyer']}")
    return wrong


def wrong_recordings(bodies: dict[str, Any], vcon: dict[str, Any], files: list[str]) -> list[str]:
    """Recordings, inside the file or given, that have another digest than was signed."""
    sounds = [(Path(file).stem, Path(file).read_bytes()) for file in files]
    for dialog in vcon["dialog"]:
        if "body" in dialog:
            padded = dialog["body"] + "=" * (-len(dialog["body"]) % 4)
            sounds.append((Path(dialog["filename"]).stem, urlsafe_b64decode(padded)))
    return [
        f"recording/{name} is NOT the sound that was signed"
        for name, sound in sounds
        if bodies.get(f"recording/{name}", {}).get("sha256") != sha256(sound)
    ]


def wrong_revision(bodies: dict[str, Any]) -> list[str]:
    """Whether the files of the network's own file are the revision that the call names."""
    files = {name.partition("/")[2]: body for name, body in bodies.items() if name.startswith("revision/")}
    raw = b""
    for name in sorted(files):
        for text in (name.encode(), files[name].encode("utf-8", "surrogateescape")):
            raw += len(text).to_bytes(8, "big") + text
    is_named = not files or bodies["call/source"]["revision"] == "sha256:" + sha256(raw)
    return [] if is_named else ["the files are NOT the revision that the call ran by"]


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main(file: str, key_file: str, *recordings: str) -> int:
    try:
        header, vcon = opened(file, key_file)
    except (JoseError, ValueError) as error:
        tell(f"NOT what that key signed: {error}")
        return 1
    held = {each["type"].partition("/")[2]: json.loads(each["body"]) for each in vcon["attachments"]}
    digests = held.pop("digests")
    parts = [part for group in held.values() for part in group]
    bodies = {part["name"]: part["body"] for part in parts}
    wrong = wrong_parts(header, parts, digests) + wrong_entries(bodies) + wrong_revision(bodies)
    wrong += wrong_recordings(bodies, vcon, list(recordings))
    for name, body in bodies.items():
        if name.startswith(("verdict/", "corrected/")):
            tell(f"{name}: {body.get('sentence') or body.get('reason') or body.get('payout_reason')}")
    for line in wrong:
        tell(line)
    told = f"{len(parts)} of {len(digests)} parts for {header['audience']}, root {header['root']}"
    tell(f"{told}, format {header.get('format', 1)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Evidence as a vCon (draft-ietf-vcon-vcon-core): conversation data in the form that others read too.

The signed document is the vCon; every group of parts is an attachment of it, `cordboard/answer` for example,
with the parts as JSON text. `cordboard/digests` holds the digests of all parts, shown or not.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from engine.core.journal import Json, JsonObject
from engine.evidence.dossier import NETWORK, Dossier, Material
from engine.evidence.parts import Part, canonical, numbered, part_from_json, part_json, root_of
from engine.evidence.signing import EvidenceError, SigningKey, header_of, payload_of
from engine.store.instants import iso

VERSION = "0.3.0"
DIGESTS = "cordboard/digests"
_PREFIX = "cordboard/"
_NAMESPACE = uuid.UUID("6c0b2a52-52f2-5c50-8f5e-5d0c3d1f6b9e")  # of the names of calls
_MEDIA = {"wav": "audio/x-wav", "flac": "audio/flac"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """An evidence file, read. Nothing of it is checked yet but its shape."""

    document: JsonObject  # the JWS
    header: JsonObject
    vcon: JsonObject
    audience: str
    parts: tuple[Part, ...]
    digests: tuple[str, ...]

    def bodies(self, group: str) -> Mapping[str, JsonObject]:
        """Name without its group → body, of the parts of one group that are objects."""
        return {
            part.name.partition("/")[2]: part.body
            for part in self.parts
            if part.group == group and isinstance(part.body, dict)
        }

    def body(self, name: str) -> Json:
        return next((part.body for part in self.parts if part.name == name), None)


def signed_evidence(
    dossier: Dossier,
    key: SigningKey,
    audience: str,
    *,
    made_at: int,
    recorded: Mapping[str, bytes] | None = None,
) -> JsonObject:
    """The evidence file for one audience. `recorded` are the recordings that go inside, by name."""
    material = dossier.material
    call = material.record.call
    parts = numbered(dossier.bodies, key.salt_key(call))
    digests = [part.digest for part in parts]
    visible = dossier.visible(audience)
    vcon: JsonObject = {
        "vcon": VERSION,
        "uuid": str(uuid.uuid5(_NAMESPACE, f"{call} {audience}")),
        "created_at": iso(made_at),
        "subject": f"call {call}",
        "parties": cast(Json, _parties(material, audience)),
        "dialog": cast(Json, [_dialog(material, one, recorded or {}) for one in material.recordings]),
        "analysis": [],
        "attachments": cast(Json, _attachments([part for part in parts if part.name in visible], digests)),
        "group": [],
    }
    header = {"uuid": str(vcon["uuid"]), "audience": audience, "root": root_of(digests)}
    return key.sign(canonical(vcon), header)


def read_evidence(text: str) -> Evidence:
    """An evidence file; raises EvidenceError where it is none, saying what was found."""
    document = _object(_parsed(text, "the file"), "the file")
    signatures = document.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise EvidenceError("the file carries no signature; expected a signed vCon with exactly one")
    header = header_of(signatures[0])
    if header is None:
        raise EvidenceError("the signature's header cannot be read: it was changed")
    try:
        payload = payload_of(document).decode("utf-8", "surrogatepass")
    except ValueError as error:
        raise EvidenceError(f"the payload cannot be read ({error}): it was changed") from error
    vcon = _object(_parsed(payload, "the payload"), "the payload")
    parts, digests = _taken_out(vcon)
    return Evidence(document, header, vcon, str(header.get("audience", NETWORK)), parts, digests)


def inlined(evidence: Evidence) -> Mapping[str, bytes]:
    """The recordings that the file itself carries."""
    found = {}
    for dialog in cast("list[Json]", evidence.vcon.get("dialog") or []):
        if isinstance(dialog, dict) and isinstance(dialog.get("body"), str):
            name = str(dialog.get("filename", "")).rpartition(".")[0]
            body = str(dialog["body"]).encode()
            try:
                found[name] = base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))
            except ValueError:
                found[name] = b""
    return found


def _parties(material: Material, audience: str) -> list[JsonObject]:
    record = material.record
    parties: list[JsonObject] = [
        {"tel": record.from_number or "anonymous", "role": "caller"},
        {"tel": record.to_number, "role": "network"},
    ]
    kind, _, key = audience.partition(":")
    if key:
        parties.append({"name": key, "role": kind})
    return parties


def _dialog(material: Material, recording: JsonObject, recorded: Mapping[str, bytes]) -> JsonObject:
    """A recording by its digest, and whole where it is at hand."""
    name, form = str(recording["recording"]), str(recording["format"])
    dialog: JsonObject = {
        "type": "recording",
        "start": iso(material.record.started_at + cast(int, recording["started_at_ms"])),
        "duration": cast(int, recording["duration_ms"] or 0) / 1000,
        "parties": [0, 1],
        "originator": 0,
        "mimetype": _MEDIA.get(form, form),
        "mediatype": _MEDIA.get(form, form),
        "filename": f"{name}.{form}",
        "content_hash": f"sha256-{_base64url(bytes.fromhex(str(recording['sha256'] or '')))}",
    }
    if name in recorded:
        dialog |= {"body": _base64url(recorded[name]), "encoding": "base64url"}
    return dialog


def _attachments(parts: Sequence[Part], digests: Sequence[str]) -> list[JsonObject]:
    groups: dict[str, list[Json]] = {}
    for part in parts:
        groups.setdefault(part.group, []).append(part_json(part))
    attached = [_attachment(_PREFIX + group, held) for group, held in groups.items()]
    return [*attached, _attachment(DIGESTS, list(digests))]


def _attachment(name: str, body: Json) -> JsonObject:
    return {"type": name, "purpose": name, "party": 1, "body": canonical(body).decode(), "encoding": "json"}


def _taken_out(vcon: JsonObject) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    parts: list[Part] = []
    digests: tuple[str, ...] = ()
    attachments = vcon.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else []:
        if not isinstance(attachment, dict) or not str(attachment.get("type")).startswith(_PREFIX):
            continue
        what = f"attachment {attachment['type']}"
        held = _parsed(str(attachment.get("body")), what)
        if not isinstance(held, list):
            raise EvidenceError(f"{what} is no list: it was changed")
        if attachment["type"] == DIGESTS:
            digests = tuple(str(digest) for digest in held)
            continue
        for value in held:
            part = part_from_json(value)
            if part is None:
                raise EvidenceError(f"{what} holds something that is no part of evidence: it was changed")
            parts.append(part)
    return tuple(parts), digests


def _parsed(text: str, what: str) -> Json:
    try:
        return cast(Json, json.loads(text))
    except ValueError as error:
        raise EvidenceError(
            f"{what} is no JSON ({error}); expected what `cordboard evidence` wrote"
        ) from error


def _object(value: Json, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise EvidenceError(f"{what} is no JSON object; expected what `cordboard evidence` wrote")
    return value


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

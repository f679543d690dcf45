"""Evidence as a vCon (draft-ietf-vcon-vcon-core): conversation data in the form that others read too.

The signed document is the vCon; every group of parts is an attachment of it, `cordboard/answer` for example,
with the parts as JSON text. `cordboard/digests` holds the digests of all parts, shown or not. Everything else
in the vCon follows from the parts and the signed header, so that `differing` can name what was changed of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from engine.core.json_values import Json, JsonObject
from engine.evidence.dossier import NETWORK, Dossier
from engine.evidence.findings import differences
from engine.evidence.older import FORMAT, OLDEST, bodies_of_today
from engine.evidence.parts import Part, canonical, numbered, part_from_json, part_json, root_of
from engine.evidence.signing import HEADER, EvidenceError, SigningKey, header_of, payload_of
from engine.evidence.strictly import decoded, encoded, parsed
from engine.store.instants import iso

VERSION = "0.3.0"
DIGESTS = "cordboard/digests"
MOST_BYTES = 512 << 20  # with the recording of a long call inside
MOST_PARTS = 200_000  # of a call of many hours, with its whole journal
_PREFIX = "cordboard/"
_HEADER = HEADER | {"uuid", "audience", "root", "created_at", "recordings"}
_NAMESPACE = uuid.UUID("6c0b2a52-52f2-5c50-8f5e-5d0c3d1f6b9e")  # of the names of calls
_MEDIA = {"wav": "audio/x-wav", "flac": "audio/flac"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """An evidence file, read. Nothing of it is checked yet but its shape."""

    document: JsonObject  # the JWS
    header: JsonObject
    vcon: JsonObject
    audience: str
    parts: tuple[Part, ...]  # as they were written, which is what digests cover
    digests: tuple[str, ...]

    @property
    def format(self) -> Json:
        """The number of the form that the parts have; 1 in files from before there was a number."""
        return self.header.get("format", OLDEST)

    @property
    def is_older(self) -> bool:
        return self.format == OLDEST

    @property
    def is_practice(self) -> bool:
        """Whether nobody is billed for the call."""
        return self.bodies("call").get("", {}).get("practice") is True

    def held(self, group: str) -> Mapping[str, Json]:
        """Name → body of the parts of one group, in the form of today."""
        written = {part.name: part.body for part in self.parts if part.group == group}
        return bodies_of_today(written) if self.is_older else written

    def bodies(self, group: str) -> Mapping[str, JsonObject]:
        """Name without its group → body, of the parts of one group that are objects."""
        return {
            name.partition("/")[2]: body for name, body in self.held(group).items() if isinstance(body, dict)
        }


def signed_evidence(
    dossier: Dossier,
    key: SigningKey,
    audience: str,
    *,
    made_at: int,
    recorded: Mapping[str, bytes] | None = None,
) -> JsonObject:
    """The evidence file for one audience. Of `recorded`, sounds by name, goes inside what it may hear."""
    parts = parts_of(dossier, key)
    digests = [part.digest for part in parts]
    visible, audible = dossier.visible(audience), dossier.audible(audience)
    inside = {name: sound for name, sound in (recorded or {}).items() if name in audible}
    shown = [part for part in parts if part.name in visible]
    vcon = _vcon(audience, shown, digests, iso(made_at) or "", inside)
    header: JsonObject = {
        "uuid": vcon["uuid"],
        "audience": audience,
        "root": root_of(digests),
        "created_at": vcon["created_at"],
        "recordings": cast(Json, sorted(inside)),
        "format": FORMAT,
    }
    return key.sign(canonical(vcon), header)


def parts_of(dossier: Dossier, key: SigningKey) -> tuple[Part, ...]:
    """Every part with its salt, in order."""
    material = dossier.material
    return numbered(dossier.bodies, key.salt_key(material.record.call, material.blind))


def read_evidence(text: str) -> Evidence:
    """An evidence file; raises EvidenceError where it is none, saying what was found."""
    if len(text) > MOST_BYTES:
        raise EvidenceError(f"the file is too large; expected at most {MOST_BYTES >> 20} MiB")
    document = _object(_parsed(text, "the file"), "the file")
    signatures = document.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise EvidenceError("the file carries no signature; expected a signed vCon with exactly one")
    for held, members in ((document, _DOCUMENT), (signatures[0], _SIGNATURE)):
        if strange := sorted(held.keys() - members):
            raise EvidenceError(f"the file has '{strange[0]}', which no signature covers: it was added")
    header = header_of(signatures[0])
    if header is None:
        raise EvidenceError("the signature's header can't be read: it was changed")
    try:
        payload = payload_of(document).decode("utf-8", "surrogatepass")
    except ValueError as error:
        raise EvidenceError(f"the payload can't be read ({error}): it was changed") from error
    vcon = _object(_parsed(payload, "the payload"), "the payload")
    parts, digests = _taken_out(vcon)
    return Evidence(document, header, vcon, str(header.get("audience", NETWORK)), parts, digests)


_DOCUMENT = frozenset({"payload", "signatures"})
_SIGNATURE = frozenset({"protected", "signature"})


def differing(evidence: Evidence) -> Iterator[tuple[str, Json, Json]]:
    """What of header and vCon does not follow from the parts: (where, what the file has, what follows)."""
    header = evidence.header
    expected = _HEADER if evidence.is_older and "format" not in header else _HEADER | {"format"}
    for name in sorted(header.keys() ^ expected):
        yield f"header.{name}", header.get(name), None
    inside = inlined(evidence)
    created_at = str(header.get("created_at"))
    made = _vcon(evidence.audience, evidence.parts, evidence.digests, created_at, inside)
    yield from differences(header.get("uuid"), made["uuid"], "header.uuid")
    told = header.get("recordings")
    for one in told if isinstance(told, list) else []:
        if str(one) not in inside:
            yield f"recording/{one}", None, "the recording, which was inside when the file was signed"
    yield from differences(told, cast(Json, sorted(inside)), "header.recordings")
    yield from differences(evidence.vcon, made)


def inlined(evidence: Evidence) -> Mapping[str, bytes]:
    """The recordings that the file itself carries."""
    found = {}
    dialogs = evidence.vcon.get("dialog")
    for dialog in dialogs if isinstance(dialogs, list) else []:
        if isinstance(dialog, dict) and isinstance(dialog.get("body"), str):
            name = str(dialog.get("filename", "")).rpartition(".")[0]
            try:
                found[name] = decoded(dialog["body"])
            except ValueError:
                found[name] = b""
    return found


def _vcon(
    audience: str,
    parts: Sequence[Part],
    digests: Sequence[str],
    created_at: str,
    recorded: Mapping[str, bytes],
) -> JsonObject:
    """The vCon around these parts, with the recordings that go inside."""
    bodies = {part.name: part.body for part in parts}
    call, caller = _called(bodies, "call"), _called(bodies, "call/caller")
    recordings = [_called(bodies, part.name) for part in parts if part.group == "recording"]
    started_at = call["started_at"]
    return {
        "vcon": VERSION,
        "uuid": str(uuid.uuid5(_NAMESPACE, f"{call['call']} {audience}")),
        "created_at": created_at,
        "subject": f"call {call['call']}",
        "parties": cast(Json, _parties(call, caller, audience)),
        "dialog": cast(Json, [_dialog(cast(int, started_at), one, recorded) for one in recordings]),
        "analysis": [],
        "attachments": cast(Json, _attachments(parts, digests)),
        "group": [],
    }


def _called(bodies: Mapping[str, Json], name: str) -> JsonObject:
    held = bodies.get(name)
    return held if isinstance(held, dict) else {}


def _parties(call: JsonObject, caller: JsonObject, audience: str) -> list[JsonObject]:
    """The caller's number only where the audience may see it."""
    known: JsonObject = {"tel": caller["from_number"] or "anonymous"} if caller else {"name": "caller"}
    parties: list[JsonObject] = [
        {**known, "role": "caller"},
        {"tel": call["to_number"], "role": "network"},
    ]
    kind, _, key = audience.partition(":")
    if key:
        parties.append({"name": key, "role": kind})
    return parties


def _dialog(started_at: int, recording: JsonObject, recorded: Mapping[str, bytes]) -> JsonObject:
    """A recording by its digest, and whole where it is at hand."""
    name, form = str(recording["recording"]), str(recording["format"])
    dialog: JsonObject = {
        "type": "recording",
        "start": iso(started_at + cast(int, recording["started_at_ms"])),
        "duration": cast(int, recording["duration_ms"] or 0) / 1000,
        "parties": [0, 1],
        "originator": 0,
        "mimetype": _MEDIA.get(form, form),
        "mediatype": _MEDIA.get(form, form),
        "filename": f"{name}.{form}",
        "content_hash": f"sha256-{encoded(bytes.fromhex(str(recording['sha256'] or '')))}",
    }
    if name in recorded:
        dialog |= {"body": encoded(recorded[name]), "encoding": "base64url"}
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
            raise EvidenceError("the payload has an attachment that is none of ours: it was changed")
        what = f"attachment {attachment['type']}"
        held = _parsed(str(attachment.get("body")), what)
        if not isinstance(held, list):
            raise EvidenceError(f"{what} isn't a list: it was changed")
        if attachment["type"] == DIGESTS:
            digests = tuple(str(digest) for digest in held)
            continue
        for value in held:
            part = part_from_json(value)
            if part is None:
                raise EvidenceError(f"{what} contains something that isn't part of evidence: it was changed")
            parts.append(part)
            if len(parts) > MOST_PARTS:
                raise EvidenceError(f"the file has more than {MOST_PARTS} parts; no call has so many")
    return tuple(parts), digests


def _parsed(text: str, what: str) -> Json:
    try:
        return parsed(text)
    except ValueError as error:
        raise EvidenceError(
            f"{what} isn't JSON ({error}); expected a file written by `cordboard evidence`"
        ) from error


def _object(value: Json, what: str) -> JsonObject:
    if not isinstance(value, dict):
        raise EvidenceError(f"{what} isn't a JSON object; expected a file written by `cordboard evidence`")
    return value

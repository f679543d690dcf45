"""Is this evidence what the network signed, and does its verdict follow? Checked offline, line by line."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from joserfc.jwk import ECKey

from engine.evidence.accounts import check_accounts
from engine.evidence.dossier import NETWORK
from engine.evidence.findings import Finding, fails, holds, not_checked
from engine.evidence.judging import check_by_judging
from engine.evidence.older import FORMAT, OLDEST
from engine.evidence.parts import root_of
from engine.evidence.replaying import check_by_replay
from engine.evidence.shown import answers_of
from engine.evidence.signing import ALGORITHM, TYPE, EvidenceError, is_signed_by, own_key_of
from engine.evidence.vcon import Evidence, differing, inlined
from engine.store.instants import iso
from engine.store.seal import Seal


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. It holds where nothing failed; what was not checked is said."""

    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return all(finding.outcome != "fails" for finding in self.findings)


def verify(
    evidence: Evidence,
    key: ECKey | None = None,
    recordings: Mapping[str, bytes] | None = None,
    seal: Seal | None = None,
) -> Report:
    """Every check there is. `key` is the network's published one; without it the file's own is taken.

    `recordings` are those at hand, by name; `seal` opens what the caller keyed to sensitive questions.
    """
    whole = evidence.audience == NETWORK
    sound: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("signature", lambda: _signature(evidence, key)),
        ("parts", lambda: _digests(evidence)),
    ]
    if (unknown := _unknown_format(evidence)) is not None:
        return Report((*_found(sound), unknown))
    checks: Sequence[tuple[str, Callable[[], Iterator[Finding]]]] = (
        *sound,
        ("file", lambda: _form(evidence)),
        ("erasure", lambda: _erasures(evidence)),
        ("replay", lambda: check_by_replay(evidence, seal) if whole else check_by_judging(evidence)),
        ("ledger", lambda: check_accounts(evidence)),
        ("recordings", lambda: _recordings(evidence, recordings or {})),
    )
    return Report(_found(checks))


def _found(checks: Sequence[tuple[str, Callable[[], Iterator[Finding]]]]) -> tuple[Finding, ...]:
    return tuple([finding for what, check in checks for finding in _told(what, check)])


def _unknown_format(evidence: Evidence) -> Finding | None:
    """What of a file's form this version cannot read, where it cannot."""
    found = evidence.format
    if isinstance(found, bool) or not isinstance(found, int) or found < OLDEST:
        return fails("format", "format_unknown", found=found, known=OLDEST)
    return fails("format", "format_newer", found=found, known=FORMAT) if found > FORMAT else None


_UNREADABLE = (
    *(ValueError, TypeError, LookupError, AttributeError, AssertionError, ArithmeticError, RuntimeError),
)
"""What a changed file may lead its reader to."""


def _told(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The check's findings; what it cannot even read, it says so of."""
    try:
        yield from check()
    except _UNREADABLE as error:
        yield fails(what, "unreadable", kind=type(error).__name__, error=str(error))


def _signature(evidence: Evidence, key: ECKey | None) -> Iterator[Finding]:
    told = {"alg": ALGORITHM, "typ": TYPE}
    for name, expected in told.items():
        if evidence.header.get(name) != expected:
            found = evidence.header.get(name)
            yield fails("signature", "header_is_not_ours", name=name, found=found, expected=expected)
    try:
        own = own_key_of(evidence.header)
    except EvidenceError as error:
        yield fails("signature", "key_unusable", error=str(error))
        return
    given = key or own
    thumbprint = given.thumbprint()
    if key is not None and thumbprint != own.thumbprint():
        yield fails("signature", "key_is_another", own=own.thumbprint(), given=thumbprint)
    elif not is_signed_by(evidence.document, given):
        yield fails("signature", "signature_broken", thumbprint=thumbprint)
    elif key is None:
        yield holds("signature", "signed_by_own_key", thumbprint=thumbprint)
    else:
        yield holds("signature", "signed", thumbprint=thumbprint)


def _form(evidence: Evidence) -> Iterator[Finding]:
    """Header and vCon say nothing but what their parts say; no part is there twice."""
    if not evidence.bodies("call").get(""):
        yield fails("call", "call_missing")
        return
    is_right = True
    for where, held, made in differing(evidence):
        is_right = False
        yield fails(where, "form_differs", where=where, held=held, made=made)
    times = Counter(part.name for part in evidence.parts)
    for name in sorted(name for name, count in times.items() if count > 1):
        is_right = False
        yield fails(name, "part_twice", part=name)
    if is_right:
        yield holds("file", "form_follows")


def _digests(evidence: Evidence) -> Iterator[Finding]:
    """Every part is the one that was signed; all digests together make the root."""
    seen: set[int] = set()
    is_whole = True
    for part in evidence.parts:
        is_there = 0 <= part.index < len(evidence.digests) and part.index not in seen
        seen.add(part.index)
        if not is_there or evidence.digests[part.index] != part.digest:
            is_whole = False
            yield fails(part.name, "part_changed", part=part.name)
    concealed = len(evidence.digests) - len(seen)
    if evidence.audience == NETWORK and concealed > 0:
        is_whole = False
        yield fails("parts", "parts_missing", count=concealed)
    if (root := root_of(evidence.digests)) != evidence.header.get("root"):
        is_whole = False
        yield fails("root", "root_differs", root=root, signed=evidence.header.get("root"))
    if is_whole:
        left_out = {"concealed": concealed, "audience": evidence.audience} if concealed else {}
        yield holds("parts", "parts_signed", count=len(evidence.parts), root=root, **left_out)


def _erasures(evidence: Evidence) -> Iterator[Finding]:
    """What is no more: said, for nobody can check it. Who has evidence from before finds its root here."""
    bodies = evidence.bodies("erasure")
    for name, body in bodies.items():
        if "/" in name:
            continue
        what = f"erasure/{name}"
        told = {
            "gone": body["what"],
            "at": iso(cast(int, body["at"])),
            "made_by": body["made_by"],
            "root": body["root"] or "unknown",
        }
        parts = bodies.get(f"{name}/parts")
        counted = {} if parts is None else {"count": len(parts)}
        yield not_checked(what, "erased", **told, **counted)


def _recordings(evidence: Evidence, given: Mapping[str, bytes]) -> Iterator[Finding]:
    """Each recording, inside the file and beside it, by its digest."""
    bodies, inside = evidence.bodies("recording"), inlined(evidence)
    signed = {str(body["sha256"]): name for name, body in bodies.items() if body["sha256"]}
    for name, recording in bodies.items():
        what, digest = f"recording/{name}", recording["sha256"]
        if digest is None:
            fault = {"fault": recording["fault"]} if recording["fault"] else {}
            yield not_checked(what, "recording_never_kept", **fault)
            continue
        for kept, sounds in (("inside", inside), ("at_hand", given)):
            if name in sounds and (found := hashlib.sha256(sounds[name]).hexdigest()) != digest:
                told = {"found": found, "signed": digest, "path": recording["path"]}
                other = {"other": signed[found]} if found in signed else {}
                yield fails(what, "recording_differs", kept=kept, **told, **other)
            elif name in sounds:
                yield holds(what, "recording_signed", kept=kept)
        if name not in inside and name not in given:
            pruned_at = cast("int | None", recording["pruned_at"])
            deleted = {"deleted_at": iso(pruned_at)} if pruned_at else {}
            yield not_checked(what, "recording_absent", signed=digest, **deleted)
    for name in sorted(given.keys() - bodies.keys()):
        yield fails(f"recording/{name}", "recording_unknown", recording=name)
    yield from _sounds(evidence)


def _sounds(evidence: Evidence) -> Iterator[Finding]:
    """The sound in which an answer was given is the one that was kept for it."""
    recordings = evidence.bodies("recording")
    for name, answer in answers_of(evidence).items():
        sound = answer.utterance.sound if answer.utterance is not None else None
        kept = recordings.get(sound.recording, {}) if sound is not None else {}
        if sound is not None and kept.get("sha256") not in (None, sound.sha256):
            part = f"answer/{name}"
            told = {"recording": sound.recording, "found": kept["sha256"], "heard": sound.sha256}
            yield fails(part, "sound_differs", part=part, **told)

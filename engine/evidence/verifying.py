"""Is this evidence what the network signed, and does its verdict follow? Checked offline, line by line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from joserfc.jwk import ECKey

from engine.evidence.accounts import check_accounts
from engine.evidence.dossier import NETWORK
from engine.evidence.findings import Finding, briefly, fails, holds, not_checked
from engine.evidence.judging import check_by_judging
from engine.evidence.parts import root_of
from engine.evidence.replaying import check_by_replay
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
    checks: Sequence[tuple[str, Callable[[], Iterator[Finding]]]] = (
        ("signature", lambda: _signature(evidence, key)),
        ("parts", lambda: _digests(evidence)),
        ("file", lambda: _form(evidence)),
        ("replay", lambda: check_by_replay(evidence, seal) if whole else check_by_judging(evidence)),
        ("ledger", lambda: check_accounts(evidence)),
        ("recordings", lambda: _recordings(evidence, recordings or {})),
    )
    return Report(tuple([finding for what, check in checks for finding in _told(what, check)]))


def _told(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The check's findings; what it cannot even read, it says so of."""
    try:
        yield from check()
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError) as error:
        yield fails(what, f"what this check reads is not as it was written: {type(error).__name__}: {error}")


def _signature(evidence: Evidence, key: ECKey | None) -> Iterator[Finding]:
    told = {"alg": ALGORITHM, "typ": TYPE}
    for name, expected in told.items():
        if evidence.header.get(name) != expected:
            found = briefly(evidence.header.get(name))
            yield fails("signature", f"header.{name} is {found}, expected {expected}")
    try:
        own = own_key_of(evidence.header)
    except EvidenceError as error:
        yield fails("signature", str(error))
        return
    given = key or own
    thumbprint = given.thumbprint()
    if key is not None and thumbprint != own.thumbprint():
        yield fails("signature", f"signed by key {own.thumbprint()}, not by the one given, {thumbprint}")
    elif not is_signed_by(evidence.document, given):
        yield fails("signature", f"the file is not as key {thumbprint} signed it, or another signed it")
    elif key is None:
        yield holds("signature", f"signed by {thumbprint}; compare that with the key the network published")
    else:
        yield holds("signature", f"signed by {thumbprint}, the key that was given")


def _form(evidence: Evidence) -> Iterator[Finding]:
    """Header and vCon say nothing but what their parts say; no part is there twice."""
    if not evidence.bodies("call").get(""):
        yield fails("call", "the file does not say of which call it is")
        return
    is_right = True
    for where, held, made in differing(evidence):
        is_right = False
        yield fails(where, f"{where}: the file has {briefly(held)}, its parts give {briefly(made)}")
    names = [part.name for part in evidence.parts]
    for name in sorted(
        {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()
    ):
        is_right = False
        yield fails(name, f"{name} is in the file twice")
    if is_right:
        yield holds("file", "its form follows from its parts")


def _digests(evidence: Evidence) -> Iterator[Finding]:
    """Every part is the one that was signed; all digests together make the root."""
    seen: set[int] = set()
    is_whole = True
    for part in evidence.parts:
        is_there = 0 <= part.index < len(evidence.digests) and part.index not in seen
        seen.add(part.index)
        if not is_there or evidence.digests[part.index] != part.digest:
            is_whole = False
            yield fails(part.name, f"{part.name} is not what was signed: its digest differs")
    concealed = len(evidence.digests) - len(seen)
    if evidence.audience == NETWORK and concealed > 0:
        is_whole = False
        yield fails("parts", f"{concealed} parts are missing from a file that should hold all of them")
    if (root := root_of(evidence.digests)) != evidence.header.get("root"):
        is_whole = False
        yield fails("root", f"the digests make {root}, the signature names {evidence.header.get('root')}")
    if is_whole:
        left_out = f", {concealed} are not for {evidence.audience}" if concealed else ""
        yield holds("parts", f"{len(evidence.parts)} parts are as signed{left_out}; root {root}")


def _recordings(evidence: Evidence, given: Mapping[str, bytes]) -> Iterator[Finding]:
    """Each recording, inside the file and beside it, by its digest."""
    bodies, inside = evidence.bodies("recording"), inlined(evidence)
    signed = {str(body["sha256"]): name for name, body in bodies.items() if body["sha256"]}
    for name, recording in bodies.items():
        what, digest = f"recording/{name}", recording["sha256"]
        if digest is None:
            yield not_checked(what, f"no file was kept: {recording['fault'] or 'it was never finished'}")
            continue
        for where, sounds in (("inside the file", inside), ("at hand", given)):
            if name in sounds and (found := hashlib.sha256(sounds[name]).hexdigest()) != digest:
                other = f", which is that of recording/{signed[found]}" if found in signed else ""
                sentence = f"the recording {where} has sha256 {found}{other}; signed was {digest}"
                yield fails(what, f"{sentence} ({recording['path']})")
            elif name in sounds:
                yield holds(what, f"the recording {where} is the one that was signed")
        if name not in inside and name not in given:
            deleted = f"; its file was deleted {iso(cast('int | None', recording['pruned_at']))}"
            was = deleted if recording["pruned_at"] else ""
            yield not_checked(what, f"the recording is not at hand; its sha256 is {digest}{was}")
    for name in sorted(given.keys() - bodies.keys()):
        yield fails(f"recording/{name}", f"the file knows of no recording '{name}' of this call")

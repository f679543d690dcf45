"""Is this evidence what the network signed, and does its verdict follow? Checked offline, line by line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from joserfc.jwk import ECKey

from engine.core.journal import JsonObject
from engine.evidence.dossier import NETWORK
from engine.evidence.findings import Finding, fails, holds, not_checked
from engine.evidence.judging import check_by_judging
from engine.evidence.parts import root_of
from engine.evidence.replaying import check_by_replay
from engine.evidence.signing import is_signed_by
from engine.evidence.vcon import Evidence, inlined
from engine.store.chain import Link, hash_of
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
    findings = [*_signature(evidence, key), *_digests(evidence)]
    if evidence.audience == NETWORK:
        findings += check_by_replay(evidence, seal)
    else:
        findings += check_by_judging(evidence)
    findings += _ledger(evidence)
    findings += _recordings(evidence, {**inlined(evidence), **(recordings or {})})
    return Report(tuple(findings))


def _signature(evidence: Evidence, key: ECKey | None) -> Iterator[Finding]:
    own = evidence.header.get("jwk")
    if key is None and not isinstance(own, dict):
        yield fails("signature", "the file names no key, and none was given")
        return
    try:
        used = key or ECKey.import_key(cast("dict[str, str | list[str]]", own))
        thumbprint = used.thumbprint()
    except (ValueError, TypeError, KeyError) as error:
        yield fails("signature", f"the key in the file is none: {error}")
        return
    if not is_signed_by(evidence.document, used):
        who = "the key that was given" if key else "the key that it names"
        yield fails("signature", f"the file is not as it was signed, or not signed by {who} ({thumbprint})")
    elif key is None:
        yield holds("signature", f"signed by {thumbprint}; compare that with the key the network published")
    else:
        yield holds("signature", f"signed by {thumbprint}, the key that was given")


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


def _ledger(evidence: Evidence) -> Iterator[Finding]:
    """Each entry is the one that its hash covers, and the bills are what the verdicts say."""
    entries = evidence.bodies("ledger")
    is_right = True
    for name, entry in entries.items():
        sold_to = evidence.body(f"sale/{name}")
        if isinstance(sold_to, str) and _hash_of(entry, sold_to) != entry["hash"]:
            is_right = False
            yield fails("ledger", f"ledger/{name} is not the entry that its hash in the ledger covers")
    verdicts = evidence.bodies("verdict").values()
    for kind in ("payout", "revenue"):
        if not any(f"{kind}_micros" in verdict for verdict in verdicts):
            continue
        owed = sum(cast(int, verdict.get(f"{kind}_micros") or 0) for verdict in verdicts)
        # What somebody entered afterwards says why; what the verdict entered says nothing.
        billed = [entry for entry in entries.values() if entry["kind"] == kind and not entry["why"]]
        entered = sum(cast(int, entry["amount_micros"]) for entry in billed)
        if entered != owed:
            is_right = False
            yield fails("ledger", f"{kind} in the ledger is {entered} micros, the verdicts give {owed}")
    known = {(entry["party"], entry["position"]) for entry in entries.values()}
    for name, entry in entries.items():
        if entry["corrects"] is not None and (entry["party"], entry["corrects"]) not in known:
            is_right = False
            yield fails("ledger", f"ledger/{name} corrects an entry of {entry['party']} that is not here")
    if entries and is_right:
        yield holds("ledger", f"{len(entries)} entries agree with their hashes and the verdicts")


def _hash_of(entry: JsonObject, sold_to: str) -> str:
    fields = {name: entry[name] for name in Link.__dataclass_fields__ if name != "buyer"}
    return hash_of(Link(**fields, buyer=sold_to))  # type: ignore[arg-type]


def _recordings(evidence: Evidence, at_hand: Mapping[str, bytes]) -> Iterator[Finding]:
    for name, recording in evidence.bodies("recording").items():
        if name not in at_hand:
            yield not_checked(
                f"recording/{name}", f"the recording is not at hand; its sha256 is {recording['sha256']}"
            )
        elif (found := hashlib.sha256(at_hand[name]).hexdigest()) != recording["sha256"]:
            yield fails(
                f"recording/{name}", f"the recording has sha256 {found}, signed was {recording['sha256']}"
            )
        else:
            yield holds(f"recording/{name}", "the recording is the one that was signed")

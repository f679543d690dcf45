"""The whole proof: the journal, fed to the frozen revision again, leads to the very facts of the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import cast

from engine.core.flow import Revision
from engine.core.journal import Entry, JournalUnreadableError, Json, JsonObject, event_from_json, objects
from engine.core.replay import replay
from engine.evidence.dossier import Material, dossier_of, facts_of
from engine.evidence.findings import Finding, briefly, differences, fails, holds, not_checked
from engine.evidence.rebuilding import CARRIER, is_abridged, rebuilt
from engine.evidence.vcon import Evidence
from engine.language.kept.reading import UnreadableRevision, read_kept
from engine.language.revisions import revision_id
from engine.store.errors import SealError
from engine.store.seal import PREFIX, Seal
from engine.store.tables.carrier_records import CarrierRecord
from engine.store.tables.journal import KeptEntry, unsealed
from engine.store.views import CallRecord

_DERIVED = frozenset(
    {
        *("call", "answer", "decision", "leg", "verdict", "corrected", "terms", "path", "turns", "tags"),
        *("faults", "consent", "revision", "journal"),
    }
)
_ADDED = frozenset({"ledger", "sale", "recording", "carrier", "dispute"})  # by others, after the call
_BROKEN = (ValueError, TypeError, KeyError, AttributeError, LookupError)  # what a forged journal may raise


def check_by_replay(evidence: Evidence, seal: Seal | None) -> Iterator[Finding]:
    """The revision is the one named, its replay gives the same commands, and these the file's facts."""
    files = {
        part.name.removeprefix("revision/"): str(part.body)
        for part in evidence.parts
        if part.group == "revision"
    }
    source = evidence.body("call/source")
    named = source.get("revision") if isinstance(source, dict) else None
    if (found := revision_id(files)) != named:
        yield fails("revision", f"the files inside are revision {found}, the call ran by {named}")
    else:
        yield holds("revision", f"{len(files)} files are revision {named}")
    journal = _journal(evidence)
    entries: tuple[Entry, ...] | Finding
    try:
        revision = read_kept(files)
        entries = _unsealed(journal, seal)
    except UnreadableRevision as problem:
        entries = not_checked("replay", f"this version cannot read the revision inside: {problem}")
    if isinstance(entries, Finding):
        yield entries
    else:
        yield _replayed(entries, revision)
    decisions = [fact for fact in facts_of(journal) if fact["type"] == "Decision"]
    material = Material(_record(journal), journal, files, decisions=tuple(decisions))
    corrected = _corrected_by_carriers(evidence)
    if not is_abridged(decisions) and not corrected:
        yield from _compared(evidence, material, _DERIVED)
    elif isinstance(entries, Finding):
        yield not_checked("facts", "what only a replay can reckon was not reckoned")
        yield from _compared(evidence, material, _DERIVED - {"decision", "terms", "answer", "corrected"})
    else:
        records = _carrier_records(evidence)
        whole = rebuilt(decisions, entries, revision, records, corrected)
        material = replace(material, decisions=whole.decisions, corrected=whole.corrected)
        yield from _compared(evidence, material, _DERIVED)


def _unsealed(journal: tuple[KeptEntry, ...], seal: Seal | None) -> tuple[Entry, ...] | Finding:
    """The entries to replay, or why there are none."""
    entries = []
    for number, kept in enumerate(journal):
        try:
            event = event_from_json(kept.event)
            if PREFIX in str(kept.event):
                if seal is None:
                    sentence = "a sensitive answer is sealed; the journal's key is needed to replay the call"
                    return not_checked("replay", sentence)
                event = unsealed(event, "in the file", seal)
        except JournalUnreadableError as error:
            return fails("replay", f"journal/{number} is no event: {error}")
        except SealError as error:
            return fails("replay", str(error))
        entries.append(Entry(event, kept.commands))
    return tuple(entries)


def _replayed(entries: tuple[Entry, ...], revision: Revision) -> Finding:
    difference = replay(entries, revision).difference
    if difference is not None:
        return fails("replay", str(difference))
    return holds("replay", f"all {len(entries)} events lead to the same commands")


def _compared(evidence: Evidence, material: Material, groups: Collection[str]) -> Iterator[Finding]:
    """Each fact of the file stands in the journal word for word, and nothing else stands in the file."""
    derived = {
        name: body for name, body in dossier_of(material).bodies.items() if name.partition("/")[0] in groups
    }
    kept = {part.name: part.body for part in evidence.parts if part.group in groups}
    is_whole = True
    for name in [*kept, *(name for name in derived if name not in kept)]:
        for path, held, found in differences(kept.get(name), derived.get(name)):
            is_whole = False
            where = (f"{name}.{path}" if path else name) + _clause_at(path, derived.get(name))
            source = "the revision" if name.startswith(("terms/", "revision/")) else "the journal"
            yield fails(name, f"{where}: the file says {briefly(held)}, {source} gives {briefly(found)}")
    for part in evidence.parts:
        if part.group not in _DERIVED | _ADDED:
            is_whole = False
            yield fails(part.name, f"{part.name} is nothing that evidence holds")
    if is_whole:
        yield holds("facts", f"{len(kept)} parts follow from the journal")


def _clause_at(path: str, body: Json) -> str:
    """Which clause a path leads to, in its own words: nobody counts clauses."""
    found = re.match(r"(clauses|payout_clauses)\[(\d+)\]", path)
    if found is None or not isinstance(body, dict):
        return ""
    clauses = objects(body[found[1]])
    return f" (`{clauses[int(found[2])]['clause']}`)" if int(found[2]) < len(clauses) else ""


def _corrected_by_carriers(evidence: Evidence) -> frozenset[str]:
    """The buyers for whom a carrier's record made an entry."""
    sales = evidence.bodies("sale")
    return frozenset(
        str(sales[name]["buyer"])
        for name, entry in evidence.bodies("ledger").items()
        if str(entry["made_by"]).startswith(CARRIER)
    )


def _carrier_records(evidence: Evidence) -> tuple[CarrierRecord, ...]:
    bodies = evidence.bodies("carrier")
    return tuple(
        CarrierRecord(**body, **bodies.get(f"{name}/finding", {}))  # type: ignore[arg-type]
        for name, body in bodies.items()
        if not name.endswith("/finding")
    )


def _journal(evidence: Evidence) -> tuple[KeptEntry, ...]:
    bodies = evidence.bodies("journal")
    return tuple(
        KeptEntry(
            cast(JsonObject, bodies[name]["event"]),
            tuple(cast("list[JsonObject]", bodies[name]["commands"])),
        )
        for name in sorted(bodies, key=int)
    )


def _record(journal: tuple[KeptEntry, ...]) -> CallRecord:
    """The call as a whole, as its journal tells it."""
    arrived = journal[0].event
    facts = {str(fact["type"]): fact for fact in facts_of(journal)}
    opened, ending = facts["CallOpened"], facts["Ending"]
    started_at = cast(int, arrived["started_at"])
    return CallRecord(
        call=str(arrived["call"]),
        carrier=str(arrived["carrier"]),
        carrier_call=str(arrived["carrier_call"]),
        from_number=str(arrived["caller_number"]),
        to_number=str(arrived["called_number"]),
        flow=str(opened["flow"]),
        revision=str(opened["revision"]),
        campaign=str(opened["campaign"]),
        publisher=str(opened["publisher"]),
        started_at=started_at,
        ended_at=started_at + cast(int, ending["at"]),
        ended_by=str(ending["ended_by"]),
        reason=str(ending["reason"]),
    )

"""The whole proof: the journal, fed to the frozen revision again, leads to the very facts of the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import cast

from engine.core.conditions import ClauseOutcome
from engine.core.events import CallArrived
from engine.core.facts import CallOpened, Decision, Ending
from engine.core.flow import Revision
from engine.core.journal import Entry, JournalUnreadableError, event_from_json, objects, record_from_json
from engine.core.json_values import Json, JsonObject
from engine.core.replay import replay
from engine.evidence.dossier import EARLIER, Material, dossier_of, facts_of
from engine.evidence.findings import Finding, differences, fails, holds, not_checked
from engine.evidence.older import in_its_order
from engine.evidence.rebuilding import is_abridged, rebuilt
from engine.evidence.shown import entries_of, sales_of
from engine.evidence.vcon import Evidence
from engine.language.kept.reading import LAST_READ, UnreadableRevision
from engine.language.revisions import revision_id
from engine.store.errors import SealError
from engine.store.seal import PREFIX, Seal
from engine.store.tables.carrier_records import CarrierRecord, finding_from_json
from engine.store.tables.journal import KeptEntry, unsealed
from engine.store.views import CallRecord

_DERIVED = frozenset(
    {
        *("call", "answer", "decision", "leg", "verdict", "corrected", "terms", "path", "turns", "tags"),
        *("faults", "consent", "revision", "journal"),
    }
)
_ADDED = frozenset(
    {"ledger", "sale", "recording", "carrier", "dispute", "erasure"}
)  # by others, after the call
_OF_REVISION = frozenset({"terms", "revision"})


def check_by_replay(evidence: Evidence, seal: Seal | None) -> Iterator[Finding]:
    """The revision is the one named, its replay gives the same commands, and these the file's facts."""
    files = {
        part.name.partition("/")[2]: str(part.body) for part in evidence.parts if part.group == "revision"
    }
    named = evidence.bodies("call").get("source", {}).get("revision")
    if (found := revision_id(files)) != named:
        yield fails("revision", "revision_differs", found=found, named=named)
    else:
        yield holds("revision", "revision_named", files=len(files), named=named)
    journal = _journal(evidence)
    entries: tuple[Entry, ...] | Finding
    try:
        revision = LAST_READ.revision(files)
        entries = _unsealed(journal, seal)
    except UnreadableRevision as problem:
        entries = not_checked("replay", "revision_unreadable", mistake=str(problem))
    if evidence.held("erasure"):
        entries = not_checked("replay", "journal_erased")
    if isinstance(entries, Finding):
        yield entries
    else:
        yield _replayed(entries, revision)
    decisions = [fact for fact in facts_of(journal) if isinstance(fact, Decision)]
    material = Material(_record(journal), journal, files, decisions=tuple(decisions))
    corrected = _corrected_by_carriers(evidence)
    if not is_abridged(decisions) and not corrected:
        yield from _compared(evidence, material, _DERIVED)
    elif isinstance(entries, Finding):
        yield not_checked("facts", "facts_not_replayed")
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
                    return not_checked("replay", "journal_sealed")
                event = unsealed(event, "in the file", seal)
            event = in_its_order(event, kept.commands)
        except JournalUnreadableError as error:
            return fails("replay", "event_unreadable", number=number, error=str(error))
        except SealError as error:
            return fails("replay", "seal_differs", error=str(error))
        entries.append(Entry(event, kept.commands))
    return tuple(entries)


def _replayed(entries: tuple[Entry, ...], revision: Revision) -> Finding:
    difference = replay(entries, revision).difference
    if difference is not None:
        return fails("replay", "replay_differs", difference=str(difference))
    return holds("replay", "replayed", events=len(entries))


def _compared(evidence: Evidence, material: Material, groups: Collection[str]) -> Iterator[Finding]:
    """Each fact of the file stands in the journal word for word, and nothing else stands in the file."""
    derived = {
        name: body for name, body in dossier_of(material).bodies.items() if name.partition("/")[0] in groups
    }
    kept = {name: body for group in groups for name, body in evidence.held(group).items()}
    if not any(EARLIER in name for name in kept):  # older engines left them out
        derived = {name: body for name, body in derived.items() if EARLIER not in name}
    is_whole = True
    for name in [*kept, *(name for name in derived if name not in kept)]:
        both = kept.get(name), derived.get(name)
        for path, held, found in differences(*both, is_older=evidence.is_older):
            is_whole = False
            source = "revision" if name.partition("/")[0] in _OF_REVISION else "journal"
            told = {"where": f"{name}.{path}" if path else name, "held": held, "found": found}
            clause = _clause_at(path, derived.get(name))
            yield fails(name, "fact_differs", **told, source=source, **clause)
    for part in evidence.parts:
        if part.group not in _DERIVED | _ADDED:
            is_whole = False
            yield fails(part.name, "part_unknown", part=part.name)
    if is_whole:
        yield holds("facts", "facts_follow", count=len(kept))


def _clause_at(path: str, body: Json) -> Mapping[str, ClauseOutcome]:
    """Which clause a path leads to: nobody counts clauses."""
    found = re.match(r"(clauses|payout_clauses)\[([0-9]{1,9})\]", path)
    if found is None or not isinstance(body, dict):
        return {}
    clauses = objects(body[found[1]])
    number = int(found[2])
    return {"clause": record_from_json(ClauseOutcome, clauses[number])} if number < len(clauses) else {}


def _corrected_by_carriers(evidence: Evidence) -> frozenset[str]:
    """The buyers for whom a carrier's record made an entry."""
    sales = sales_of(evidence)
    return frozenset(
        sales[name].buyer
        for name, entry in entries_of(evidence).items()
        if entry.made_through.by == "carrier"
    )


def _carrier_records(evidence: Evidence) -> tuple[CarrierRecord, ...]:
    bodies = evidence.bodies("carrier")
    found = []
    for name, body in bodies.items():
        if "/" not in name:
            finding = finding_from_json(bodies.get(f"{name}/finding", {}).get("finding"))
            found.append(CarrierRecord(**body, finding=finding))  # type: ignore[arg-type]
    return tuple(found)


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
    arrived = event_from_json(journal[0].event)
    facts = list(facts_of(journal))
    opened = next(fact for fact in facts if isinstance(fact, CallOpened))
    ending = next(fact for fact in facts if isinstance(fact, Ending))
    assert isinstance(arrived, CallArrived), "a journal begins with the call's arrival"
    return CallRecord(
        call=arrived.call,
        carrier=arrived.carrier,
        carrier_call=arrived.carrier_call,
        from_number=arrived.caller_number,
        to_number=arrived.called_number,
        flow=opened.flow,
        revision=opened.revision,
        campaign=opened.campaign,
        publisher=opened.publisher,
        started_at=arrived.started_at,
        ended_at=arrived.started_at + ending.at,
        ended_by=ending.ended_by,
        reason=ending.reason,
        practice=arrived.practice,
    )

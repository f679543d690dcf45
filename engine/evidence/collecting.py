"""What the store has of a call, collected for its evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from engine.core.facts import Decision, Ending
from engine.core.flow import Revision
from engine.evidence.dossier import Material, facts_of
from engine.evidence.rebuilding import Rebuilt, corrected_buyers, is_abridged, rebuilt
from engine.evidence.signing import EvidenceError
from engine.language.kept.reading import LAST_READ, UnreadableRevision
from engine.store.errors import StoreError
from engine.store.instants import iso
from engine.store.store import Store
from engine.store.tables.recordings import recording_json
from engine.store.views import CallView


async def collect(store: Store, call: str) -> Material:
    """Everything of an ended call; raises EvidenceError where there is nothing to prove yet or any more."""
    view = await store.call(call)
    if view is None:
        raise EvidenceError(f"call '{call}' doesn't exist")
    if view.record.ended_at is None:
        raise EvidenceError(f"call {call} still goes on; evidence is made of what has ended")
    files = await store.revision_files(view.record.revision)
    if files is None:
        raise EvidenceError(
            f"call {call}: its revision {view.record.revision} is not in this database; "
            "evidence needs the very files that the call ran by"
        )
    journal = tuple(await store.kept_journal(call))
    if not journal:
        raise EvidenceError(f"call {call}: {_no_journal(view)}")
    facts = list(facts_of(journal))
    decisions = [fact for fact in facts if isinstance(fact, Decision)]
    ending = next(fact for fact in facts if isinstance(fact, Ending))
    whole = Rebuilt(tuple(decisions), ())
    corrected = corrected_buyers(view.ledger)
    if view.erasures:
        whole = _kept_rebuilt(view, whole)
    elif corrected or is_abridged(decisions):
        revision = await _revision_of(view, files)
        try:
            entries = await store.journal(call)
            records = view.carrier_records
            whole = await asyncio.to_thread(rebuilt, decisions, entries, revision, records, corrected)
        except (StoreError, ValueError) as error:
            raise EvidenceError(f"call {call}: its journal can't be replayed: {error}") from error
    return Material(
        record=replace(view.record, reason=ending.reason),  # an older engine kept a sentence in its table
        journal=journal,
        files=files,
        ledger=await store.ledger_links(call),
        recordings=tuple(recording_json(kept) for kept in view.recordings),
        carrier_records=view.carrier_records,
        disputes=view.disputes,
        decisions=whole.decisions,
        corrected=whole.corrected,
        erasures=view.erasures,
        blind=view.blind,
    )


def _no_journal(view: CallView) -> str:
    for erasure in view.erasures:
        if erasure.what == "journal":
            at = iso(erasure.made_at)
            return (
                f"its journal was erased on {at} by {erasure.made_by}; nothing can be proven of it any more"
            )
    return "its journal is empty"


def _kept_rebuilt(view: CallView, written: Rebuilt) -> Rebuilt:
    """What the journal led to before something was erased of it."""
    for erasure in reversed(view.erasures):
        if erasure.rebuilt is not None:
            decisions = erasure.decisions
            return Rebuilt(written.decisions if decisions is None else decisions, erasure.corrected)
    return written


async def _revision_of(view: CallView, files: Mapping[str, str]) -> Revision:
    try:
        return await asyncio.to_thread(LAST_READ.revision, files)
    except UnreadableRevision as problem:
        raise EvidenceError(
            f"call {view.record.call}: its revision is stored, but can't be read: {problem}"
        ) from problem

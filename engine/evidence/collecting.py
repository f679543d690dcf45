"""What the store has of a call, collected for its evidence."""

from __future__ import annotations

from engine.evidence.dossier import Material
from engine.evidence.signing import EvidenceError
from engine.store.recordings import recording_json
from engine.store.store import Store


async def collect(store: Store, call: str) -> Material:
    """Everything of an ended call; raises EvidenceError where there is nothing to prove yet or any more."""
    view = await store.call(call)
    if view is None:
        raise EvidenceError(f"there is no call '{call}'")
    if view.record.ended_at is None:
        raise EvidenceError(f"call {call} still goes on; evidence is made of what has ended")
    files = await store.revision_files(view.record.revision)
    if files is None:
        raise EvidenceError(
            f"call {call}: its revision {view.record.revision} is not in this database; "
            "evidence needs the very files that the call ran by"
        )
    return Material(
        record=view.record,
        journal=tuple(await store.kept_journal(call)),
        files=files,
        ledger=await store.ledger_links(call),
        recordings=tuple(recording_json(kept) for kept in view.recordings),
        carrier_records=view.carrier_records,
        disputes=view.disputes,
    )

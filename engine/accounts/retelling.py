"""A kept call told whole: every buyer of a decision among many, the verdicts that carriers' records changed.

The journal is fed to the call's own revision again (`engine.evidence.rebuilding`). Nothing is looked up anew:
the clauses, values and times are those of the moment of the choice.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from engine.accounts.revisions import revision_if_readable
from engine.core.flow import Revision
from engine.core.records import changed
from engine.evidence.rebuilding import corrected_buyers, is_abridged, rebuilt
from engine.store.store import Store
from engine.store.views import CallView


async def call_in_full(
    store: Store, call: str, running: Revision | None = None, *, every_buyer: bool = True
) -> CallView | None:
    """The call with all that its journal leaves to be reckoned; None where there is none of that name.

    `running` spares reading the revision again where it is the call's own. Without `every_buyer` decisions
    stay as they were written. A call whose revision cannot be read stays so altogether.
    """
    view = await store.call(call)
    if view is None:
        return None
    if view.erasures:
        return _as_kept(view, every_buyer=every_buyer)
    corrected, is_long = corrected_buyers(view.ledger), every_buyer and is_abridged(view.decisions)
    if not corrected and not is_long:
        return view
    name = view.record.revision
    is_running = running is not None and running.id == name
    revision = running if is_running else await revision_if_readable(store, name)
    if revision is None:
        return view
    decisions = view.decisions if is_long else ()
    try:
        journal = await store.journal(call)
        records = view.carrier_records
        whole = await asyncio.to_thread(rebuilt, decisions, journal, revision, records, corrected)
    except ValueError:  # an older version's journal, which this one follows elsewhere
        return view
    told = tuple(changed(decision, others={}) for decision in whole.decisions)
    return replace(view, decisions=told if is_long else view.decisions, corrected=whole.corrected)


def _as_kept(view: CallView, *, every_buyer: bool) -> CallView:
    """Of a call that something was erased of: what was rebuilt before, without what was erased."""
    for erasure in reversed(view.erasures):
        if erasure.rebuilt is not None:
            decisions = erasure.decisions if every_buyer else None
            told = tuple(changed(decision, others={}) for decision in decisions or ())
            return replace(view, decisions=told or view.decisions, corrected=erasure.corrected)
    return view

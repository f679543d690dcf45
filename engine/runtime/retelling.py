"""A kept call with its decisions whole: what a decision among many buyers did not write is rebuilt.

The journal is fed to the call's own revision again, whose market now writes every buyer. Nothing is looked
up anew: the clauses, values and times are those of the moment of the choice.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from engine.core.flow import Revision
from engine.core.journal import to_json
from engine.core.replay import decisions_in_full
from engine.language.revisions import publish
from engine.store.store import Store
from engine.store.views import CallView


async def call_in_full(store: Store, call: str, running: Revision | None = None) -> CallView | None:
    """The call with every buyer of each decision; None where there is none of that name.

    `running` spares reading the revision again where it is the call's own. A call whose revision is not
    kept stays as it was written.
    """
    view = await store.call(call)
    if view is None or not any(decision.get("others") for decision in view.decisions):
        return view
    revision = running
    if revision is None or revision.id != view.record.revision:
        files = await store.revision_files(view.record.revision)
        published = None if files is None else await asyncio.to_thread(publish, files)
        revision = None if published is None else published.revision
    if revision is None:
        return view
    whole = decisions_in_full(await store.journal(call), revision)
    if len(whole) != len(view.decisions):
        return view
    rebuilt = (
        {**as_written, "candidates": to_json(decision)["candidates"], "others": {}}
        for as_written, decision in zip(view.decisions, whole, strict=True)
    )
    return replace(view, decisions=tuple(rebuilt))

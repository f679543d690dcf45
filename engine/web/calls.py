"""Calls over the API: the list, and one in full."""

from __future__ import annotations

from typing import Annotated

from fastapi import HTTPException, Query

from engine.accounts.call_line import CallLine
from engine.accounts.call_shown import CallShown
from engine.accounts.retelling import call_in_full
from engine.web.answers import Routes
from engine.web.forms import Practice, call_named, refusals
from engine.web.needs import OpenStore, RunningRevision

routes = Routes()


@routes.get("/calls", summary="Calls, newest first")
async def calls(
    store: OpenStore,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: str | None = None,
    practice: Practice = False,
) -> list[CallLine]:
    found = await store.calls(limit, before, practice=practice)
    return [CallLine.of(summary) for summary in found]


@routes.get(
    "/calls/{call}",
    summary="One call: path, answers, decisions, legs, verdicts, ledger",
    responses=refusals(400, 404),
)
async def call(call: str, store: OpenStore, published: RunningRevision) -> CallShown:
    name = await call_named(store, call)
    view = await call_in_full(store, name, published.revision if published else None)
    if view is None:
        raise HTTPException(404, f"call {call!r} doesn't exist")
    return CallShown.of(view)

"""What callers want of the network, over the API: opting out, and being called back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import HTTPException, Query
from pydantic import BaseModel

from engine.accounts.forgetting import UnusableNumber
from engine.accounts.opting_out import opt
from engine.accounts.wishes_shown import CallbackShown, CalledBack, OptOutShown, OptOutTaken
from engine.store.tables.opt_outs import OptOutStep
from engine.web.answers import Routes
from engine.web.forms import Number, Text, Words, refusals
from engine.web.needs import NowMs, OpenStore

routes = Routes()


class OptOutAsked(BaseModel, extra="forbid"):
    """Put a number on the list of those who are not to be called (`out`), or take it off (`in`)."""

    number: Text
    action: Literal["out", "in"] = "out"
    why: Words = ""
    by: Text


class CalledBackAsked(BaseModel, extra="forbid"):
    """Who called the caller back."""

    by: Text


@routes.get("/optouts", summary="Callers who asked not to be called any more, newest first")
async def opted_out(store: OpenStore) -> list[OptOutShown]:
    return [OptOutShown.of(step) for step in await store.wishes.opted_out()]


@routes.post("/optouts", summary="Put a number on that list, or take it off", responses=refusals(400))
async def opting_out(asked: OptOutAsked, store: OpenStore, now_ms: NowMs) -> OptOutTaken:
    step = OptOutStep(asked.number, asked.action, None, asked.by, asked.why, now_ms)
    try:
        changed = await opt(store, step)
    except UnusableNumber as unusable:
        raise HTTPException(422, str(unusable)) from unusable
    return OptOutTaken(number=asked.number, opted_out=asked.action == "out", changed=changed)


@routes.get("/callbacks", summary="Callers who want to be called back; Cordboard itself calls nobody")
async def callbacks(
    store: OpenStore, every: bool = False, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000
) -> list[CallbackShown]:
    found = await store.wishes.callbacks(is_open=not every, limit=limit)
    return [CallbackShown.of(asked) for asked in found]


@routes.post("/callbacks/{number}/done", summary="Note that somebody called back", responses=refusals(400))
async def called_back(number: Number, asked: CalledBackAsked, store: OpenStore) -> CalledBack:
    """`done` is 0 if there is no such request, or it was done before."""
    return CalledBack(done=await store.wishes.called_back([number], asked.by))

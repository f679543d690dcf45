"""Buyers over the API: who they are, what became of their calls, pausing and resuming them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel

from engine.accounts.buyer_shown import BuyerShown, FiguresShown, PauseShown, StepTaken
from engine.accounts.pausing import take_step
from engine.store.tables.pauses import PauseStep
from engine.web.answers import Routes
from engine.web.forms import Text, Words, refusals, refusals_told
from engine.web.needs import NowMs, OpenStore, RunningRevision

DAY_MS = 24 * 3_600_000

routes = Routes()


class PauseAsked(BaseModel, extra="forbid"):
    """Pause or resume a buyer, in one campaign or, if none is given, in all."""

    action: Literal["pause", "resume"] = "pause"
    campaign: Words = ""
    why: Text
    by: Text


@routes.get("/buyers", summary="The buyers of the running revision")
async def buyers(published: RunningRevision) -> list[BuyerShown]:
    if published is None:
        return []
    network = published.market.network
    return [BuyerShown.of(buyer, network) for buyer in network.buyers.values()]


@routes.get("/buyers/figures", summary="Outcomes of each buyer's calls, including buzzers")
async def figures(
    store: OpenStore, now_ms: NowMs, days: Annotated[int, Query(ge=1, le=3660)] = 30
) -> list[FiguresShown]:
    found = await store.books.buyer_figures(now_ms - days * DAY_MS)
    return [FiguresShown.of(each) for each in found]


@routes.get("/pauses", summary="The current pauses")
async def pauses(store: OpenStore) -> list[PauseShown]:
    return [PauseShown.of(step) for step in await store.pauses()]


@routes.post("/buyers/{buyer}/pauses", summary="Pause or resume a buyer", responses=refusals(400, 409))
async def pause(buyer: str, asked: PauseAsked, store: OpenStore, now_ms: NowMs) -> StepTaken:
    step = PauseStep(buyer, asked.campaign, asked.action, asked.why, asked.by, now_ms)
    async with refusals_told():
        changed = await take_step(store, step)
    return StepTaken.of(step, changed)

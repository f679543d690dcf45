"""The API for what operators do with buyers and bills: pause, correct, check the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from engine.accounts.pausing import take_step
from engine.core.money import parse_money
from engine.store.instants import iso
from engine.store.ledger.entries import Correction
from engine.store.money_views import chain_json, figures_json
from engine.store.tables.pauses import PauseStep
from engine.store.views import show_json
from engine.web.forms import Amount, Answer, Text, Words, call_named, refusals, refusals_told

if TYPE_CHECKING:
    from engine.runtime.engine import Engine


class PauseAsked(BaseModel, extra="forbid"):
    """Pause a buyer (or resume it): in one campaign, or in all where none is named."""

    action: Literal["pause", "resume"] = "pause"
    campaign: Words = ""
    why: Text
    by: Text


class CorrectionAsked(BaseModel, extra="forbid"):
    """What shall stand of a call's bill; left out, it stays."""

    buyer: Text
    amount: Amount | None = None
    payout: Amount | None = None
    why: Text
    by: Text


def add_desk_routes(routes: APIRouter, engine: Engine) -> None:
    """Routes to be included where the token is checked."""

    @routes.post("/buyers/{buyer}/pauses", summary="Pause or resume a buyer", responses=refusals(400, 409))
    async def pause(buyer: str, asked: PauseAsked) -> Answer:
        now_ms = engine.clock.now_ms()
        async with refusals_told():
            step = PauseStep(buyer, asked.campaign, asked.action, asked.why, asked.by, now_ms)
            changed = await take_step(engine.store, step)
        return {**asked.model_dump(), "buyer": buyer, "changed": changed}

    @routes.get("/buyers/figures", summary="What became of each buyer's calls, buzzers among them")
    async def figures(days: Annotated[int, Query(ge=1, le=3660)] = 30) -> list[Answer]:
        since_ms = engine.clock.now_ms() - days * 24 * 3_600_000
        return [figures_json(each) for each in await engine.store.books.buyer_figures(since_ms)]

    @routes.get("/pauses", summary="The pauses that stand")
    async def pauses() -> list[Answer]:
        return [
            {
                "buyer": step.buyer,
                "campaign": step.campaign or None,
                "why": step.why,
                "by": step.made_by,
                "since": iso(step.made_at),
            }
            for step in await engine.store.pauses()
        ]

    @routes.post(
        "/calls/{call}/corrections",
        summary="Make another amount of a call's bill stand",
        responses=refusals(400, 404, 409),
    )
    async def correct(call: str, asked: CorrectionAsked) -> Answer:
        wanted = {"revenue": asked.amount, "payout": asked.payout}
        if all(amount is None for amount in wanted.values()):
            raise HTTPException(422, "say what shall stand: amount, payout, or both")
        name = await call_named(engine.store, call)
        async with refusals_told():
            await engine.store.correct(
                *(
                    Correction(name, asked.buyer, kind, parse_money(amount), asked.why, asked.by)  # type: ignore[arg-type]
                    for kind, amount in wanted.items()
                    if amount is not None
                )
            )
        view = await engine.store.call(name)
        assert view is not None, "a call that was corrected is there"
        return show_json(view)

    @routes.get("/ledger/heads", summary="Each party's chain of entries: whether it holds, and its last hash")
    async def heads(party: str | None = None) -> list[Answer]:
        return [chain_json(check) for check in await engine.store.verify_ledger(party)]

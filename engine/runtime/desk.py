"""The API for what operators do with buyers and bills: pause, correct, dispute, check the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from engine.core.money import parse_money
from engine.exchange.disputes import Claim
from engine.runtime.disputing import decision_of, open_dispute
from engine.runtime.pausing import take_step
from engine.store.errors import AmbiguousCall, StoreError
from engine.store.instants import iso
from engine.store.ledger import Correction
from engine.store.pauses import PauseStep
from engine.store.views import chain_json, dispute_json, figures_json, show_json

if TYPE_CHECKING:
    from engine.runtime.engine import Engine

Answer = Mapping[str, object]

Text = Annotated[str, Field(min_length=1, max_length=2000)]
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$", examples=["40.00"])]


class PauseAsked(BaseModel, extra="forbid"):
    """Pause a buyer (or resume it): in one campaign, or in all where none is named."""

    action: Literal["pause", "resume"] = "pause"
    campaign: str = ""
    why: Text
    by: Text


class CorrectionAsked(BaseModel, extra="forbid"):
    """What shall stand of a call's bill; left out, it stays."""

    buyer: Text
    amount: Amount | None = None
    payout: Amount | None = None
    why: Text
    by: Text


class DisputeAsked(BaseModel, extra="forbid"):
    """A bill is disputed, by one of its clauses or for a reason."""

    call: Text
    buyer: Text
    clause: str = ""
    reason: str = ""
    says: Text
    by: Text


class DecisionAsked(BaseModel, extra="forbid"):
    """How a dispute ends; `amount` with `amount`, what the publisher is paid only where it shall change."""

    decision: Literal["accept", "reject", "amount"]
    amount: Amount | None = None
    payout: Amount | None = None
    why: str = ""
    by: Text


def desk_routes(engine: Engine) -> APIRouter:
    """Routes to be included where the token is checked."""
    routes = APIRouter()

    @routes.post("/buyers/{buyer}/pauses", summary="Pause or resume a buyer")
    async def pause(buyer: str, asked: PauseAsked) -> Answer:
        now_ms = engine.clock.now_ms()
        async with _told():
            step = PauseStep(buyer, asked.campaign, asked.action, asked.why, asked.by, now_ms)
            changed = await take_step(engine.store, step)
        return {**asked.model_dump(), "buyer": buyer, "changed": changed}

    @routes.get("/buyers/figures", summary="What became of each buyer's calls, buzzers among them")
    async def figures(days: Annotated[int, Query(ge=1, le=3660)] = 30) -> list[Answer]:
        since_ms = engine.clock.now_ms() - days * 24 * 3_600_000
        return [figures_json(each) for each in await engine.store.buyer_figures(since_ms)]

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

    @routes.post("/calls/{call}/corrections", summary="Make another amount of a call's bill stand")
    async def correct(call: str, asked: CorrectionAsked) -> Answer:
        wanted = {"revenue": asked.amount, "payout": asked.payout}
        if all(amount is None for amount in wanted.values()):
            raise HTTPException(422, "say what shall stand: amount, payout, or both")
        name = await _call_named(engine, call)
        async with _told():
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

    @routes.get("/disputes", summary="Disputes, oldest first")
    async def disputes(
        state: Annotated[Literal["open", "accepted", "partly", "rejected"] | None, Query()] = None,
    ) -> list[Answer]:
        found = await engine.store.disputes()
        return [dispute_json(each) for each in found if state in (None, each.state)]

    @routes.post("/disputes", status_code=201, summary="Dispute a bill; answers what the evidence proposes")
    async def dispute(asked: DisputeAsked) -> Answer:
        if bool(asked.clause) == bool(asked.reason):
            raise HTTPException(422, "say what is disputed: clause, or reason")
        name = await _call_named(engine, asked.call)
        claim = Claim(name, asked.buyer, asked.clause, asked.reason, asked.says)
        async with _told():
            return dispute_json(await open_dispute(engine.store, claim, asked.by, engine.clock.now_ms()))

    @routes.get("/disputes/{number}", summary="One dispute")
    async def one_dispute(number: int) -> Answer:
        found = await engine.store.disputes(number)
        if not found:
            raise HTTPException(404, f"there is no dispute {number}")
        return dispute_json(found[0])

    @routes.post("/disputes/{number}/decision", summary="Decide a dispute and correct the bill")
    async def decide(number: int, asked: DecisionAsked) -> Answer:
        if (asked.amount is not None) != (asked.decision == "amount"):
            raise HTTPException(422, "an amount goes with the decision 'amount', and with no other")
        amount, payout = _micros(asked.amount), _micros(asked.payout)
        async with _told():
            decision = decision_of(asked.decision, amount, payout, asked.why, asked.by)
            return dispute_json(await engine.store.decide_dispute(number, decision))

    @routes.get("/ledger/heads", summary="Each party's chain of entries: whether it holds, and its last hash")
    async def heads(party: str | None = None) -> list[Answer]:
        return [chain_json(check) for check in await engine.store.verify_ledger(party)]

    return routes


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """What the store refuses is told to who asked."""
    try:
        yield
    except StoreError as refused:
        raise HTTPException(409, str(refused)) from refused


async def _call_named(engine: Engine, call: str) -> str:
    try:
        name = await engine.store.find(call)
    except AmbiguousCall as several:
        raise HTTPException(400, str(several)) from several
    if name is None:
        raise HTTPException(404, f"there is no call {call!r}")
    return name


def _micros(amount: str | None) -> int | None:
    return None if amount is None else parse_money(amount)

"""The API's way to disputes: open, list, decide; as `cordboard dispute` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel

from engine.accounts.disputing import decision_of, open_dispute
from engine.core.money import parse_money
from engine.exchange.disputes import Claim
from engine.store.money_views import dispute_json
from engine.web.forms import (
    Amount,
    Answer,
    Number,
    Text,
    Words,
    call_named,
    refusals,
    refusals_told,
)

if TYPE_CHECKING:
    from engine.runtime.engine import Engine


class DisputeAsked(BaseModel, extra="forbid"):
    """A bill is disputed, by one of its clauses or for a reason."""

    call: Text
    buyer: Text
    clause: Words = ""
    reason: Words = ""
    says: Text
    by: Text


class DecisionAsked(BaseModel, extra="forbid"):
    """How a dispute ends; `amount` with `amount`, what the publisher is paid only where it shall change."""

    decision: Literal["accept", "reject", "amount"]
    amount: Amount | None = None
    payout: Amount | None = None
    why: Words = ""
    by: Text


def add_dispute_routes(routes: APIRouter, engine: Engine) -> None:
    """Routes to be included where the token is checked."""

    @routes.get("/disputes", summary="Disputes, oldest first")
    async def disputes(
        state: Annotated[Literal["open", "accepted", "partly", "rejected"] | None, Query()] = None,
    ) -> list[Answer]:
        found = await engine.store.disputes()
        return [dispute_json(each) for each in found if state in (None, each.state)]

    @routes.post(
        "/disputes",
        status_code=201,
        summary="Dispute a bill; answers what the evidence proposes",
        responses=refusals(400, 404, 409),
    )
    async def dispute(asked: DisputeAsked) -> Answer:
        if bool(asked.clause) == bool(asked.reason):
            raise HTTPException(422, "say what is disputed: clause, or reason")
        name = await call_named(engine.store, asked.call)
        claim = Claim(name, asked.buyer, asked.clause, asked.reason, asked.says)
        async with refusals_told():
            return dispute_json(await open_dispute(engine.store, claim, asked.by, engine.clock.now_ms()))

    @routes.get("/disputes/{number}", summary="One dispute", responses=refusals(404))
    async def one_dispute(number: Number) -> Answer:
        found = await engine.store.disputes(number)
        if not found:
            raise HTTPException(404, f"there is no dispute {number}")
        return dispute_json(found[0])

    @routes.post(
        "/disputes/{number}/decision",
        summary="Decide a dispute and correct the bill",
        responses=refusals(400, 404, 409),
    )
    async def decide(number: Number, asked: DecisionAsked) -> Answer:
        if (asked.amount is not None) != (asked.decision == "amount"):
            raise HTTPException(422, "an amount goes with the decision 'amount', and with no other")
        if not await engine.store.disputes(number):
            raise HTTPException(404, f"there is no dispute {number}")
        amount, payout = _micros(asked.amount), _micros(asked.payout)
        async with refusals_told():
            decision = decision_of(asked.decision, amount, payout, asked.why, asked.by)
            return dispute_json(await engine.store.decide_dispute(number, decision))


def _micros(amount: str | None) -> int | None:
    return None if amount is None else parse_money(amount)

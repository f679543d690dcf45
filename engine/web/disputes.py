"""Disputes over the API: open, list, decide; as `cordboard dispute` does."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import HTTPException, Query
from pydantic import BaseModel

from engine.accounts.dispute_shown import DisputeShown
from engine.accounts.disputing import decide_dispute, decision_of, open_dispute
from engine.core.money import parse_money
from engine.exchange.disputes import Claim
from engine.web.answers import Routes
from engine.web.forms import Amount, Number, Text, Words, call_named, refusals, refusals_told
from engine.web.needs import NowMs, OpenStore

routes = Routes()


class DisputeAsked(BaseModel, extra="forbid"):
    """Dispute a bill, by one of its clauses or for a reason."""

    call: Text
    buyer: Text
    clause: Words = ""
    reason: Words = ""
    says: Text
    by: Text


class DecisionAsked(BaseModel, extra="forbid"):
    """The decision of a dispute. `amount` goes with decision `amount`.

    Without `payout` the publisher is paid 0.00 if the buyer owes nothing any more, else what it was paid.
    """

    decision: Literal["accept", "reject", "amount"]
    amount: Amount | None = None
    payout: Amount | None = None
    why: Words = ""
    by: Text


@routes.get("/disputes", summary="Disputes, oldest first")
async def disputes(
    store: OpenStore,
    state: Annotated[Literal["open", "accepted", "partly", "rejected"] | None, Query()] = None,
) -> list[DisputeShown]:
    found = await store.disputes()
    return [DisputeShown.of(each) for each in found if state in (None, each.state)]


@routes.post(
    "/disputes",
    status_code=201,
    summary="Dispute a bill; returns the decision that the evidence suggests",
    responses=refusals(400, 404, 409),
)
async def dispute(asked: DisputeAsked, store: OpenStore, now_ms: NowMs) -> DisputeShown:
    if bool(asked.clause) == bool(asked.reason):
        raise HTTPException(422, "say what is disputed: clause, or reason")
    name = await call_named(store, asked.call)
    claim = Claim(name, asked.buyer, asked.clause, asked.reason, asked.says)
    async with refusals_told():
        return DisputeShown.of(await open_dispute(store, claim, asked.by, now_ms))


@routes.get("/disputes/{number}", summary="One dispute", responses=refusals(404))
async def one_dispute(number: Number, store: OpenStore) -> DisputeShown:
    found = await store.disputes(number)
    if not found:
        raise HTTPException(404, f"dispute {number} doesn't exist")
    return DisputeShown.of(found[0])


@routes.post(
    "/disputes/{number}/decision",
    summary="Decide a dispute and correct the bill",
    responses=refusals(400, 404, 409),
)
async def decide(number: Number, asked: DecisionAsked, store: OpenStore) -> DisputeShown:
    if (asked.amount is not None) != (asked.decision == "amount"):
        raise HTTPException(422, "an amount goes with the decision 'amount', and with no other")
    if not await store.disputes(number):
        raise HTTPException(404, f"dispute {number} doesn't exist")
    amount, payout = _micros(asked.amount), _micros(asked.payout)
    async with refusals_told():
        decision = decision_of(asked.decision, amount, payout, asked.why, asked.by)
        return DisputeShown.of(await decide_dispute(store, number, decision))


def _micros(amount: str | None) -> int | None:
    return None if amount is None else parse_money(amount)

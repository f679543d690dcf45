"""Those outside who are asked in a live call, as a story says that they answer."""

from __future__ import annotations

from typing import Protocol

from engine.core.commands import AskModel, Bidder, Confirm, LookUp, Ping, TellBuyer
from engine.core.events import Bid, BidConfirmed, BidsIn, BuyerTold, Event, LookedUp
from engine.core.model_events import ModelAnswer, ModelFailed, ModelReplied
from engine.language.stories.outside import ANSWERS_AFTER_MS, BidPlan, LookupPlan, ModelPlan


class Outsiders(Protocol):
    """Who answers for those outside."""

    def bid(self, buyer: str) -> BidPlan: ...
    def lookup(self, node: str) -> LookupPlan: ...
    def model(self, node: str, number: int) -> ModelPlan: ...


Errand = Ping | Confirm | LookUp | AskModel | TellBuyer


def answer(errand: Errand, outside: Outsiders, now: int) -> Event:
    """The event that answers the command, at the time at which it comes."""
    match errand:
        case Ping():
            return _bids(errand, outside, now)
        case Confirm():
            return _confirmation(errand, outside, now)
        case LookUp():
            return _looked_up(errand, outside, now)
        case AskModel():
            return _replied(errand, outside, now)
        case TellBuyer():
            at = now + ANSWERS_AFTER_MS
            return BuyerTold(at, errand.leg, "delivered", ms=ANSWERS_AFTER_MS, detail="HTTP 200")


def _looked_up(look_up: LookUp, outside: Outsiders, now: int) -> LookedUp:
    plan = outside.lookup(look_up.node)
    takes_ms = look_up.timeout_ms if plan.outcome == "timeout" else min(plan.after_ms, look_up.timeout_ms)
    outcome = "timeout" if plan.after_ms > look_up.timeout_ms else plan.outcome
    if outcome != "found":
        status = 404 if outcome == "notfound" else 0
        return LookedUp(
            now + takes_ms, look_up.lookup, outcome, status=status, ms=takes_ms, detail="as the story says"
        )
    return LookedUp(
        now + takes_ms,
        look_up.lookup,
        "found",
        status=200,
        ms=takes_ms,
        fields={name: value for name, value in plan.fields.items() if name in look_up.fields},
    )


def _replied(ask: AskModel, outside: Outsiders, now: int) -> ModelAnswer:
    plan = outside.model(ask.node, ask.number)
    if plan.failure == "timeout" or plan.after_ms > ask.timeout_ms:
        return ModelFailed(now + ask.timeout_ms, ask.asking, "timeout", ask.timeout_ms, "as the story says")
    if plan.failure is not None:
        return ModelFailed(now + plan.after_ms, ask.asking, plan.failure, plan.after_ms, "as the story says")
    return ModelReplied(now + plan.after_ms, ask.asking, plan.says, plan.fills, plan.leaves, ms=plan.after_ms)


def _bids(ping: Ping, outside: Outsiders, now: int) -> BidsIn:
    """All are in when the slowest has answered, or at the deadline."""
    in_at = now + max(min(_takes_ms(bidder, ping, outside), ping.deadline_ms) for bidder in ping.bidders)
    return BidsIn(in_at, ping.ping, tuple([_bid(bidder, ping, outside, now) for bidder in ping.bidders]))


def _takes_ms(bidder: Bidder, ping: Ping, outside: Outsiders) -> int:
    plan = outside.bid(bidder.buyer)
    return ping.deadline_ms if plan.outcome == "late" else plan.after_ms


def _bid(bidder: Bidder, ping: Ping, outside: Outsiders, now: int) -> Bid:
    plan = outside.bid(bidder.buyer)
    patience_ms = min(bidder.timeout_ms, ping.deadline_ms)
    if plan.outcome == "late" or plan.after_ms > patience_ms:
        return Bid(bidder.buyer, "late", ms=patience_ms, detail=f"no answer within {patience_ms} ms")
    if plan.outcome == "bid" and plan.amount_micros:
        expires_at = None if plan.expires_ms is None else now + plan.after_ms + plan.expires_ms
        return Bid(bidder.buyer, "bid", plan.amount_micros, plan.after_ms, to=plan.to, expires_at=expires_at)
    outcome = "no_bid" if plan.outcome == "bid" else plan.outcome
    return Bid(bidder.buyer, outcome, ms=plan.after_ms, detail="as the story says")


def _confirmation(confirm: Confirm, outside: Outsiders, now: int) -> BidConfirmed:
    plan = outside.bid(confirm.bidder.buyer)
    detail = "" if plan.confirms else "as the story says"
    return BidConfirmed(now + plan.after_ms, confirm.confirmation, plan.confirms, plan.after_ms, detail)

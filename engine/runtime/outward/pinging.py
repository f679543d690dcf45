"""Asking buyers for their prices, all at once and within one deadline; telling the winner.

Rules
1. Whatever the bidders do, the bids are in when the deadline is over: who has not answered is late.
2. A bid with `expires_in` stands for the same caller and the same answers until then, without asking again.
3. A bidder that failed so often in a row (late, malformed, unreachable) is left alone for a while; then one
   request tries it, and the others wait for what comes of that.
4. A ping never tells who calls. The confirmation does, for the bidder has the call by then.
5. What stands and who is left alone each worker knows for itself: asking must not wait for a database.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from engine.core.commands import Bidder, Confirm, Ping
from engine.core.events import Bid
from engine.core.money import format_money
from engine.core.records import changed
from engine.exchange.bid_answers import (
    BidAnswer,
    ConfirmAnswer,
    MalformedError,
    read_bid,
    read_confirmation,
)
from engine.runtime.outward.requests import Outward, OutwardFailed

log = logging.getLogger("cordboard.bids")

MOST_CACHED = 10_000
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class AskingCall:
    """The call that asks. `at` tells the milliseconds since its start, `number` is the caller's."""

    call: str
    number: str
    at: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the winner said, and after how long. It may have taken a call that it did not clearly refuse."""

    answer: ConfirmAnswer
    ms: int
    is_clear: bool = True


@dataclass(slots=True)
class _Health:
    """How a bidder did lately."""

    failures: int = 0
    rests_until_ms: int = 0
    is_tried: bool = False  # after its rest, one request is on its way


class Pinging:
    """Asks bidders on behalf of every call of this worker."""

    def __init__(self, outward: Outward) -> None:
        self._outward = outward
        self._clock = outward.clock
        self._health: dict[str, _Health] = {}
        self._cached: dict[str, tuple[BidAnswer, int]] = {}  # by whom and for what; until when
        self._given_up: set[asyncio.Task[Bid]] = set()

    async def ask(self, ping: Ping, asking: AskingCall) -> tuple[Bid, ...]:
        """A bid of each bidder, in their order."""
        asked = [
            asyncio.create_task(self._bid_of(bidder, ping, asking), name=f"bid of {bidder.buyer}")
            for bidder in ping.bidders
        ]
        _, late = await asyncio.wait(asked, timeout=ping.deadline_ms / 1000 / self._clock.speed)
        for task in late:
            task.cancel()
            self._given_up.add(task)  # it lets go of its connection by itself
            task.add_done_callback(self._given_up.discard)
        return tuple(
            [
                self._late(bidder, ping.deadline_ms) if task in late else self._result(bidder, task)
                for bidder, task in zip(ping.bidders, asked, strict=True)
            ]
        )

    def _result(self, bidder: Bidder, task: asyncio.Task[Bid]) -> Bid:
        """What the bidder said. Whatever one of them breaks, the others' bids stand."""
        error = task.exception()
        if error is None:
            return task.result()
        log.error("bidder %s: its answer broke the reading of it", bidder.buyer, exc_info=error)
        self._keep(bidder, is_failure=True)
        return Bid(bidder.buyer, "failed", detail=type(error).__name__)

    async def confirm(self, confirm: Confirm, asking: AskingCall) -> Confirmation:
        """What the winner says. No answer, or none that can be read, is a refusal, but not a clear one."""
        bidder = confirm.bidder
        content = {
            "request": request_of(asking.call, confirm.ping),
            "id": confirm.bid,
            "bid": format_money(confirm.price_micros),
            "caller": asking.number,
            "answers": bidder.answers,
        }
        try:
            reply = await self._outward.post(bidder.url, content, bidder.timeout_ms, bidder.secret)
        except OutwardFailed as failed:
            return Confirmation(ConfirmAnswer(False, reason=str(failed)), failed.ms, is_clear=False)
        if not reply.is_success:
            return Confirmation(ConfirmAnswer(False, reason=reply.refusal), reply.ms, is_clear=False)
        try:
            return Confirmation(read_confirmation(reply.body), reply.ms)
        except MalformedError as malformed:
            said = ConfirmAnswer(False, reason=f"no confirmation: {malformed}"[:200])
            return Confirmation(said, reply.ms, is_clear=False)

    # One bidder

    async def _bid_of(self, bidder: Bidder, ping: Ping, asking: AskingCall) -> Bid:
        key = _key(bidder, asking)
        now_ms = self._clock.now_ms()
        known = self._cached.get(key)
        if known is not None and known[1] > now_ms:
            answer, until_ms = known
            return self._stated(bidder, answer, "cached", 0, asking.at() + until_ms - now_ms)
        health = self._health.setdefault(bidder.buyer, _Health())
        if health.rests_until_ms > now_ms or health.is_tried:
            rest_ms = max(0, health.rests_until_ms - now_ms)
            return Bid(bidder.buyer, "breaker_open", detail=f"it failed too often; tried in {rest_ms} ms")
        health.is_tried = health.rests_until_ms > 0
        bid = await self._asked(bidder, ping, asking, key)
        self._keep(bidder, is_failure=bid.outcome in ("late", "malformed", "failed"))
        return bid

    async def _asked(self, bidder: Bidder, ping: Ping, asking: AskingCall, key: str) -> Bid:
        content = {
            "request": request_of(asking.call, ping.ping),
            "campaign": ping.campaign,
            "area": ping.area,
            "deadline_ms": min(bidder.timeout_ms, ping.deadline_ms),
            "answers": bidder.answers,
        }
        try:
            reply = await self._outward.post(bidder.url, content, bidder.timeout_ms, bidder.secret)
        except OutwardFailed as failed:
            return Bid(bidder.buyer, failed.kind, ms=failed.ms, detail=str(failed))
        if reply.status == _NO_CONTENT:
            return Bid(bidder.buyer, "no_bid", ms=reply.ms)
        if not reply.is_success:
            return Bid(bidder.buyer, "failed", ms=reply.ms, detail=reply.refusal)
        try:
            answer = read_bid(reply.body)
        except MalformedError as malformed:
            return Bid(bidder.buyer, "malformed", ms=reply.ms, detail=str(malformed)[:200])
        if answer.amount_micros == 0:
            return Bid(bidder.buyer, "no_bid", ms=reply.ms, detail=answer.reason)
        if answer.expires_in:
            self._remember(key, answer)
        expires_at = None if answer.expires_in is None else asking.at() + answer.expires_in * 1000
        return self._stated(bidder, answer, "bid", reply.ms, expires_at)

    @staticmethod
    def _stated(bidder: Bidder, answer: BidAnswer, outcome: str, ms: int, expires_at: int | None) -> Bid:
        bid = Bid(
            bidder.buyer, "bid", answer.amount_micros, ms, to=answer.to, name=answer.id, expires_at=expires_at
        )
        return changed(bid, outcome="cached") if outcome == "cached" else bid

    def _late(self, bidder: Bidder, deadline_ms: int) -> Bid:
        self._keep(bidder, is_failure=True)
        return Bid(bidder.buyer, "late", ms=deadline_ms, detail=f"no answer within {deadline_ms} ms")

    # What is kept

    def _keep(self, bidder: Bidder, *, is_failure: bool) -> None:
        health = self._health[bidder.buyer]
        was_tried, health.is_tried = health.is_tried, False
        if not is_failure:
            health.failures = health.rests_until_ms = 0
            return
        health.failures += 1
        if was_tried or health.failures >= bidder.failures:
            health.rests_until_ms = self._clock.now_ms() + bidder.rest_ms

    def _remember(self, key: str, answer: BidAnswer) -> None:
        now_ms = self._clock.now_ms()
        if len(self._cached) >= MOST_CACHED:
            self._cached = {held: bid for held, bid in self._cached.items() if bid[1] > now_ms}
        if len(self._cached) < MOST_CACHED:
            self._cached[key] = answer, now_ms + (answer.expires_in or 0) * 1000


def request_of(call: str, ping: str) -> str:
    """The same name for a ping, its confirmation and its release, another one for every ping."""
    return f"{call}.{ping}"


def _key(bidder: Bidder, asking: AskingCall) -> str:
    """The same for the same caller with the same answers; one without a number is the same as nobody."""
    whose = asking.number or asking.call
    told = msgspec.json.encode([bidder.buyer, bidder.url, whose, sorted(bidder.answers.items())])
    return hashlib.sha256(told).hexdigest()

"""Who is asked for a bid, and what each is told: the answers that its terms name, never the number."""

from __future__ import annotations

from dataclasses import replace

from engine.core.commands import Bidder
from engine.core.moments import CallMoment
from engine.exchange.bids import Ask, BidTerms, is_expired
from engine.exchange.eligibility import Moment, consider


def bidders(call: CallMoment, moment: Moment, deadline_ms: int) -> tuple[Bidder, ...]:
    """The eligible who bid, in the campaign's order.

    Each is asked once in a call, unless its bid has expired: whose answer was slow must not hold up a call
    that rolls over from buyer to buyer time and again.
    """
    asked = []
    panel = moment.panel
    moment = replace(moment, bids={})  # an expired one must not refuse the buyer that is asked again
    for buyer, terms in panel.bidders.items():
        known = call.bids.get(buyer)
        if known is not None and not is_expired(known, call.at):
            continue
        if consider(panel.prospects[panel.place_of[buyer]], moment).runner is not None:
            asked.append(bidder(call, buyer, terms, terms.ping, deadline_ms))
    return tuple(asked)


def bidder(call: CallMoment, buyer: str, terms: BidTerms, ask: Ask, timeout_ms: int) -> Bidder:
    """Where and what the buyer is asked."""
    return Bidder(
        buyer=buyer,
        url=ask.url,
        timeout_ms=min(timeout_ms, timeout_ms if ask.timeout_ms is None else ask.timeout_ms),
        secret=terms.secret or "",
        failures=terms.breaker.failures,
        rest_ms=terms.breaker.rest_ms,
        answers={
            name: call.values[name]
            for name in terms.sends
            if name in call.values and name not in call.sensitive
        },
    )

"""choose_buyer: find the best buyers who take this call, and hold a place with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.core.call import Call
from engine.core.commands import Record
from engine.core.conditions import Details
from engine.core.facts import Candidate, Decision
from engine.core.records import changed
from engine.exchange.bids import is_expired
from engine.exchange.caps import refuses_everybody
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import CHOOSES, Rounds
from engine.nodes.settings import CampaignName


@dataclass(frozen=True, slots=True)
class Rollover:
    """How far a call rolls over from buyer to buyer: so many are called `at_most`, then the exit is none."""

    at_most: int


@dataclass(frozen=True, slots=True)
class ChooseBuyer(NodeType):
    """Judges every buyer of the campaign, ranks those who would take the call, reserves the best.

    Buyers with a `bid` are asked for their prices first, all at once; the winner is told after its place is
    held. With `ring` the best few are chosen, for the bridge to ring together. A buyer whose cap is full at
    that moment is passed over for the next; one that was called in vain in this call is not chosen again.
    `campaign` left out is the called number's.

    ```yaml
    find: {type: choose_buyer, campaign: roofing, next: connect, exits: {none: bye}}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next", "none")

    campaign: CampaignName | None = None
    ring: int = 1
    rollover: Rollover | None = None

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return CHOOSES

    def delivery_texts(self) -> tuple[str, ...]:
        if self.ring == 1:
            return ()
        return (f"up to {self.ring} buyers ring together; the first that takes the call has it",)

    async def run(self, call: Call) -> str:
        _give_back(call)
        campaign = self.campaign or call.campaign
        if call.revision.market.wants_survey(campaign):
            await call.survey(campaign)
        await _ask_for_bids(call, campaign)
        decision = call.revision.market.choose(call.moment, campaign)
        called = sum(leg.buyer is not None and not leg.is_ours for leg in call.legs.values())
        places = self._places(called)
        ranked = _ranked(decision.candidates)
        could_be_chosen = bool(ranked)
        while ranked and len(call.chosen) < places:
            candidate = ranked.pop(0)
            refused = await _take(call, candidate, campaign)
            if refused is not None:
                spoken_for = call.revision.market.refuse(candidate, *refused)
                decision = _replaced(decision, candidate, spoken_for)
                if refuses_everybody(refused[0]):
                    decision = _all_refused(call, decision, ranked, refused)
                    break
            if not ranked and len(call.chosen) < places:  # the rest of a long ranking
                written = len(decision.candidates)
                decision = call.revision.market.choose_more(call.moment, decision)
                ranked = _ranked(decision.candidates[written:])
        chosen = tuple([holder.buyer for holder in call.chosen])
        is_at_end = not chosen and could_be_chosen and not places
        call.do(
            Record(
                changed(
                    decision,
                    chosen=chosen[0] if chosen else None,
                    together=chosen if len(chosen) > 1 else (),
                    limit="rollover" if is_at_end else "",
                    called=called if is_at_end else 0,
                )
            )
        )
        return "next" if chosen else "none"

    def _places(self, called: int) -> int:
        """How many buyers may be rung now, after so many were called."""
        if self.rollover is None:
            return self.ring
        return min(self.ring, max(0, self.rollover.at_most - called))


async def _ask_for_bids(call: Call, campaign: str) -> None:
    """Ask those who bid for their prices, all at once, if there are any."""
    market = call.revision.market
    if asked := market.bidders(call.moment, campaign):
        await call.ping(campaign, asked, market.bid_deadline_ms(campaign))


_Refusal = tuple[str, Details]  # a code and what explains it


async def _take(call: Call, candidate: Candidate, campaign: str) -> _Refusal | None:
    """Hold a place with the buyer and have its bid confirmed: None, or why not."""
    buyer, bid = candidate.buyer, candidate.bid
    if bid is not None and is_expired(bid, call.at):
        return "bid_expired", {"bid_micros": bid.amount_micros}
    refused = await call.reserve(candidate, campaign)
    if refused is not None:
        return refused.code, refused.details
    bidder = None if bid is None else call.revision.market.confirmer(call.moment, buyer)
    if bid is not None and bidder is not None:
        confirmed = await call.confirm(bid, bidder, call.revision.market.releaser(call.moment, buyer))
        if not confirmed.accepted:
            call.release(buyer, used=False, reason="unconfirmed")
            return "bid_unconfirmed", {"said": confirmed.detail} if confirmed.detail else {}
        candidate = changed(candidate, bid=changed(bid, to=confirmed.to or bid.to))
    call.chosen = (*call.chosen, candidate)
    return None


def _all_refused(call: Call, decision: Decision, others: Sequence[Candidate], refused: _Refusal) -> Decision:
    """What kept one buyer from the call keeps the others from it: they are not tried one by one."""
    market = call.revision.market
    spoken_for = {other.buyer: market.refuse(other, *refused) for other in others}
    candidates = tuple([spoken_for.get(each.buyer, each) for each in decision.candidates])
    return changed(decision, candidates=candidates)


def _give_back(call: Call) -> None:
    """Who was chosen before and never called holds its place no longer."""
    for unused in call.chosen:
        call.release(unused.buyer, used=False)
    call.chosen = ()


def _ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those who would take the call, best first."""
    takers = [candidate for candidate in candidates if candidate.rank is not None]
    return sorted(takers, key=lambda candidate: candidate.rank or 0)


def _replaced(decision: Decision, old: Candidate, new: Candidate) -> Decision:
    candidates = tuple(new if candidate is old else candidate for candidate in decision.candidates)
    return changed(decision, candidates=candidates)

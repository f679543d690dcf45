"""Decisions as they are shown: every buyer that was looked at, clause by clause."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from engine.accounts.amounts import amount_or_null
from engine.accounts.clause_shown import ClauseShown, clauses_of
from engine.accounts.shown import Shown
from engine.core.events import Bid, BidOutcome
from engine.core.facts import Candidate, Decision
from engine.wording.sentences import candidate_sentence, limit_sentence


class BidShown(Shown, frozen=True, kw_only=True):
    """A buyer's response to a request for a bid, and after how many milliseconds it came."""

    outcome: BidOutcome
    amount: str | None
    ms: int
    detail: str

    @classmethod
    def of(cls, bid: Bid) -> BidShown:
        amount = amount_or_null(bid.amount_micros)
        return cls(outcome=bid.outcome, amount=amount, ms=bid.ms, detail=bid.detail)


class CandidateShown(Shown, frozen=True, kw_only=True):
    """One buyer in a decision. `bid` is set if the buyer was asked for a bid."""

    buyer: str
    eligible: bool
    code: str
    sentence: str
    rank: int | None
    price: str | None
    expected: str | None
    bid: BidShown | UnsetType = UNSET
    clauses: tuple[ClauseShown, ...]

    @classmethod
    def of(cls, candidate: Candidate) -> CandidateShown:
        return cls(
            buyer=candidate.buyer,
            eligible=candidate.eligible,
            code=candidate.code,
            sentence=candidate_sentence(candidate),
            rank=candidate.rank,
            price=amount_or_null(candidate.price_micros),
            expected=amount_or_null(candidate.expected_micros),
            bid=UNSET if candidate.bid is None else BidShown.of(candidate.bid),
            clauses=clauses_of(candidate.clauses),
        )


class DecisionShown(Shown, frozen=True, kw_only=True):
    """Which buyers were considered, in which order, and which one got the call.

    `together` are those that rang at once, where there were several; `limit` says why nobody was chosen
    though somebody could have been. `others` counts by code the candidates that are not written out.
    """

    node: str
    at_ms: int
    campaign: str
    chosen: str | None
    strategy: str
    together: tuple[str, ...] | UnsetType = UNSET
    limit: str | UnsetType = UNSET
    others: dict[str, int]
    candidates: tuple[CandidateShown, ...]

    @classmethod
    def of(cls, decision: Decision) -> DecisionShown:
        return cls(
            node=decision.node,
            at_ms=decision.at,
            campaign=decision.campaign,
            chosen=decision.chosen,
            strategy=decision.strategy,
            together=decision.together or UNSET,
            limit=limit_sentence(decision) or UNSET,
            others=dict(decision.others),
            candidates=tuple(CandidateShown.of(candidate) for candidate in decision.candidates),
        )

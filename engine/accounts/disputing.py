"""Opening and deciding disputes, with the evidence gathered from the call's journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.accounts.dispute_shown import why_decided
from engine.accounts.rejudging import Rejudged, rejudge
from engine.core.commands import Record
from engine.core.conditions import ClauseOutcome
from engine.core.facts import Answer, Decision, Fact, Verdict
from engine.core.given_answers import known_answers
from engine.evidence.rebuilding import corrected_buyers
from engine.exchange.carrier_times import refused_by, verdicts_over
from engine.exchange.disputes import BilledLeg, Claim, ClaimRefusedError, Proposal, propose, says_the_same
from engine.exchange.market import NetworkMarket
from engine.exchange.spans import exact_span_text, span_text
from engine.store.errors import DisputeRefused
from engine.store.ledger.disputes import Dispute, NewDispute, Settlement
from engine.store.ledger.entries import standing_micros
from engine.store.store import Store
from engine.store.views import CallView
from engine.wording.sentences import clause_text


async def open_dispute(store: Store, claim: Claim, by: str, now_ms: int) -> Dispute:
    """Open a dispute with what the evidence proposes. Raises DisputeRefused or another StoreError."""
    view = await store.call(claim.call)
    if view is None:
        raise DisputeRefused(f"call '{claim.call}' doesn't exist")
    stands_micros = standing_micros(view.ledger, "revenue", claim.buyer)
    if not stands_micros:
        raise DisputeRefused(
            f"call {claim.call}: nothing was billed to {claim.buyer}, so there is nothing to dispute"
        )
    found = await rejudge(store, claim.call)
    _check_window(view, found, now_ms)
    try:
        proposal = propose(claim, _evidence(claim, view, found, stands_micros))
    except ClaimRefusedError as refused:
        raise DisputeRefused(f"call {claim.call}: {refused}") from refused
    _check_news(view, claim, proposal)
    opening = NewDispute(claim.call, claim.buyer, claim.clause, claim.reason, claim.says, proposal, by)
    return await store.open_dispute(opening)


def _check_news(view: CallView, claim: Claim, proposal: Proposal) -> None:
    """What was decided is decided, as long as the evidence says no more than it said then."""
    for earlier in view.disputes:
        is_same = (earlier.buyer, earlier.clause, earlier.reason) == (claim.buyer, claim.clause, claim.reason)
        if is_same and earlier.state != "open" and says_the_same(earlier.proposal, proposal):
            reason = why_decided(earlier)
            raise DisputeRefused(
                f"dispute {earlier.dispute} of the same was {earlier.state} by {earlier.decided_by} "
                f"({reason or 'no reason given'}), and the evidence says what it said then; dispute "
                "another clause, or have the bill corrected"
            )


def _check_window(view: CallView, found: Rejudged, now_ms: int) -> None:
    market, ended_at = found.revision.market, view.record.ended_at
    if ended_at is None:
        raise DisputeRefused(f"call {view.record.call} goes on; dispute its bill when it is over")
    window_ms = market.network.disputes.window_ms if isinstance(market, NetworkMarket) else None
    if window_ms is not None and now_ms - ended_at > window_ms:
        raise DisputeRefused(
            f"call {view.record.call} ended {span_text(now_ms - ended_at)} ago; "
            f"its bill could be disputed for {exact_span_text(window_ms)}"
        )


def _evidence(claim: Claim, view: CallView, found: Rejudged, stands_micros: int) -> BilledLeg:
    """What the journal says of the leg that the buyer was billed for, else of its last one."""
    facts = [command.fact for command in found.commands if isinstance(command, Record)]
    read = [record for record in view.carrier_records if record.finding is not None]
    is_corrected = claim.buyer in corrected_buyers(view.ledger)
    counted = read if is_corrected else ()
    refused = refused_by(record.finding for record in counted)
    again = verdicts_over(found.revision.market, found.call.moment, counted, refused)
    kept = [fact for fact in facts if isinstance(fact, Verdict)]
    own = [judged for judged in (again if is_corrected else kept) if judged.buyer == claim.buyer]
    if not own:
        raise DisputeRefused(f"call {claim.call}: no leg to {claim.buyer} was judged")
    verdict = next((judged for judged in own if judged.billable), own[-1])
    leg = found.call.legs[verdict.leg]
    carrier_ms = {record.leg: record.duration_ms for record in view.carrier_records}.get(verdict.leg)
    choice = _choice(facts, claim.buyer, leg.dialled_at)
    ours_ms = (leg.ended_at or 0) - (leg.answered_at or 0)
    return BilledLeg(
        verdict=verdict,
        again=next((judged for judged in again if judged.leg == verdict.leg), None),
        chosen_by=choice.clauses,
        answers=known_answers(facts),
        carrier_ms=carrier_ms,
        measured_ms=carrier_ms if is_corrected and carrier_ms is not None else ours_ms,
        stands_micros=stands_micros,
        spelled=clause_text,
        answers_then=choice.answers,
        answers_at_dial=choice.answers_at_dial,
    )


@dataclass(frozen=True, slots=True)
class _Choice:
    """The clauses by which a buyer was chosen, and the answers: as they were then, and once it was called.

    None of both where no choice is kept.
    """

    clauses: Sequence[ClauseOutcome]
    answers: Mapping[str, Answer] | None
    answers_at_dial: Mapping[str, Answer] | None


def _choice(facts: Sequence[Fact], buyer: str, dialled_at: int) -> _Choice:
    """A buyer that was looked at several times was called by the last of these decisions before the leg."""
    clauses: Sequence[ClauseOutcome] = ()
    answers: dict[str, Answer] = {}
    then: Mapping[str, Answer] | None = None
    at_dial: dict[str, Answer] = {}
    for fact in facts:
        if isinstance(fact, Answer):
            answers = known_answers((*answers.values(), fact))
            since = fact.answered_at if fact.withdrawn_at is None else fact.withdrawn_at
            if since <= dialled_at:
                at_dial = known_answers((*at_dial.values(), fact))
        elif isinstance(fact, Decision) and fact.at <= dialled_at:
            for candidate in fact.candidates:
                if candidate.buyer == buyer and candidate.eligible:
                    clauses, then = candidate.clauses, dict(answers)
    return _Choice(clauses, then, None if then is None else at_dial)


async def decide_dispute(store: Store, number: int, decision: Settlement) -> Dispute:
    """Decide it by the rules. Raises DisputeRefused, or CorrectionRefused for amounts that nobody can pay."""
    return await store.decide_dispute(number, replace(decision, by_the_rules=True))


def decision_of(word: str, amount: int | None, payout: int | None, why: str, by: str) -> Settlement:
    """`accept`, `reject` or `amount` as a decision; the amount is what shall stand."""
    if word == "amount":
        assert amount is not None, "whoever asks has seen to it"
        return Settlement("partly" if amount else "accepted", amount, payout, why, by)
    return Settlement("accepted" if word == "accept" else "rejected", 0, payout, why, by)

"""Is a leg to be paid for? Revenue and payout apart, each clause with the line that it rests on.

Rules
1. Every term must be true: the duration, each required answer, the condition. Unknown does not bill.
2. The duration runs from the agreed moment to the leg's end, in whole milliseconds; exactly the agreed
   duration is enough. A moment that never came has run 0 ms.
3. A call bills a buyer at most once and pays its publisher at most once: by the first leg that holds.
4. A leg that the engine lost counts to its last proof, which is its end.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.call import Call
from engine.core.conditions import MASK, ClauseOutcome, Value, judge, trace
from engine.core.facts import Leg, Timer, Verdict
from engine.core.money import format_money
from engine.exchange.explanations import explain
from engine.exchange.spans import seconds_text
from engine.exchange.terms import Campaign, Network, Terms


@dataclass(frozen=True, slots=True)
class Finding:
    """What terms came to for one leg."""

    holds: bool
    reason: str
    because: str
    timer: Timer
    clauses: tuple[ClauseOutcome, ...]


def judge_call(call: Call, network: Network) -> tuple[Verdict, ...]:
    """A verdict for each leg to a buyer that was answered, in the order of dialling."""
    verdicts: list[Verdict] = []
    billed: set[str] = set()
    is_paid = False
    for leg in call.legs.values():
        if leg.buyer is None or leg.answered_at is None:
            continue
        verdict = _judge_leg(call, network, leg, billed, is_paid=is_paid)
        verdicts.append(verdict)
        if verdict.billable:
            billed.add(verdict.buyer)
        is_paid = is_paid or verdict.payable
    return tuple(verdicts)


def _judge_leg(call: Call, network: Network, leg: Leg, billed: set[str], *, is_paid: bool) -> Verdict:
    buyer = network.buyers[leg.buyer or ""]
    revenue = find(call, leg, buyer.billable)
    if revenue.holds and buyer.key in billed:
        revenue = _overruled(revenue, "already_billed", "an earlier leg of this call is billed to it")
    campaign = network.campaigns.get(leg.campaign or call.campaign)
    payout_reason, payout_clauses = _payout(call, leg, campaign, is_paid=is_paid)
    payable = payout_reason == "payable"
    payout_micros = campaign.payout.amount_micros if payable and campaign and campaign.payout else 0
    revenue_micros = buyer.billable.amount_micros if revenue.holds else 0
    if revenue.holds:
        sentence = f"{buyer.key} owes {format_money(revenue_micros)} {network.currency}: {revenue.because}."
    else:
        sentence = f"{buyer.key} owes nothing: {revenue.because}."
    return Verdict(
        at=call.at,
        leg=leg.leg,
        buyer=buyer.key,
        billable=revenue.holds,
        reason="billable" if revenue.holds else revenue.reason,
        sentence=sentence,
        timer=revenue.timer,
        clauses=revenue.clauses,
        revenue_micros=revenue_micros,
        payable=payable,
        payout_reason=payout_reason,
        payout_clauses=payout_clauses,
        payout_micros=payout_micros,
        currency=network.currency,
    )


def _payout(
    call: Call, leg: Leg, campaign: Campaign | None, *, is_paid: bool
) -> tuple[str, tuple[ClauseOutcome, ...]]:
    if campaign is None or campaign.payout is None:
        return "no_payout", ()
    if not call.publisher:
        return "no_publisher", ()
    payout = find(call, leg, campaign.payout)
    if payout.holds:
        return ("already_paid" if is_paid else "payable"), payout.clauses
    return payout.reason, payout.clauses


def find(call: Call, leg: Leg, terms: Terms) -> Finding:
    """Hold the leg against the terms. The first clause that is not true gives the reason."""
    began = {"answered": leg.answered_at, "accepted": leg.accepted_at, "bridged": leg.bridged_at}[
        terms.timer_from
    ]
    ended = call.at if leg.ended_at is None else leg.ended_at
    timer = Timer(terms.timer_from, 0 if began is None else max(0, ended - began), terms.after_ms)
    duration = _duration_clause(timer, terms, is_begun=began is not None)
    answers = tuple(_answer_clause(call, name, terms) for name in terms.requires)
    clauses = (duration, *answers, *trace(terms.when, call.evaluator))
    if leg.outcome == "lost_race":
        return Finding(False, "lost_race", "another buyer took the call first", timer, clauses)
    if not duration.outcome:
        reason, because = _why_too_short(leg, timer, is_begun=began is not None)
        return Finding(False, reason, because, timer, clauses)
    for clause in answers:
        if not clause.outcome:
            because = f"{clause.answers[0]} was not answered"
            return Finding(False, "answer_missing", because, timer, clauses)
    outcome = judge(terms.when, call.evaluator)
    if terms.when is not None and not outcome:
        reason = "condition_not_met" if outcome is False else "condition_unknown"
        because = f"it pays for {explain(terms.when, call.evaluator)}"
        return Finding(False, reason, because, timer, clauses)
    return Finding(True, "", f"{timer.counted_from} for {seconds_text(timer.ran_ms)}", timer, clauses)


def _overruled(finding: Finding, reason: str, because: str) -> Finding:
    return Finding(False, reason, because, finding.timer, finding.clauses)


def _why_too_short(leg: Leg, timer: Timer, *, is_begun: bool) -> tuple[str, str]:
    if not is_begun and leg.accepted_at is None:
        return "not_accepted", "the call was never taken"
    if not is_begun:
        return "not_bridged", "the caller was never put through"
    short = (
        f"{timer.counted_from} for {seconds_text(timer.ran_ms)}, {seconds_text(timer.needed_ms)} are agreed"
    )
    if leg.ended_by == "error":
        return "interrupted", f"the call was cut off by a fault: {short}"
    return "below_duration", short


def _duration_clause(timer: Timer, terms: Terms, *, is_begun: bool) -> ClauseOutcome:
    return ClauseOutcome(
        f"{timer.counted_from} for at least {seconds_text(timer.needed_ms)}",
        terms.places.get("after", terms.place),
        is_begun and timer.ran_ms >= timer.needed_ms,
        {"seconds": timer.ran_ms / 1000},
        (),
    )


def _answer_clause(call: Call, name: str, terms: Terms) -> ClauseOutcome:
    answer = call.answers.get(name)
    value: Value | None = None if answer is None else MASK if answer.sensitive else answer.value
    place = terms.places.get("requires", terms.place)
    return ClauseOutcome(f"answered: {name}", place, answer is not None, {name: value}, (name,))

"""Is a leg to be paid for? Revenue and payout apart, each clause with the line that it rests on.

Rules
1. Every term must be true: the trigger, each required answer, the condition, no duplicate, the payout's
   cap. Unknown does not bill. The first that is not true gives the reason, in that order.
2. A trigger of seconds runs from the agreed moment to the leg's end, in whole milliseconds, rounded only
   as the terms say; exactly the agreed duration is enough. A moment that never came has run 0 ms.
3. A call bills a buyer at most once and pays its publisher at most once: by the first leg that holds.
4. A leg that the engine lost counts to its last proof, which is its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.core.call import Call
from engine.core.conditions import MASK, ClauseOutcome, Value, judge, trace
from engine.core.events import Contact
from engine.core.facts import Leg, Timer, Verdict
from engine.core.money import format_money
from engine.exchange.explanations import explain
from engine.exchange.spans import seconds_text, span_text
from engine.exchange.terms import Campaign, DuplicateWindow, Network, Terms, TimerFrom, Trigger

_MOMENTS: Mapping[Trigger, str] = {
    "answered": "the buyer answered",
    "accepted": "the buyer took the call",
    "bridged": "joined with the caller",
}


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
    revenue = find(call, leg, buyer.billable, lambda contact: contact.billed and contact.buyer == buyer.key)
    if revenue.holds and buyer.key in billed:
        revenue = _overruled(revenue, "already_billed", "an earlier leg of this call is billed to it")
    campaign = network.campaigns.get(leg.campaign or call.campaign)
    payout_reason, payout_clauses = _payout(call, leg, campaign, is_paid=is_paid)
    payable = payout_reason == "payable"
    payout_micros = campaign.payout.amount_micros if payable and campaign and campaign.payout else 0
    price_micros = buyer.billable.amount_micros if buyer.bid is None else leg.price_micros
    revenue_micros = price_micros if revenue.holds else 0
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
        near_miss_by=_near_miss_by(leg, buyer.billable, revenue),
    )


def _payout(
    call: Call, leg: Leg, campaign: Campaign | None, *, is_paid: bool
) -> tuple[str, tuple[ClauseOutcome, ...]]:
    if campaign is None or campaign.payout is None:
        return "no_payout", ()
    if not call.publisher:
        return "no_publisher", ()
    payout = find(
        call, leg, campaign.payout, lambda contact: contact.paid and contact.campaign in ("", campaign.key)
    )
    clauses = (*payout.clauses, *_payout_cap_clause(call, leg, campaign.payout))
    if not payout.holds:
        return payout.reason, clauses
    if is_paid:
        return "already_paid", clauses
    return ("payout_cap" if leg.buyer in call.unpaid else "payable"), clauses


def find(call: Call, leg: Leg, terms: Terms, had: Callable[[Contact], bool] = lambda _: False) -> Finding:
    """Hold the leg against the terms. The first clause that is not true gives the reason.

    `had` says of an earlier call whether the same was owed for it.
    """
    moment: TimerFrom = terms.timer_from if terms.trigger == "seconds" else terms.trigger
    began = {"answered": leg.answered_at, "accepted": leg.accepted_at, "bridged": leg.bridged_at}[moment]
    ended = call.at if leg.ended_at is None else leg.ended_at
    timer = Timer(moment, 0 if began is None else max(0, ended - began), terms.after_ms)
    duration = _trigger_clause(timer, terms, is_begun=began is not None)
    answers = tuple(_answer_clause(call, name, terms) for name in terms.requires)
    duplicate = _duplicate_clause(call, terms.duplicates, had)
    clauses = (duration, *answers, *trace(terms.when, call.evaluator), *duplicate)
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
    for clause in duplicate:
        if not clause.outcome:
            reason = "duplicate" if clause.outcome is False else "duplicate_unknown"
            return Finding(False, reason, f"it wants {clause.clause}", timer, clauses)
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


def _trigger_clause(timer: Timer, terms: Terms, *, is_begun: bool) -> ClauseOutcome:
    if terms.trigger != "seconds":
        place = terms.places.get("trigger", terms.place)
        return ClauseOutcome(_MOMENTS[terms.trigger], place, is_begun, {}, ())
    counted_ms = _rounded(timer.ran_ms, terms)
    values: dict[str, Value] = {"seconds": timer.ran_ms / 1000}
    text = f"{timer.counted_from} for at least {seconds_text(timer.needed_ms)}"
    if terms.rounding != "none":
        text += f", rounded {terms.rounding.removesuffix('_second')} to seconds"
        values["rounded"] = counted_ms // 1000
    place = terms.places.get("after", terms.place)
    return ClauseOutcome(text, place, is_begun and counted_ms >= timer.needed_ms, values, ())


def _rounded(ran_ms: int, terms: Terms) -> int:
    if terms.rounding == "up_second":
        return -(-ran_ms // 1000) * 1000
    return ran_ms // 1000 * 1000 if terms.rounding == "down_second" else ran_ms


def _duplicate_clause(
    call: Call, window: DuplicateWindow | None, had: Callable[[Contact], bool]
) -> tuple[ClauseOutcome, ...]:
    """None, or one clause: unknown where the caller withheld the number."""
    if window is None:
        return ()
    now_ms = call.arrived.started_at
    ages = [now_ms - contact.started_at for contact in call.arrived.contacts if had(contact)]
    latest = min((age for age in ages if age < window.within_ms), default=None)
    outcome = latest is None if call.arrived.caller_number else None
    ago = None if latest is None else span_text(latest)
    text = f"nothing owed for this caller within {span_text(window.within_ms)}"
    return (ClauseOutcome(text, window.place, outcome, {"last_owed_ago": ago}, ()),)


def _payout_cap_clause(call: Call, leg: Leg, terms: Terms) -> tuple[ClauseOutcome, ...]:
    if terms.caps is None:
        return ()
    full = call.unpaid.get(leg.buyer or "")
    place = terms.places.get("caps", terms.place)
    return (ClauseOutcome("under the payout's caps", place, full is None, {"full": full}, ()),)


def _near_miss_by(leg: Leg, terms: Terms, finding: Finding) -> str:
    """Who ended a talk that was just too short; "" where it was not so close."""
    timer = finding.timer
    short_ms = timer.needed_ms - _rounded(timer.ran_ms, terms)
    is_near = finding.reason == "below_duration" and short_ms <= terms.near_miss_ms
    return (leg.ended_by or "") if is_near else ""


def _answer_clause(call: Call, name: str, terms: Terms) -> ClauseOutcome:
    answer = call.answers.get(name)
    value: Value | None = None if answer is None else MASK if answer.sensitive else answer.value
    place = terms.places.get("requires", terms.place)
    return ClauseOutcome(f"answered: {name}", place, answer is not None, {name: value}, (name,))

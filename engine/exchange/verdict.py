"""Is a leg to be paid for? Revenue and payout apart, each clause with the line that it rests on.

Rules
1. Every term must be true: the trigger, each required answer, that questions were heard before they were
   answered, where the terms ask for that, the condition, no duplicate, the payout's cap. Unknown does not
   bill. The first that is not true gives the reason, in that order.
2. A trigger of seconds runs from the agreed moment to the leg's end, in whole milliseconds, rounded only
   as the terms say; exactly the agreed duration is enough. A moment that never came has run 0 ms.
3. A call pays its publisher at most once: by the first leg that holds. It has no two legs that could bill
   one buyer, for who was called is called again only where another took the call first, or where the leg
   failed for the carrier's sake or ours; either bills nothing.
4. A leg that the engine lost counts to its last proof, which is its end.
5. While a broken stream keeps the two apart nothing runs: `held_ms` is taken off, and a leg that ends so
   ended when the stream broke.
6. A phone call that is in several records is owed for once a buyer and once a campaign. Whichever record is
   judged first has it, by a claim; the others name it.
7. What is owed once for a caller within some time is claimed before it is judged (`claims_of`): the calls
   that were over when this one came are among its contacts, those beside it are found by the claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.core.commands import BillClaim
from engine.core.conditions import MASK, ClauseOutcome, Detail, Details, Value, clause_of_kind, judge, trace
from engine.core.events import BillKind, ClaimRefused, Contact
from engine.core.facts import Answer, Leg, Timer, Verdict
from engine.core.moments import CallMoment
from engine.core.places import Place
from engine.exchange.explanations import explain
from engine.exchange.spans import span_text
from engine.exchange.terms import Buyer, Campaign, DuplicateWindow, Network, Terms, TimerFrom


@dataclass(frozen=True, slots=True)
class TermsFinding:
    """What terms came to for one leg: `reason` is a code, "" where they hold, which `details` explain."""

    holds: bool
    reason: str
    timer: Timer
    clauses: tuple[ClauseOutcome, ...]
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Once:
    """Whose amount it is that may be owed but once for a caller in some time: a buyer's, or a campaign's."""

    kind: BillKind
    whose: str

    def is_owed_for(self, earlier: Contact) -> bool:
        if self.kind == "revenue":
            return earlier.billed and earlier.buyer == self.whose
        return earlier.paid and earlier.campaign in ("", self.whose)


def judge_call(call: CallMoment, network: Network) -> tuple[Verdict, ...]:
    """A verdict for each leg to a buyer that was answered, in the order of dialling."""
    verdicts: list[Verdict] = []
    for leg, buyer, campaign in _answered(call, network):
        is_paid = any(verdict.payable for verdict in verdicts)
        verdicts.append(_judge_leg(call, network.currency, leg, buyer, campaign, is_paid=is_paid))
    return tuple(verdicts)


def claims_of(call: CallMoment, network: Network) -> tuple[BillClaim, ...]:
    """What would be owed, may be owed but once for the caller, and was not claimed yet."""
    claims: dict[tuple[BillKind, str], BillClaim] = {}
    is_paid = False
    for leg, buyer, campaign in _answered(call, network) if _claims(call) else ():
        window = buyer.billable.duplicates
        if (window is not None or call.is_in_parts) and _revenue(call, leg, buyer).holds:
            claims["revenue", buyer.key] = BillClaim("revenue", buyer.key, _within_ms(window))
        if not is_paid and campaign is not None and _payout(call, leg, campaign)[0] == "payable":
            is_paid = True
            window = campaign.payout.duplicates if campaign.payout is not None else None
            if window is not None or call.is_in_parts:
                claims["payout", campaign.key] = BillClaim("payout", campaign.key, _within_ms(window))
    return tuple(claim for key, claim in claims.items() if key not in call.claimed)


def _claims(call: CallMoment) -> bool:
    """Whether what is owed is claimed first; a practice call owes nothing."""
    return call.arrived.claims and not call.arrived.practice


def _within_ms(window: DuplicateWindow | None) -> int:
    """For how long a caller's other calls count; those that are the same phone call always do."""
    return 0 if window is None else window.within_ms


def _answered(call: CallMoment, network: Network) -> Iterator[tuple[Leg, Buyer, Campaign | None]]:
    for leg in call.legs.values():
        if leg.buyer is not None and leg.answered_at is not None:
            campaign = network.campaigns.get(leg.campaign or call.campaign)
            yield leg, network.buyers[leg.buyer], campaign


def _revenue(call: CallMoment, leg: Leg, buyer: Buyer) -> TermsFinding:
    return find(call, leg, buyer.billable, Once("revenue", buyer.key))


def _judge_leg(
    call: CallMoment, currency: str, leg: Leg, buyer: Buyer, campaign: Campaign | None, *, is_paid: bool
) -> Verdict:
    revenue = _revenue(call, leg, buyer)
    payout_reason, payout_clauses = _payout(call, leg, campaign, is_paid=is_paid)
    payable = payout_reason == "payable"
    payout_micros = campaign.payout.amount_micros if payable and campaign and campaign.payout else 0
    price_micros = buyer.billable.amount_micros if buyer.bid is None else leg.price_micros
    revenue_micros = price_micros if revenue.holds else 0
    return Verdict(
        at=call.at,
        leg=leg.leg,
        buyer=buyer.key,
        billable=revenue.holds,
        reason="billable" if revenue.holds else revenue.reason,
        timer=revenue.timer,
        clauses=revenue.clauses,
        revenue_micros=revenue_micros,
        payable=payable,
        payout_reason=payout_reason,
        payout_clauses=payout_clauses,
        payout_micros=payout_micros,
        currency=currency,
        near_miss_by=_near_miss_by(leg, buyer.billable, revenue),
        details=revenue.details,
    )


def _payout(
    call: CallMoment, leg: Leg, campaign: Campaign | None, *, is_paid: bool = False
) -> tuple[str, tuple[ClauseOutcome, ...]]:
    if campaign is None or campaign.payout is None:
        return "no_payout", ()
    if not call.publisher:
        return "no_publisher", ()
    payout = find(call, leg, campaign.payout, Once("payout", campaign.key))
    clauses = (*payout.clauses, *_payout_cap_clause(call, leg, campaign.payout))
    if not payout.holds:
        return payout.reason, clauses
    if is_paid:
        return "already_paid", clauses
    return ("payout_cap" if leg.buyer in call.unpaid else "payable"), clauses


def find(call: CallMoment, leg: Leg, terms: Terms, once: Once | None = None) -> TermsFinding:
    """Hold the leg against the terms. The first clause that is not true gives the reason.

    Without `once` it is not asked whether the same was owed before.
    """
    moment: TimerFrom = terms.timer_from if terms.trigger == "seconds" else terms.trigger
    began = {"answered": leg.answered_at, "accepted": leg.accepted_at, "bridged": leg.bridged_at}[moment]
    ended = call.at if leg.ended_at is None else leg.ended_at
    timer = Timer(moment, 0 if began is None else max(0, ended - began - leg.held_ms), terms.after_ms)
    duration = trigger_clause(timer, terms, is_begun=began is not None)
    answers = tuple(_answer_clause(call, name, terms) for name in terms.requires)
    heard = tuple(_heard_clauses(call, terms))
    duplicate = _duplicate_clause(call, terms, once)
    clauses = (duration, *answers, *heard, *trace(terms.when, call.evaluator), *duplicate)
    if leg.outcome == "lost_race":
        return TermsFinding(False, "lost_race", timer, clauses)
    if leg.is_ours:
        return TermsFinding(False, "failed_for_us", timer, clauses)
    if leg.outcome == "machine":
        return TermsFinding(False, "machine_answered", timer, clauses)
    if not duration.outcome:
        return TermsFinding(False, _why_too_short(leg, is_begun=began is not None), timer, clauses)
    for clause in answers:
        if not clause.outcome:
            return TermsFinding(False, "answer_missing", timer, clauses, {"answer": clause.answers[0]})
    for clause in heard:
        if not clause.outcome:
            known = {name: value for name, value in clause.values.items() if value is not None}
            told: Details = {"answer": clause.answers[0], **known}
            return TermsFinding(False, "answer_unheard", timer, clauses, told)
    outcome = judge(terms.when, call.evaluator)
    if terms.when is not None and not outcome:
        reason = "condition_not_met" if outcome is False else "condition_unknown"
        return TermsFinding(False, reason, timer, clauses, explain(terms.when, call.evaluator))
    for clause in duplicate:
        if not clause.outcome:
            reason = "duplicate" if clause.outcome is False else "duplicate_unknown"
            details: dict[str, Detail] = dict(clause.details)
            if (other := clause.values.get("owed_for_call")) is not None:
                details["owed_for_call"] = other
            return TermsFinding(False, reason, timer, clauses, details)
    return TermsFinding(True, "", timer, clauses)


def _why_too_short(leg: Leg, *, is_begun: bool) -> str:
    if not is_begun:
        if leg.outcome == "declined":
            return "declined"
        return "not_accepted" if leg.accepted_at is None else "not_bridged"
    return "interrupted" if leg.ended_by == "error" else "below_duration"


def trigger_clause(timer: Timer, terms: Terms, *, is_begun: bool) -> ClauseOutcome:
    """Whether what the terms bill by came, and for how long."""
    if terms.trigger != "seconds":
        place = terms.places.get("trigger", terms.place)
        return clause_of_kind("moment", place, is_begun, {}, details={"moment": terms.trigger})
    counted_ms = _rounded(timer.ran_ms, terms)
    values: dict[str, Value] = {"seconds": timer.ran_ms / 1000}
    if terms.rounding != "none":
        values["rounded"] = counted_ms // 1000
    place = terms.places.get("after", terms.place)
    details: Details = {"from": timer.counted_from, "needed_ms": timer.needed_ms, "rounding": terms.rounding}
    is_long_enough = is_begun and counted_ms >= timer.needed_ms
    return clause_of_kind("talk", place, is_long_enough, values, details=details)


def _rounded(ran_ms: int, terms: Terms) -> int:
    if terms.rounding == "up_second":
        return -(-ran_ms // 1000) * 1000
    return ran_ms // 1000 * 1000 if terms.rounding == "down_second" else ran_ms


def _duplicate_clause(call: CallMoment, terms: Terms, once: Once | None) -> tuple[ClauseOutcome, ...]:
    """None, or one clause: unknown where the caller withheld the number."""
    window = terms.duplicates
    if window is None:
        return _phone_call_clause(call, terms, once)
    now_ms = call.arrived.started_at
    owed = [each for each in call.arrived.contacts if once is not None and once.is_owed_for(each)]
    ages = [now_ms - each.started_at for each in owed]
    latest = min((age for age in ages if age < window.within_ms), default=None)
    refused = None if once is None else call.claimed.get((once.kind, once.whose))
    outcome = latest is None and refused is None if call.arrived.caller_number else None
    told: dict[str, Value | None] = {"last_owed_ago": None if latest is None else span_text(latest)}
    if refused is not None:
        told |= _owed_beside(refused, now_ms)
    details = {"within_ms": window.within_ms}
    return (clause_of_kind("not_owed", window.place, outcome, told, details=details),)


def _phone_call_clause(call: CallMoment, terms: Terms, once: Once | None) -> tuple[ClauseOutcome, ...]:
    """One clause where the phone call is in several records: another of them may be paid for already."""
    if once is None or not call.is_in_parts:
        return ()
    refused = call.claimed.get((once.kind, once.whose))
    told: dict[str, Value | None] = {} if refused is None else {"owed_for_call": refused.call}
    details = {"carrier_call": call.arrived.carrier_call}
    return (clause_of_kind("not_owed", terms.place, refused is None, told, details=details),)


def _owed_beside(refused: ClaimRefused, now_ms: int) -> Mapping[str, Value]:
    """The call that was billed while this one went on; it may have begun later."""
    ago = "meanwhile" if refused.started_at >= now_ms else span_text(now_ms - refused.started_at)
    return {"last_owed_ago": ago, "owed_for_call": refused.call}


def _payout_cap_clause(call: CallMoment, leg: Leg, terms: Terms) -> tuple[ClauseOutcome, ...]:
    if terms.caps is None:
        return ()
    full = call.unpaid.get(leg.buyer or "")
    place = terms.places.get("caps", terms.place)
    return (clause_of_kind("payout_caps", place, full is None, {"full": full}),)


def _near_miss_by(leg: Leg, terms: Terms, finding: TermsFinding) -> str:
    """Who ended a talk that was just too short; "" where it was not so close."""
    timer = finding.timer
    short_ms = timer.needed_ms - _rounded(timer.ran_ms, terms)
    is_near = finding.reason == "below_duration" and short_ms <= terms.near_miss_ms
    return (leg.ended_by or "") if is_near else ""


def _answer_clause(call: CallMoment, name: str, terms: Terms) -> ClauseOutcome:
    answer = call.answers.get(name)
    value: Value | None = None if answer is None else MASK if answer.sensitive else answer.value
    place = terms.places.get("requires", terms.place)
    is_known = answer is not None
    return clause_of_kind(
        "answered", place, is_known, {name: value}, answers=(name,), details={"answer": name}
    )


def _heard_clauses(call: CallMoment, terms: Terms) -> Iterator[ClauseOutcome]:
    """A clause for each answer that the terms rest on and the caller gave."""
    place = terms.places.get("requires", terms.place)
    for name in terms.to_be_heard:
        answer = call.answers.get(name)
        if answer is not None and answer.is_asked:
            yield heard_clause(answer, place)


def heard_clause(answer: Answer, place: Place) -> ClauseOutcome:
    """Whether the answer's question was heard; unknown where its record does not say."""
    hearing, name = answer.hearing, answer.name
    values: dict[str, Value | None] = {}
    if hearing is not None and hearing.heard_before:
        values["heard_before"] = True
    elif hearing is not None and hearing.keyed_ahead:
        values["keyed_ahead"] = True
    elif hearing is not None:
        values |= {"prompt_heard_ms": hearing.prompt_heard_ms, "prompt_ms": hearing.prompt_ms}
    outcome = None if hearing is None else hearing.is_heard
    return clause_of_kind("heard", place, outcome, values, answers=(name,), details={"answer": name})

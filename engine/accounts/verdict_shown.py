"""Verdicts as they are shown, with what they became where a carrier's record changed them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import asdict

from engine.accounts.amounts import seconds
from engine.accounts.clause_shown import ClauseShown, clauses_of
from engine.accounts.shown import Shown
from engine.core.events import CALLER
from engine.core.facts import Timer, Verdict
from engine.core.money import format_money
from engine.store.tables.carrier_records import CarrierRecord
from engine.wording.sentences import verdict_sentence


class TimerShown(Shown, frozen=True, kw_only=True):
    """The timer of a term: when it started, how many seconds it ran, and how many were needed."""

    from_: str = msgspec.field(name="from")
    seconds: int | float
    needed: int | float

    @classmethod
    def of(cls, timer: Timer) -> TimerShown:
        return cls(from_=timer.counted_from, seconds=seconds(timer.ran_ms), needed=seconds(timer.needed_ms))


class VerdictShown(Shown, frozen=True, kw_only=True):
    """Whether a leg is billable and payable, clause by clause."""

    leg: str
    buyer: str
    at_ms: int
    billable: bool
    reason: str
    sentence: str
    timer: TimerShown
    clauses: tuple[ClauseShown, ...]
    revenue: str
    payable: bool
    payout_reason: str
    payout_clauses: tuple[ClauseShown, ...]
    payout: str
    currency: str
    near_miss_by: str | None

    @classmethod
    def of(cls, verdict: Verdict) -> VerdictShown:
        return cls(
            leg=verdict.leg,
            buyer=verdict.buyer,
            at_ms=verdict.at,
            billable=verdict.billable,
            reason=verdict.reason,
            sentence=verdict_sentence(verdict),
            timer=TimerShown.of(verdict.timer),
            clauses=clauses_of(verdict.clauses),
            revenue=format_money(verdict.revenue_micros),
            payable=verdict.payable,
            payout_reason=verdict.payout_reason,
            payout_clauses=clauses_of(verdict.payout_clauses),
            payout=format_money(verdict.payout_micros),
            currency=verdict.currency,
            near_miss_by=verdict.near_miss_by or None,
        )


class CorrectedVerdict(VerdictShown, frozen=True, kw_only=True):
    """A verdict from a carrier's times; `by` is the carrier."""

    by: str | None


class JudgementShown(VerdictShown, frozen=True, kw_only=True):
    """A verdict, and the corrected one if a carrier's record changed it."""

    corrected: CorrectedVerdict | None


def judgement_of(
    verdict: Verdict, corrected: Sequence[Verdict], records: Sequence[CarrierRecord]
) -> JudgementShown:
    """The verdict, the one of `corrected` on the same leg, and the carrier whose record is of that leg.

    Where none is, the record of the caller's own call bounds it.
    """
    again = next((each for each in corrected if each.leg == verdict.leg), None)
    by_leg = {record.leg: record.carrier for record in records}
    by = by_leg.get(verdict.leg, by_leg.get(CALLER))
    now = None if again is None else CorrectedVerdict(**asdict(VerdictShown.of(again)), by=by)
    return JudgementShown(**asdict(VerdictShown.of(verdict)), corrected=now)

"""How long a leg lasted by its carrier: whether that differs from ours, and the verdicts over it. Pure.

A carrier's signed record of a leg runs from its answer to its end, in whole seconds. Where it differs from
ours by more than that, it counts. A longer record lengthens no talk that the caller or we ended: what the
carrier counts beyond that is the time that it took to hang up.

The record of the caller's own call bounds every leg: nobody talked with a caller who was gone. That call
began before its audio, from which our times count, so a leg ended at the latest when as long had passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from engine.core.commands import BillClaim
from engine.core.conditions import Detail, Details, Value
from engine.core.events import CALLER, ClaimRefused
from engine.core.facts import Leg, Verdict
from engine.core.market import Market
from engine.core.moments import CallMoment
from engine.core.records import Frozen, changed

TOLERANCE_MS = 1_000
OURS_TO_END = ("caller", "flow")  # who ended a leg that only our own hanging up then ended at the carrier


class CarrierTime(Protocol):
    """A carrier's record of one leg."""

    @property
    def leg(self) -> str: ...
    @property
    def carrier(self) -> str: ...
    @property
    def duration_ms(self) -> int: ...


ReadingCode = Literal["no_leg", "agrees", "hanging_up", "unbilled", "differs"]


class CarrierReading(NamedTuple):
    """A record held against our times: the leg as the carrier has it, None where that changes nothing.

    `code` says what came of it, `details` hold both times.
    """

    leg: Leg | None
    code: ReadingCode
    details: Details


class CarrierFinding(Frozen, frozen=True):
    """What came of a carrier's record.

    `code` is a reading's, or `not_corrected`, `unreadable`, `as_written`; `details` fill its sentence.
    `judged` is what the verdict over the carrier's time says of the buyer, where the record changed the leg.
    """

    code: str
    details: Mapping[str, Detail] = {}
    judged: Mapping[str, Detail] = {}

    @property
    def refused(self) -> Sequence[ClaimRefused]:
        """What the record didn't bill, for another call of the caller has it (`refusing`)."""
        return [
            ClaimRefused(**held)  # type: ignore[arg-type]
            for name, held in self.details.items()
            if name.startswith(_REFUSED) and isinstance(held, Mapping)
        ]


_REFUSED = "refused_"


def refused_by(findings: Iterable[CarrierFinding | None]) -> list[ClaimRefused]:
    """What these findings of a call's records say was refused."""
    return [each for finding in findings if finding is not None for each in finding.refused]


def refusing(refused: Sequence[ClaimRefused]) -> Details:
    """A finding's details that say what was refused."""
    names = ("kind", "whose", "call", "started_at")
    return {
        f"{_REFUSED}{number}": {name: getattr(each, name) for name in names}
        for number, each in enumerate(refused, 1)
    }


def read_carrier_time(call: CallMoment, record: CarrierTime) -> CarrierReading:
    """What the record makes of its leg; that of the caller, of the first buyer's leg that it bounds."""
    if record.leg == CALLER:
        return _read_caller_time(call, record)
    leg = call.legs.get(record.leg)
    if leg is None or leg.answered_at is None or leg.ended_at is None:
        return CarrierReading(None, "no_leg", {})
    ours_ms = leg.ended_at - leg.answered_at
    details: dict[str, Value] = {
        "carrier": record.carrier,
        "leg": record.leg,
        "carrier_ms": record.duration_ms,
        "ours_ms": ours_ms,
    }
    if abs(record.duration_ms - ours_ms) <= TOLERANCE_MS:
        return CarrierReading(None, "agrees", details)
    if leg.buyer is None:  # a transfer: nobody pays for its time, so no verdict is of it
        return CarrierReading(None, "unbilled", details)
    if record.duration_ms > ours_ms and (leg.ended_by in OURS_TO_END or leg.ended_apart):
        return CarrierReading(None, "hanging_up", {**details, "ended_by": leg.ended_by})
    return CarrierReading(changed(leg, ended_at=leg.answered_at + record.duration_ms), "differs", details)


def _read_caller_time(call: CallMoment, record: CarrierTime) -> CarrierReading:
    ends = [leg.ended_at for leg in call.legs.values() if leg.answered_at is not None and leg.ended_at]
    details: dict[str, Value] = {
        "carrier": record.carrier,
        "leg": record.leg,
        "carrier_ms": record.duration_ms,
        "ours_ms": max(ends, default=call.at),
    }
    bounded = [leg for leg in call.legs.values() if _bound(leg, record) is not leg]
    if not bounded:
        return CarrierReading(None, "agrees", details)
    sold = next((leg for leg in bounded if leg.buyer is not None), None)
    if sold is None:  # transfers alone: nobody pays for their time
        return CarrierReading(None, "unbilled", details)
    return CarrierReading(_bound(sold, record), "differs", details)


def _bound(leg: Leg, record: CarrierTime) -> Leg:
    """The leg as it can have been at most; itself where the caller was there to its end."""
    if leg.answered_at is None or leg.ended_at is None or leg.ended_at <= record.duration_ms + TOLERANCE_MS:
        return leg
    return changed(leg, ended_at=max(leg.answered_at, record.duration_ms))


def verdicts_over(
    market: Market,
    call: CallMoment,
    records: Iterable[CarrierTime] = (),
    refused: Iterable[ClaimRefused] = (),
) -> Sequence[Verdict]:
    """What is found now over the times of these records, of ours where there is none.

    `refused` is what was claimed for it in vain.
    """
    return market.judge(_measured(call, records, refused))


def claims_over(
    market: Market, call: CallMoment, records: Iterable[CarrierTime], refused: Iterable[ClaimRefused] = ()
) -> Sequence[BillClaim]:
    """What must be claimed for those verdicts, and was not while the call went on, or since."""
    return market.claims(_measured(call, records, refused))


def ends_over(call: CallMoment, records: Iterable[CarrierTime]) -> Mapping[str, int]:
    """When the legs ended by these records, where they say something else than we do."""
    legs = _measured(call, records, ()).legs
    return {
        name: leg.ended_at
        for name, leg in legs.items()
        if leg.ended_at is not None and leg.ended_at != call.legs[name].ended_at
    }


def _measured(
    call: CallMoment, records: Iterable[CarrierTime], refused: Iterable[ClaimRefused]
) -> CallMoment:
    """The call with the legs as the records have them, and what is not its to bill."""
    told, others = list(records), {(each.kind, each.whose): each for each in refused}
    if others:
        call = changed(call, claimed={**call.claimed, **others})
    read = {record.leg: read_carrier_time(call, record).leg for record in told if record.leg != CALLER}
    legs = {**call.legs, **{name: leg for name, leg in read.items() if leg is not None}}
    for record in told:
        if record.leg == CALLER:
            legs = {name: _bound(leg, record) for name, leg in legs.items()}
    return changed(call, legs=legs) if told else call

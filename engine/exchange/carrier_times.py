"""How long a leg lasted by its carrier: whether that differs from ours, and the verdicts over it. Pure.

A carrier's signed record of a leg runs from its answer to its end, in whole seconds. Where it differs from
ours by more than that, it counts. A longer record lengthens no talk that the caller or we ended: what the
carrier counts beyond that is the time that it took to hang up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from engine.core.call import Call
from engine.core.commands import BillClaim
from engine.core.facts import Leg, Verdict
from engine.core.records import changed
from engine.exchange.spans import seconds_text

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


class CarrierReading(NamedTuple):
    """A record held against our times: the leg as the carrier has it, None where that changes nothing."""

    leg: Leg | None
    sentence: str


def read_carrier_time(call: Call, record: CarrierTime) -> CarrierReading:
    """What the record makes of its leg."""
    leg = call.legs.get(record.leg)
    if leg is None or leg.answered_at is None or leg.ended_at is None:
        return CarrierReading(None, "we have no such leg that was answered")
    ours_ms = leg.ended_at - leg.answered_at
    theirs, ours = seconds_text(record.duration_ms), seconds_text(ours_ms)
    if abs(record.duration_ms - ours_ms) <= TOLERANCE_MS:
        return CarrierReading(None, f"{theirs}, ours {ours}: they agree")
    told = f"{record.carrier} has {theirs} of leg {record.leg}, ours {ours}"
    if record.duration_ms > ours_ms and leg.ended_by in OURS_TO_END:
        return CarrierReading(None, f"{told}: the {leg.ended_by} ended it, the rest is hanging up")
    return CarrierReading(changed(leg, ended_at=leg.answered_at + record.duration_ms), told)


def verdicts_over(call: Call, records: Iterable[CarrierTime] = ()) -> Sequence[Verdict]:
    """What is found now over the times of these records, of ours where there is none."""
    with _over(call, records):
        return call.revision.market.judge(call)


def claims_over(call: Call, records: Iterable[CarrierTime]) -> Sequence[BillClaim]:
    """What must be claimed for those verdicts, and was not while the call went on."""
    with _over(call, records):
        return call.revision.market.claims(call)


@contextmanager
def _over(call: Call, records: Iterable[CarrierTime]) -> Iterator[None]:
    """The call with the legs as the records have them."""
    measured = {record.leg: read_carrier_time(call, record).leg for record in records}
    kept = dict(call.legs)
    call.legs.update({name: leg for name, leg in measured.items() if leg is not None})
    try:
        yield
    finally:
        call.legs.clear()
        call.legs.update(kept)

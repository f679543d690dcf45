"""A call judged again from its journal: with the carrier's times, or as it was, when a bill is in doubt.

A carrier's signed record of a leg runs from its answer to its end, in whole seconds. Where it differs from
ours by more than that, the verdict is found again over the carrier's times, and the bill is corrected.
A longer record lengthens no talk that the caller or we ended: what the carrier counts beyond that is the
time that it took to hang up. A bill that somebody corrected by hand is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.call import Call
from engine.core.commands import Command
from engine.core.facts import Leg, Verdict
from engine.core.flow import Revision
from engine.core.machine import CallMachine
from engine.core.money import format_money
from engine.core.records import changed
from engine.exchange.spans import seconds_text
from engine.runtime.publishing import kept_revision
from engine.store.carrier_records import CarrierRecord
from engine.store.errors import StoreError
from engine.store.ledger import Correction, Kind, standing_micros
from engine.store.store import Store

log = logging.getLogger("cordboard.calls")

TOLERANCE_MS = 1_000
OURS_TO_END = ("caller", "flow")  # who ended a leg that only our own hanging up then ended at the carrier


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A finished call as its journal tells it: the machine's call, its commands, what they said then."""

    call: Call
    revision: Revision
    commands: Sequence[Command]

    def verdicts(self, **legs: Leg) -> Sequence[Verdict]:
        """What is found now; with other facts of a leg, what would be found over them."""
        kept = dict(self.call.legs)
        self.call.legs.update(legs)
        try:
            return self.revision.market.judge(self.call)
        finally:
            self.call.legs.clear()
            self.call.legs.update(kept)


async def rejudge(store: Store, call: str) -> Rejudged:
    """Feed the call's journal to its own revision again; raises StoreError where that is not kept."""
    view = await store.call(call)
    if view is None:
        raise StoreError(f"there is no call '{call}'")
    revision = await kept_revision(store, view.record.revision)
    if revision is None:
        raise StoreError(f"call {call}: its revision {view.record.revision} is not in this database")
    machine = CallMachine(revision)
    commands: list[Command] = []
    for entry in await store.journal(call):
        commands += machine.receive(entry.event)
    if machine.call is None:
        raise StoreError(f"call {call}: its journal is empty")
    return Rejudged(machine.call, revision, commands)


async def read_carrier_records(store: Store) -> int:
    """Hold every new record of an ended call against our own times; how many bills were corrected."""
    corrected = 0
    for record in await store.unread_carrier_records():
        try:
            corrected += await _read(store, record)
        except Exception as error:
            # One call that cannot be judged must not keep the others waiting.
            log.exception("call %s: the carrier's record of %s could not be read", record.call, record.leg)
            await store.note_carrier_record(record, f"could not be read: {error}")
    return corrected


async def _read(store: Store, record: CarrierRecord) -> bool:
    found = await rejudge(store, record.call)
    leg = found.call.legs.get(record.leg)
    if leg is None or leg.answered_at is None or leg.ended_at is None:
        await store.note_carrier_record(record, "we have no such leg that was answered")
        return False
    ours_ms = leg.ended_at - leg.answered_at
    theirs, ours = seconds_text(record.duration_ms), seconds_text(ours_ms)
    if abs(record.duration_ms - ours_ms) <= TOLERANCE_MS:
        await store.note_carrier_record(record, f"{theirs}, ours {ours}: they agree")
        return False
    told = f"{record.carrier} has {theirs} of leg {record.leg}, ours {ours}"
    if record.duration_ms > ours_ms and leg.ended_by in OURS_TO_END:
        await store.note_carrier_record(
            record, f"{told}: the {leg.ended_by} ended it, the rest is hanging up"
        )
        return False
    measured = changed(leg, ended_at=leg.answered_at + record.duration_ms)
    before, after = found.verdicts(), found.verdicts(**{record.leg: measured})
    corrections = await _corrections(store, record, before, after, told)
    if corrections:
        await store.correct(*corrections)
        log.warning("call %s: corrected: %s", record.call, told)
    sentence = next(verdict.sentence for verdict in after if verdict.leg == record.leg)
    await store.note_carrier_record(record, f"{told}: {sentence}")
    return bool(corrections)


async def _corrections(
    store: Store, record: CarrierRecord, before: Sequence[Verdict], after: Sequence[Verdict], told: str
) -> list[Correction]:
    """What the new verdicts owe, where that is something else and what stands is what we billed."""
    view = await store.call(record.call)
    assert view is not None, "a call that was judged is there"
    corrections = []
    for buyer in dict.fromkeys(verdict.buyer for verdict in after):
        kinds: tuple[Kind, ...] = ("revenue", "payout")
        for kind in kinds:
            was, now = _owed(before, buyer, kind), _owed(after, buyer, kind)
            if was == now or standing_micros(view.ledger, kind, buyer) != was:
                continue
            why = f"{told}: {format_money(now)} instead of {format_money(was)}"
            corrections.append(Correction(record.call, buyer, kind, now, why, f"carrier {record.carrier}"))
    return corrections


def _owed(verdicts: Sequence[Verdict], buyer: str, kind: Kind) -> int:
    own = [verdict for verdict in verdicts if verdict.buyer == buyer]
    return sum(verdict.revenue_micros if kind == "revenue" else verdict.payout_micros for verdict in own)

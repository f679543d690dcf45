"""A call judged again from its journal: with the carrier's times, or as it was, when a bill is in doubt.

Where a carrier's record has another time of a leg than we have (`engine.exchange.carrier_times`), the verdict
is found again over the carriers' times, and the bill is corrected. A bill that somebody corrected by hand is
left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from engine.accounts.revisions import RevisionLost, kept_revision
from engine.core.call import Call
from engine.core.commands import Command
from engine.core.conditions import Details
from engine.core.events import ClaimRefused
from engine.core.facts import Verdict
from engine.core.flow import Revision
from engine.core.replay import retraced
from engine.exchange.carrier_times import (
    CarrierFinding,
    claims_over,
    ends_over,
    read_carrier_time,
    refused_by,
    refusing,
    verdicts_over,
)
from engine.store.databases.database import is_passing
from engine.store.errors import CorrectionRefused, FlushFailed, OwedAlready, SealError, StoreError
from engine.store.instants import iso
from engine.store.ledger.causes import Cause
from engine.store.ledger.entries import Correction, Kind, standing_micros
from engine.store.store import Store
from engine.store.tables.carrier_records import CarrierRecord
from engine.store.views import CallView
from engine.wording.catalogue import english
from engine.wording.ledger import carrier_sentence
from engine.wording.sentences import judged_details

log = logging.getLogger("cordboard.calls")


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A finished call as its journal tells it: the machine's call, its commands, what they said then."""

    call: Call
    commands: Sequence[Command]
    revision: Revision


class ErasedError(StoreError):
    """What a call was judged by is no more."""


def erased_since(view: CallView) -> str | None:
    """What was erased of the call, when and by whom, in words; None where it is whole."""
    if not view.erasures:
        return None
    last = view.erasures[-1]
    said = english().say(f"erasure.{last.what}", {})
    return f"{said} on {iso(last.made_at)} by {last.made_by}"


async def rejudge(store: Store, call: str) -> Rejudged:
    """Feed the call's journal to its own revision again; raises StoreError where that cannot be read."""
    view = await store.call(call)
    if view is None:
        raise StoreError(f"call '{call}' doesn't exist")
    if (gone := erased_since(view)) is not None:
        raise ErasedError(f"call {call}: {gone}, so it can't be judged again")
    try:
        revision = await kept_revision(store, view.record.revision)
    except RevisionLost as lost:
        raise StoreError(f"call {call}: {lost}") from lost
    journal = await store.journal(call)
    if not journal:
        raise StoreError(f"call {call}: its journal is empty")
    return Rejudged(*retraced(journal, revision), revision)


async def read_carrier_records(store: Store, passed_over: set[tuple[str, str]] | None = None) -> int:
    """Hold every new record of an ended call against our own times; how many bills were corrected.

    Every worker does. A record that can't be read for now, by this worker or this version, stays as it is for
    another time or worker. Into `passed_over` go those that this one can't read: they aren't tried again.
    """
    corrected = 0
    beyond = set() if passed_over is None else passed_over
    for record in await store.unread_carrier_records(beyond):
        try:
            corrected += await _read_beside_others(store, record)
        except Exception as error:
            if isinstance(error, FlushFailed) or is_passing(error):
                log.warning("call %s: the carrier's record of %s waits: %s", record.call, record.leg, error)
                continue
            if _is_of_this_worker(error):
                log.warning("call %s: the carrier's record of %s waits: %s", record.call, record.leg, error)
                beyond.add((record.call, record.leg))
                continue
            # One call that cannot be judged must not keep the others waiting.
            log.exception("call %s: the carrier's record of %s could not be read", record.call, record.leg)
            await store.note_carrier_record(record, CarrierFinding("unreadable", {"error": str(error)}))
    return corrected


def _is_of_this_worker(error: Exception) -> bool:
    """Whether another version, or a worker with the right key, may read what this one can't."""
    lost = error.__cause__
    return isinstance(error, SealError) or (isinstance(lost, RevisionLost) and lost.is_kept)


async def _read_beside_others(store: Store, record: CarrierRecord) -> bool:
    """Read it again where somebody else corrected the bill just before us."""
    try:
        return await _read(store, record)
    except CorrectionRefused:
        return await _read(store, record)


async def _read(store: Store, record: CarrierRecord) -> bool:
    try:
        found = await rejudge(store, record.call)
    except ErasedError:
        await store.note_carrier_record(record, CarrierFinding("erased", {}))
        return False
    market, call = found.revision.market, found.call.moment
    reading = read_carrier_time(call, record)
    if reading.leg is None:
        await store.note_carrier_record(record, CarrierFinding(reading.code, reading.details))
        return False
    view = await store.call(record.call)
    assert view is not None, "a call that was judged is there"
    earlier = [other for other in view.carrier_records if other.finding is not None]
    known = refused_by(other.finding for other in earlier)
    before, refused = verdicts_over(market, call, earlier, known), list[ClaimRefused]()
    while True:
        all_refused = [*known, *refused]
        after = verdicts_over(market, call, [*earlier, record], all_refused)
        corrections = _corrections(view, record, before, after, reading.details)
        if not corrections:
            break
        claims = claims_over(market, call, [*earlier, record], all_refused)
        try:
            await store.correct(*corrections, claims=claims)
            break
        except OwedAlready as owed:  # what another call has is not claimed again; the rest may be owed
            refused.append(owed.refused)
    ends = ends_over(call, [*earlier, record])
    details: Details = {**reading.details, **refusing(refused)}
    if refused and not corrections:
        first = refused[0]
        owes = {"kind": first.kind, "whose": first.whose, "call": first.call}
        await store.note_carrier_record(record, CarrierFinding("not_corrected", {**details, **owes}), ends)
        return False
    verdict = next((verdict for verdict in after if verdict.leg == reading.leg.leg), None)
    judged = {} if verdict is None else judged_details(verdict)
    finding = CarrierFinding(reading.code, details, judged)
    await store.note_carrier_record(record, finding, ends)
    if corrections:
        log.warning("call %s: corrected: %s", record.call, carrier_sentence(finding))
    return bool(corrections)


def _corrections(
    view: CallView,
    record: CarrierRecord,
    before: Sequence[Verdict],
    after: Sequence[Verdict],
    times: Details,
) -> list[Correction]:
    """What the new verdicts owe, where that is something else and what stands is what we billed."""
    if view.record.practice:
        return []
    corrections = []
    for buyer in dict.fromkeys(verdict.buyer for verdict in after):
        kinds: tuple[Kind, ...] = ("revenue", "payout")
        for kind in kinds:
            was, now = _owed(before, buyer, kind), _owed(after, buyer, kind)
            if was == now or standing_micros(view.ledger, kind, buyer) != was:
                continue
            amounts: Details = {**times, "was_micros": was, "now_micros": now}
            cause, by = Cause("carrier", leg=record.leg, details=amounts), f"carrier {record.carrier}"
            corrections.append(Correction(record.call, buyer, kind, now, "", by, cause))
    return corrections


def _owed(verdicts: Sequence[Verdict], buyer: str, kind: Kind) -> int:
    own = [verdict for verdict in verdicts if verdict.buyer == buyer]
    return sum(verdict.revenue_micros if kind == "revenue" else verdict.payout_micros for verdict in own)

"""Calls that a dead worker left open: their record is closed with what the journal proves, no more.

The journal is fed to the call's own revision; then the machine is told that the call was interrupted, at
the time of the last thing that is proven. Its closing ends legs, settles reservations and judges; what it
claims before that is claimed in its name. A bridge whose end nobody saw lasted, as far as we can prove,
until its last event. Its carrier knows more: it is asked (`engine.runtime.lost_legs`), and what it says
corrects the bill.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from engine.accounts.revisions import RevisionLost, kept_revision
from engine.core.commands import Command, ReleaseBid
from engine.core.events import BillingClaimed, CallInterrupted, Event
from engine.core.machine import CallMachine
from engine.core.replay import recorded_reads
from engine.store.store import Store
from engine.store.tables.carrier_legs import CarrierName

log = logging.getLogger("cordboard.calls")


async def close_abandoned(
    store: Store,
    now_ms: int,
    is_ours: Callable[[str], bool],
    tell: Callable[[ReleaseBid, str], None],
    end: Callable[[str, CarrierName], None] = lambda call, name: None,
) -> int:
    """Close every open call that nobody looks after (and that is not `is_ours`); how many were closed.

    One whose revision cannot be read stays open: what it owes cannot be known, and a later version may.

    Bidders who were told that they get such a call are told by `tell` that it does not come; whom the dead
    worker meant to tell so is told again, for nobody knows whether it still came to it.

    Legs that were up, or may ring on, are ended by `end`, told the call and the carrier's name of the leg.
    """
    closed = 0
    for abandoned in await store.abandoned(now_ms):
        if is_ours(abandoned.call) or not await store.take_over(abandoned.call):
            continue
        try:
            releases, left = await _close(store, abandoned.call, abandoned.revision, now_ms)
            for release in releases:
                tell(release, abandoned.call)
            for name in left:
                end(abandoned.call, name)
            closed += 1
        except RevisionLost as lost:
            log.error("call %s: %s; it stays open", abandoned.call, lost)
        except Exception:
            # One unreadable call must not keep the others, or the engine, from going on.
            log.exception("call %s: its record could not be closed", abandoned.call)
    return closed


async def _close(
    store: Store, call: str, revision_name: str, now_ms: int
) -> tuple[list[ReleaseBid], Sequence[CarrierName]]:
    """Close the record: what bidders are to be told, and the carrier's names of the legs that are left."""
    journal = await store.journal(call)
    revision = await kept_revision(store, revision_name)
    releases: list[ReleaseBid] = []
    left: Sequence[CarrierName] = ()
    machine = CallMachine(revision, recorded_reads(journal))
    for seq, entry in enumerate(journal):
        commands = machine.receive(entry.event)
        if not entry.commands:  # its commands died with the worker: they follow from the event
            store.append_commands(call, seq, commands)
        releases += _releases_in(commands)
    at, seq = journal[-1].event.at, len(journal)
    if not machine.is_over:
        names = await store.carrier_desk.names(call)
        left = [names[leg] for leg in _up(machine) if leg in names]
        talking = _talking(machine)
        for leg in sorted(set(talking) - set(names)):
            log.warning(
                "call %s: nobody can ask how long %s lasted: its name at the carrier is lost", call, leg
            )
        await store.carrier_desk.lose(call, talking, now_ms)
        interrupted = CallInterrupted(at, "the engine stopped in the middle of the call")
        releases += _goes_on(store, machine, call, seq, interrupted)
        seq += 1
    while (claim := machine.claim) is not None:
        refused = await store.claim(call, claim.claims)
        releases += _goes_on(store, machine, call, seq, BillingClaimed(at, claim.claim, refused))
        seq += 1
    await store.flush(call)
    log.warning("call %s: closed, its worker had stopped", call)
    return releases, left


def _goes_on(store: Store, machine: CallMachine, call: str, seq: int, event: Event) -> list[ReleaseBid]:
    store.append(call, seq, event)
    commands = machine.receive(event)
    store.append_commands(call, seq, commands)
    return _releases_in(commands)


def _up(machine: CallMachine) -> list[str]:
    """The legs that had not ended when their engine died: the phone may ring on."""
    legs = machine.call.legs.values() if machine.call is not None else ()
    return [leg.leg for leg in legs if leg.ended_at is None]


def _talking(machine: CallMachine) -> list[str]:
    """The legs that were up when their engine died: how long they lasted, their carrier knows."""
    legs = machine.call.legs.values() if machine.call is not None else ()
    return [leg.leg for leg in legs if leg.answered_at is not None and leg.ended_at is None]


def _releases_in(commands: Iterable[Command]) -> list[ReleaseBid]:
    return [command for command in commands if isinstance(command, ReleaseBid)]

"""Calls that a dead worker left open: their record is closed with what the journal proves, no more.

The journal is fed to the call's own revision; then the machine is told that the call was interrupted, at
the time of the last thing that is proven. Its closing ends legs, settles reservations and judges; what it
claims before that is claimed in its name. A bridge whose end nobody saw lasted, as far as we can prove,
until its last event. Its carrier knows more: it is asked (`engine.runtime.lost_legs`), and what it says
corrects the bill.

A talk that its carrier has joined goes on without us: such a call stays open, and is taken over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.accounts.revisions import RevisionLost, kept_revision
from engine.core.commands import CancelTimer, Command, ReleaseBid, SetTimer
from engine.core.events import BillingClaimed, CallInterrupted, Event, TimerFired
from engine.core.journal import Entry
from engine.core.machine import CallMachine
from engine.core.replay import recorded_reads
from engine.runtime.joined_calls import JoinedCall
from engine.store.store import Store
from engine.store.tables.carrier_legs import CarrierName

log = logging.getLogger("cordboard.calls")


async def close_abandoned(
    store: Store,
    now_ms: int,
    is_ours: Callable[[str], bool],
    tell: Callable[[ReleaseBid, str], None],
    end: Callable[[str, CarrierName], None] = lambda call, name: None,
    *,
    go_on: Callable[[JoinedCall], None] | None = None,
) -> int:
    """Close every open call that nobody looks after (and that is not `is_ours`); how many were closed.

    One whose revision cannot be read stays open: what it owes cannot be known, and a later version may.

    Bidders who were told that they get such a call are told by `tell` that it does not come; whom the dead
    worker meant to tell so is told again, for nobody knows whether it still came to it.

    Legs that were up, or may ring on, are ended by `end`, told the call and the carrier's name of the leg.
    A call whose talk the carrier has joined is not closed, but given to `go_on`, where there is one.
    """
    closed = 0
    for abandoned in await store.abandoned(now_ms):
        if is_ours(abandoned.call) or not await store.take_over(abandoned.call):
            continue
        try:
            read = await _read(store, abandoned.call, abandoned.revision)
            joined = await _joined(store, read) if go_on is not None else None
            if go_on is not None and joined is not None:
                log.warning("call %s: its talk goes on, its worker had stopped", abandoned.call)
                go_on(joined)
                continue
            releases, left = await _close(store, read, now_ms)
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


@dataclass(frozen=True, slots=True)
class _ReadCall:
    """An abandoned call's journal, fed to its machine."""

    call: str
    machine: CallMachine
    journal: Sequence[Entry]
    releases: list[ReleaseBid]
    timers: Mapping[str, int]  # those that are set: when they are due, in the call's own time


async def _read(store: Store, call: str, revision_name: str) -> _ReadCall:
    journal = await store.journal(call)
    revision = await kept_revision(store, revision_name)
    machine = CallMachine(revision, recorded_reads(journal))
    releases: list[ReleaseBid] = []
    timers: dict[str, int] = {}
    for seq, entry in enumerate(journal):
        event = entry.event
        commands = machine.receive(event)
        if not entry.commands:  # its commands died with the worker: they follow from the event
            store.append_commands(call, seq, commands)
        releases += _releases_in(commands)
        if isinstance(event, TimerFired):
            timers.pop(event.timer, None)
        for command in commands:
            if isinstance(command, SetTimer):
                timers[command.timer] = event.at + command.after_ms
            elif isinstance(command, CancelTimer):
                timers.pop(command.timer, None)
    return _ReadCall(call, machine, journal, releases, timers)


async def _joined(store: Store, read: _ReadCall) -> JoinedCall | None:
    """The call, where its carrier has joined its talk and knows both legs."""
    machine, call = read.machine, read.machine.call
    if call is None or machine.is_over:
        return None
    names = await store.carrier_desk.names(read.call)
    for leg in call.legs.values():
        joining = leg.joining
        if joining is not None and joining.carrier and leg.ended_at is None and leg.leg in names:
            seq, last_at = len(read.journal), read.journal[-1].event.at
            stream = max(0, await store.carrier_desk.streams_taken(call.arrived.carrier_call) - 1)
            held = (leg.leg, *names[leg.leg])
            return JoinedCall(machine, call.arrived, *held, seq, last_at, read.timers, stream)
    return None


async def _close(
    store: Store, read: _ReadCall, now_ms: int
) -> tuple[list[ReleaseBid], Sequence[CarrierName]]:
    """Close the record: what bidders are to be told, and the carrier's names of the legs that are left."""
    call, machine, journal, releases = read.call, read.machine, read.journal, read.releases
    left: Sequence[CarrierName] = ()
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

"""Finished calls in a real store: played by a virtual world over the roofing network, kept as a live one is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.core.commands import Dial
from engine.core.events import CallArrived, CallerHungUp, CallInterrupted, LegEnded
from engine.core.machine import CallMachine
from engine.language.revisions import publish, read_network_dir
from engine.language.stories.story import BuyerPlan, PressKeys, SaySomething
from engine.rehearsal.bookings import Bookings
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld
from engine.store import Store

ROOFING = Path("examples/flows/roofing")
START = 1_795_341_600_000
KEYED = (PressKeys("78701"), PressKeys("2"), PressKeys("1"))


async def kept_call(
    store: Store,
    call: str = "call-1",
    *,
    talk_ms: int = 95_000,
    acts: tuple[PressKeys | SaySomething, ...] = KEYED,
    changes: Mapping[str, str] | None = None,
    ended_by: str = "buyer",
    claims: bool = False,
    carrier_call: str = "",
    again_of: str = "",
    busy: str = "",
) -> str:
    """A call that the first buyer takes who isn't `busy`, and that ends after `talk_ms`.

    `changes` are made to its files; one that the "engine" ended is closed as a dead worker's.
    """
    files = read_network_dir(ROOFING)
    for old, new in (changes or {}).items():
        assert any(old in text for text in files.values()), old
        files = {name: text.replace(old, new) for name, text in files.items()}
    published = publish(files)
    assert published.revision is not None, published.mistakes
    assert published.network is not None
    revision = published.revision
    await store.keep_revision(revision.id, published.files)
    bookings = Bookings(published.network)

    def plan(dial: Dial) -> BuyerPlan:
        return BuyerPlan("busy") if dial.buyer == busy else BuyerPlan("answers", talks_ms=talk_ms)

    world = VirtualWorld(revision, ScriptedCaller(acts), plan, bookings)
    number = "+15550100"
    arrived = CallArrived(
        *(0, call, "twilio", carrier_call or f"CA{call}", "+15125550123", number, START, 7),
        claims=claims,
        again_of=again_of,
    )
    assert world.run(arrived) is None
    machine = CallMachine(revision)
    for seq, entry in enumerate(world.journal):
        event = entry.event
        if machine.is_closed:
            break
        if ended_by == "caller" and isinstance(event, LegEnded):
            event = CallerHungUp(event.at)
        if ended_by == "engine" and isinstance(event, LegEnded) and event.leg == talking_leg(machine):
            event = CallInterrupted(event.at, "the engine stopped")
        store.append(call, seq, event)
        store.append_commands(call, seq, machine.receive(event))
    await store.flush()
    return call


def talking_leg(machine: CallMachine) -> str:
    """The leg that is bridged."""
    legs = machine.call.legs.values() if machine.call is not None else ()
    return next((leg.leg for leg in legs if leg.bridged_at is not None), "")

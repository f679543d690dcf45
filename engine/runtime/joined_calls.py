"""Calls from another engine's life whose talks their carriers have joined: they go on where they are.

The journal is fed to the call's own machine, as for a call that is closed (`engine.runtime.recovery`).
Nothing is closed then: what is to come of the talk comes by the carrier's webhooks, or by asking it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.core.commands import SetTimer
from engine.core.events import CallArrived
from engine.core.machine import CallMachine
from engine.runtime.calls import LiveCall
from engine.runtime.publishing import in_service
from engine.runtime.world import World


@dataclass(frozen=True, slots=True)
class JoinedCall:
    """A call whose `carrier` has joined its caller with this `leg`, as its journal of so many events leaves
    it.

    `timers` are due then, by the call's own time; `stream` numbers the caller's last stream.
    """

    machine: CallMachine
    arrived: CallArrived
    leg: str
    carrier: str
    carrier_call: str
    events: int
    last_at: int
    timers: Mapping[str, int]
    stream: int


class AdoptedCall(LiveCall):
    """Such a call, in progress again."""

    def __init__(self, world: World, joined: JoinedCall) -> None:
        super().__init__(world, in_service(joined.machine.revision), None, stream=joined.stream)
        arrived = self._arrived = joined.arrived
        self.machine = joined.machine
        self._seq, self._last_at = joined.events, joined.last_at
        self._sealed = self._published.is_sealed(arrived.called_number)
        language = self._published.flow_of(arrived.called_number).language
        self.caller.adopt(arrived, language, streams_stay=world.telephone.keeps_streams(joined.carrier))
        self._errands.begin(arrived)
        for timer, due_at in joined.timers.items():
            left_ms = arrived.started_at + due_at - world.clock.now_ms()
            self._set_timer(SetTimer(timer, max(0, left_ms)))
        self.legs.adopt(arrived, joined.leg, joined.carrier, joined.carrier_call, language)


class JoinedCalls:
    """Those that were found, until somebody can look after them."""

    def __init__(self) -> None:
        self._found: list[JoinedCall] = []

    def found(self, joined: JoinedCall) -> None:
        self._found.append(joined)

    def go_on(self, world: World, look_after: Callable[[str, LiveCall], None]) -> None:
        found, self._found = self._found, []
        for joined in found:
            look_after(joined.arrived.call, AdoptedCall(world, joined))

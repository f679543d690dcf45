"""What a call asks of others over HTTP: each command is carried out and answered by its event."""

from __future__ import annotations

from engine.core.commands import Confirm, Ping
from engine.core.events import BidConfirmed, BidsIn, CallArrived
from engine.runtime.ears import Happens
from engine.runtime.pinging import Asking
from engine.runtime.world import World


class Errands:
    """The errands of one call. `begin` comes first."""

    def __init__(self, world: World, happens: Happens) -> None:
        self._world = world
        self._happens = happens
        self._arrived: CallArrived | None = None

    def begin(self, arrived: CallArrived) -> None:
        self._arrived = arrived

    async def ping(self, command: Ping) -> None:
        bids = await self._world.pinging.ask(command, self._asking())
        self._happens(lambda at: BidsIn(at, command.ping, bids))

    async def confirm(self, command: Confirm) -> None:
        said, ms = await self._world.pinging.confirm(command, self._asking())
        name = command.confirmation
        self._happens(lambda at: BidConfirmed(at, name, said.accepted, ms, said.reason, said.to))

    def _asking(self) -> Asking:
        arrived, clock = self._arrived, self._world.clock
        assert arrived is not None, "a call asks nothing before it arrives"
        return Asking(arrived.call, arrived.caller_number, lambda: clock.now_ms() - arrived.started_at)

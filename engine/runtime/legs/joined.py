"""A talk that its carrier joins: asked for, joined, over.

Rules
1. Until the carrier says that it has joined the two legs, their talk goes on through us. Their streams may
   end meanwhile, for that is how it joins them; if it then does not, whoever lost one is waited for.
2. Nothing of a joined talk comes by us. It is over when the carrier tells of its leg's end, or asks what
   comes after it for either of the two. Whoever is asked for has been left by the other.
3. A carrier whose word does not come is asked now and then, so that a lost webhook costs a minute and no
   more.
4. Once the leg is over, its caller is back with us, or has hung up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Protocol

from engine.carriers.contract import LegsToJoin
from engine.core.commands import Command, Join
from engine.core.events import CallArrived, Event
from engine.core.leg_events import JoinFailed, JoinFailure, LegsJoined
from engine.runtime.callers_times import keep_callers_time
from engine.runtime.legs.caller import CallerLeg
from engine.runtime.legs.leg import DialledLeg
from engine.runtime.legs.telephone import JoinRefused, RingFailed
from engine.runtime.world import World
from engine.store.tables.carrier_records import CarrierRecord

log = logging.getLogger("cordboard.calls")

ASKED_EVERY_MS = 60_000
"""How often the carrier is asked whether a joined talk is over."""

GRACE_S = 5
"""So much longer the carrier lets them talk: it parts them only where we don't."""

Happens = Callable[[Callable[[int], Event]], None]


class Start(Protocol):
    """Runs what takes time; where it raises, the command that it carries out has failed."""

    def __call__(self, work: Coroutine[object, object, None], command: Command | None = None) -> None: ...


class JoinedTalk:
    """At most one at a time. `happens` takes its news, `start` runs what takes time."""

    def __init__(self, world: World, caller: CallerLeg, happens: Happens, start: Start) -> None:
        self._world = world
        self._caller = caller
        self._happens = happens
        self._start = start
        self._leg: DialledLeg | None = None  # asked for, or joined
        self._call = self._carrier = ""
        self._asking: asyncio.TimerHandle | None = None
        caller.on_return = self._caller_returns

    @property
    def is_on(self) -> bool:
        """Whether the carrier has joined them, and they talk."""
        return self._caller.elsewhere == "joined" and self._leg is not None

    async def join(self, command: Join, leg: DialledLeg | None, arrived: CallArrived, carrier: str) -> bool:
        """Have the `carrier` that dialled the leg join it with the caller's; whether it did.

        `leg` is None where it isn't talking with the caller just now.
        """
        why = self._cannot(leg, arrived, carrier)
        if why is not None or leg is None:
            code = why or "apart"
            self._happens(lambda at: JoinFailed(at, command.leg, code))
            return False
        caller, self._leg = self._caller, leg
        self._call, self._carrier = arrived.call, carrier
        caller.leaves()
        leg.leaves()
        legs = LegsToJoin(
            arrived.call,
            leg.name,
            caller.carrier_call,
            leg.carrier_call,
            caller.stream,
            leg.stream,
            None if command.at_most_ms is None else -(-command.at_most_ms // 1000) + GRACE_S,
        )
        try:
            await self._world.telephone.join(carrier, legs)
        except JoinRefused as refused:
            if self._leg is leg:
                code, said = refused.code, str(refused)
                log.warning("call %s: leg %s isn't joined by %s: %s", arrived.call, leg.name, carrier, said)
                self._happens(lambda at: JoinFailed(at, command.leg, code, said))
                self._part()
            return False
        if self._leg is not leg:
            return False  # the talk was over first
        streams_stay = self._world.telephone.keeps_streams(carrier)
        caller.has_left(streams_stay=streams_stay)
        leg.has_left(streams_stay=streams_stay)
        self._happens(lambda at: LegsJoined(at, command.leg, carrier))
        self._ask_in(ASKED_EVERY_MS)
        return True

    def _cannot(self, leg: DialledLeg | None, arrived: CallArrived, carrier: str) -> JoinFailure | None:
        if leg is None or not leg.carrier_call or leg.is_over or leg.is_lost or self._caller.is_lost:
            return "apart"
        if carrier != arrived.carrier:
            return "two_carriers"
        can = self._world.telephone.joins(carrier) and self._world.return_wait_ms > 0
        return None if can else "cannot_join"

    def adopt(self, call: str, leg: DialledLeg, carrier: str) -> None:
        """Go on with a talk that was joined in another engine's life; its end may have been missed."""
        self._leg = leg
        self._call, self._carrier = call, carrier
        self._ask_in(0)

    # Its end

    def is_over(self, leg: str) -> None:
        """The leg is over, whoever ended it."""
        if self._leg is not None and self._leg.name == leg:
            self._part()

    def _part(self) -> None:
        leg, self._leg = self._leg, None
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if leg is not None:
            leg.stays()
        self._caller.stays()
        self._caller.comes_back()

    def _caller_returns(self) -> None:
        """The carrier asks what comes next for a caller in a joined talk: the other has left."""
        if self._leg is not None:
            self._leg.left_by_carrier()
        self._part()

    # A word that does not come

    def _ask_in(self, after_ms: int) -> None:
        def ask() -> None:
            self._start(self._ask())

        self._asking = self._world.clock.after(after_ms, ask)

    async def _ask(self) -> None:
        """Ask the carrier whether the leg is over, and how long both lasted."""
        leg, carrier, telephone = self._leg, self._carrier, self._world.telephone
        store, clock = self._world.store, self._world.clock
        if leg is None:
            return
        try:
            found = await telephone.length(carrier, leg.carrier_call)
        except RingFailed as failed:
            log.warning("leg %s: %s doesn't say whether it is over: %s", leg.name, carrier, failed)
            found = None
        if self._leg is not leg:
            return
        self._ask_in(ASKED_EVERY_MS)
        if found is None or found.duration_s is None:
            return
        record = CarrierRecord(self._call, leg.name, carrier, found.duration_s * 1000, clock.now_ms())
        await store.keep_carrier_record(record)
        try:
            of_caller = await telephone.length(carrier, self._caller.carrier_call)
        except RingFailed:
            of_caller = None
        if of_caller is None or of_caller.duration_s is None:
            leg.ended_at_carrier("buyer")
            return
        duration_ms = of_caller.duration_s * 1000
        await keep_callers_time(store, carrier, self._caller.carrier_call, duration_ms, clock.now_ms())
        leg.ended_at_carrier("network")  # both are over, and nobody says who was first
        self._caller.gone()

    def close(self) -> None:
        """Ask no more; the talk may go on."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

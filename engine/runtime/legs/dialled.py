"""The legs that a call has dialled: what its machine wants of them, and what they tell it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from engine.core.answering import key_event
from engine.core.commands import Bridge, Dial, EndLeg, Join, Play, StopPlaying
from engine.core.events import (
    CALLER,
    CallArrived,
    EndedBy,
    LegAnswered,
    LegBridged,
    LegEnded,
    LegOutcome,
    LegRinging,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    VoiceReplaced,
)
from engine.core.leg_events import Answerer, AnswererTold
from engine.core.stream_events import StreamBack, StreamLost
from engine.media.line import Line, Why
from engine.runtime.legs.caller import CallerLeg
from engine.runtime.legs.joined import Happens, JoinedTalk, Start
from engine.runtime.legs.leg import DialledLeg
from engine.runtime.legs.telephone import Ring
from engine.runtime.legs.voices import Failed
from engine.runtime.outward.tellings import with_headers
from engine.runtime.world import World
from engine.store.errors import StoreError
from engine.store.tables.carrier_legs import CarrierLeg

log = logging.getLogger("cordboard.calls")

AGAIN_MS = 1_000
MUTE_MS = 1_800
"""A line of a talk that brings no frame for so long is dead, or its network stands still: fifty a second are
a heartbeat. The other party is told within two seconds."""
GIVE_UP_MS = 3_200
"""So much later it is broken, whatever its socket says."""
_READ_S = 0.25
"""Of the wall's: for what came while we ourselves were held up to be read."""
_LEAST_MUTE_S = 0.4
"""Of the wall's, in rehearsals that are faster."""


NOT_ASKED = "not_asked"
"""What stands for the word of a carrier that finds out nothing: it isn't waited for."""


class CallLegs:
    """All legs of a call but its caller's. `happens` takes their news, `start` runs what takes time."""

    def __init__(self, world: World, caller: CallerLeg, happens: Happens, start: Start) -> None:
        self._world = world
        self._caller = caller
        self._happens = happens
        self._start = start
        self._legs: dict[str, DialledLeg] = {}
        self._call = ""
        self._carriers: dict[str, str] = {}  # by whom each is dialled
        self._unasked: set[str] = set()  # what picks them up, their carriers can't be asked
        self._talking: DialledLeg | None = None  # who is joined with the caller
        self._talk: Bridge | None = None  # until its leg is over, also while a broken stream keeps them apart
        self._watching: asyncio.TimerHandle | None = None
        self.joined = JoinedTalk(world, caller, happens, start)
        caller.on_lost = self._part
        caller.on_key = lambda key: self.leg_pressed(CALLER, key)

    def get(self, leg: str) -> DialledLeg | None:
        return self._legs.get(leg)

    @property
    def lines(self) -> list[Line]:
        return [leg.line for leg in self._legs.values() if leg.line is not None]

    # What the machine wants

    def dial(self, command: Dial, arrived: CallArrived, language: str, call_token: str) -> None:
        self._call = arrived.call
        world = self._world
        if arrived.practice:  # it rings by no other carrier: it calls nobody's real phone
            carrier, shown = arrived.carrier, ""
        elif command.carrier:
            carrier, shown = command.carrier, command.shown
        else:
            carrier, shown = world.dialled_by(arrived.carrier)
        is_callers = carrier == arrived.carrier
        can_tell = world.telephone.detects_machines(carrier)
        if command.detects_machines and not can_tell:
            self._unasked.add(command.leg)
        leg = self._new_leg(command.leg, carrier, language)
        ring = Ring(
            carrier=carrier,
            call=arrived.call,
            leg=command.leg,
            to=with_headers(command.to, command.headers),
            caller_number=arrived.caller_number,
            own_number=shown or arrived.called_number,
            call_token=call_token if is_callers else "",
            ring_timeout_ms=command.ring_timeout_ms,
            detects_machines=command.detects_machines and can_tell,
            caller_call=arrived.carrier_call if is_callers else "",
        )
        self._start(leg.dial(ring), command)

    def _new_leg(self, name: str, carrier: str, language: str) -> DialledLeg:
        world = self._world
        leg = DialledLeg(name, self, world.telephone, world.library, language, self._waiting)
        self._legs[name] = leg
        self._carriers[name] = carrier
        return leg

    def adopt(self, arrived: CallArrived, name: str, carrier: str, carrier_call: str, language: str) -> None:
        """Go on with a leg that the carrier had joined with the caller's when its engine died."""
        self._call = arrived.call
        leg = self._new_leg(name, carrier, language)
        leg.adopt(carrier, carrier_call, streams_stay=self._world.telephone.keeps_streams(carrier))
        self.joined.adopt(arrived.call, leg, carrier)

    def play(self, command: Play) -> None:
        if (leg := self.get(command.leg)) is not None:
            leg.play(command)

    def stop_playing(self, command: StopPlaying) -> None:
        if (leg := self.get(command.leg)) is not None:
            leg.stop_playing()

    def bridge(self, command: Bridge) -> None:
        leg = self.get(command.leg)
        if leg is None or leg.line is None or leg.is_over:
            return  # its LegEnded is on the way
        if self._caller.is_lost or leg.is_lost:
            return  # it is commanded again once both are there
        self._caller.stop_hearing()
        self._caller.line.relay_to(leg.line)
        leg.line.relay_to(self._caller.line)
        self._talking = leg
        self._talk = command
        leg.is_bridged = True
        self._watch(leg, self._mute_ms)
        self._happens(lambda at: LegBridged(at, command.leg))

    def join(self, command: Join, arrived: CallArrived) -> None:
        """Have the carrier join the talk that goes through us."""
        self._start(self._join(command, arrived), command)

    async def _join(self, command: Join, arrived: CallArrived) -> None:
        leg = self._talking if self._talking is self.get(command.leg) else None
        self._watch_no_more()
        if await self.joined.join(command, leg, arrived, self._carriers.get(command.leg, "")):
            self._part()
        elif leg is not None and leg is self._talking:
            self._watch(leg, self._mute_ms)

    def end(self, command: EndLeg) -> None:
        self._talk_is_over(command.leg)
        if (leg := self.get(command.leg)) is not None:
            self._start(leg.end(command.said), command)
        self.joined.is_over(command.leg)

    def _part(self) -> None:
        """The caller and who is joined with it hear each other no more."""
        self._caller.hush()
        if self._talking is not None and self._talking.line is not None:
            self._talking.line.relay_to(None)
        self._talking = None
        self._watch_no_more()

    def _watch_no_more(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def _talk_is_over(self, leg: str) -> None:
        self._part_from(leg)
        if self._talk is not None and self._talk.leg == leg:
            self._talk = None

    def _part_from(self, leg: str) -> None:
        if self._talking is not None and self._talking.name == leg:
            self._part()

    # Who is silent for too long: a carrier sends sound all the time, quiet or not

    @property
    def _mute_ms(self) -> int:
        return max(MUTE_MS, self._world.clock.passed_ms(_LEAST_MUTE_S))

    def _watch(self, leg: DialledLeg, in_ms: int) -> None:
        due_ms = self._world.clock.now_ms() + in_ms
        self._watching = self._world.clock.after(in_ms, lambda: self._look(leg, due_ms))

    def _look(self, leg: DialledLeg, due_ms: int) -> None:
        clock, caller = self._world.clock, self._caller
        self._watching = None
        if leg.line is None or clock.now_ms() - due_ms > clock.passed_ms(_READ_S):
            self._watch(leg, clock.passed_ms(_READ_S))  # we were held up ourselves
            return
        caller_ms, leg_ms = (clock.passed_ms(line.silent_s) for line in (caller.line, leg.line))
        if caller_ms >= self._mute_ms:
            caller.miss(GIVE_UP_MS)
        elif leg_ms >= self._mute_ms:
            leg.miss(GIVE_UP_MS)
        else:
            self._watch(leg, self._mute_ms - max(caller_ms, leg_ms) + 1)

    def _waiting(self, span_ms: int | None, done: Callable[[], None]) -> asyncio.TimerHandle:
        return self._world.clock.after(self._world.return_wait_ms if span_ms is None else span_ms, done)

    async def end_all(self) -> None:
        self._part()
        ended = await asyncio.gather(*(leg.end() for leg in self._legs.values()), return_exceptions=True)
        for leg, failed in zip(self._legs, ended, strict=True):
            if failed is not None:
                log.error("call %s: leg %s could not be ended", self._call, leg, exc_info=failed)

    # What the legs tell

    def leg_named(self, leg: str, carrier_call: str) -> None:
        named = CarrierLeg(self._call, leg, self._carriers[leg], carrier_call)
        self._start(self._keep_name(named))

    async def _keep_name(self, named: CarrierLeg) -> None:
        """By its name the carrier is asked of the leg, should we die: keep it, though the database fails."""
        while True:
            try:
                return await self._world.store.carrier_desk.name(named)
            except StoreError as error:
                leg = self.get(named.leg)
                if leg is None or leg.is_over:
                    raise
                log.warning("call %s: the name of leg %s isn't kept yet: %s", named.call, named.leg, error)
            await self._world.clock.sleep(AGAIN_MS)

    def leg_ringing(self, leg: str) -> None:
        self._happens(lambda at: LegRinging(at, leg))

    def leg_answered(self, leg: str) -> None:
        self._happens(lambda at: LegAnswered(at, leg))
        if leg in self._unasked:
            self.leg_answerer(leg, "unknown", NOT_ASKED)

    def leg_ended(
        self, leg: str, outcome: LegOutcome, ended_by: EndedBy, detail: str, *, is_ours: bool = False
    ) -> None:
        self._talk_is_over(leg)
        self._happens(lambda at: LegEnded(at, leg, outcome, ended_by, detail, is_ours))
        self.joined.is_over(leg)

    def leg_lost(self, leg: str, silent_s: float, why: Why) -> None:
        self._part_from(leg)
        silent_ms = self._world.clock.passed_ms(silent_s)
        self._happens(lambda at: StreamLost(at, leg, max(0, at - silent_ms), why))

    def leg_back(self, leg: str) -> None:
        self._happens(lambda at: StreamBack(at, leg))

    def leg_pressed(self, leg: str, key: str) -> None:
        talk = self._talk
        self._happens(lambda at: key_event(at, leg, key, talk))

    def leg_answerer(self, leg: str, answerer: Answerer, said: str) -> None:
        self._happens(lambda at: AnswererTold(at, leg, answerer, said))

    def leg_prompt_played(self, leg: str, prompt: str) -> None:
        self._happens(lambda at: PromptPlayed(at, leg, prompt))

    def leg_prompt_cleared(self, leg: str, prompt: str, heard_ms: int) -> None:
        self._happens(lambda at: PromptCleared(at, leg, prompt, heard_ms))

    def leg_prompt_failed(self, leg: str, failed: Failed) -> None:
        if failed.is_heard:
            self._happens(lambda at: VoiceReplaced(at, leg, failed.prompt, failed.reason))
        elif failed.reason:
            self._happens(lambda at: PromptFailed(at, leg, failed.prompt, failed.reason))
        else:
            self._happens(lambda at: PromptCleared(at, leg, failed.prompt, 0))

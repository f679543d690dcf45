"""The legs that a call has dialled: what its machine wants of them, and what they tell it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from engine.core.commands import Bridge, Dial, EndLeg, Play, StopPlaying
from engine.core.events import (
    CallArrived,
    EndedBy,
    Event,
    KeyPressed,
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
from engine.runtime.legs.caller import CallerLeg
from engine.runtime.legs.leg import DialledLeg
from engine.runtime.legs.telephone import Ring
from engine.runtime.legs.voices import Failed
from engine.runtime.outward.tellings import with_headers
from engine.runtime.world import World
from engine.store.tables.carrier_legs import CarrierLeg

Happens = Callable[[Callable[[int], Event]], None]
Start = Callable[[Coroutine[object, object, None]], None]


class CallLegs:
    """All legs of a call but its caller's. `happens` takes their news, `start` runs what takes time."""

    def __init__(self, world: World, caller: CallerLeg, happens: Happens, start: Start) -> None:
        self._world = world
        self._caller = caller
        self._happens = happens
        self._start = start
        self._legs: dict[str, DialledLeg] = {}
        self._call = self._carrier = ""

    def get(self, leg: str) -> DialledLeg | None:
        return self._legs.get(leg)

    # What the machine wants

    def dial(self, command: Dial, arrived: CallArrived, language: str, call_token: str) -> None:
        self._call, self._carrier = arrived.call, arrived.carrier
        leg = DialledLeg(command.leg, self, self._world.telephone, self._world.library, language)
        self._legs[command.leg] = leg
        ring = Ring(
            call=arrived.call,
            leg=command.leg,
            to=with_headers(command.to, command.headers),
            caller_number=arrived.caller_number,
            own_number=arrived.called_number,
            call_token=call_token,
            ring_timeout_ms=command.ring_timeout_ms,
        )
        self._start(leg.dial(ring))

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
        self._caller.stop_hearing()
        self._caller.line.relay_to(leg.line)
        leg.line.relay_to(self._caller.line)
        self._happens(lambda at: LegBridged(at, command.leg))

    def end(self, command: EndLeg) -> None:
        self._caller.line.relay_to(None)
        if (leg := self.get(command.leg)) is not None:
            self._start(leg.end())

    async def end_all(self) -> None:
        for leg in self._legs.values():
            await leg.end()

    # What the legs tell

    def leg_named(self, leg: str, carrier_call: str) -> None:
        named = CarrierLeg(self._call, leg, self._carrier, carrier_call)
        self._start(self._world.store.carrier_desk.name(named))

    def leg_ringing(self, leg: str) -> None:
        self._happens(lambda at: LegRinging(at, leg))

    def leg_answered(self, leg: str) -> None:
        self._happens(lambda at: LegAnswered(at, leg))

    def leg_ended(self, leg: str, outcome: LegOutcome, ended_by: EndedBy, detail: str) -> None:
        self._caller.line.relay_to(None)
        self._happens(lambda at: LegEnded(at, leg, outcome, ended_by, detail))

    def leg_pressed(self, leg: str, key: str) -> None:
        self._happens(lambda at: KeyPressed(at, leg, key))

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

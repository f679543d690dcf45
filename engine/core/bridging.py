"""Calling somebody and joining them with the caller: ring, whisper, accept, bridge, time limit.

The caller hears the hold sound from the dial until the bridge. The callee may be told something first
(`whisper`) and may have to take the call by a key (`accept_key`); who does neither within the time
has rejected it. Whoever hangs up first ends the bridge, and is recorded as the one who did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.core.call import next_event
from engine.core.commands import Bridge, Dial, EndLeg, Record, Sound
from engine.core.events import (
    EndedBy,
    Event,
    KeyPressed,
    LegAnswered,
    LegBridged,
    LegEnded,
    LegOutcome,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    TimerFired,
)
from engine.core.facts import Leg

if TYPE_CHECKING:
    from engine.core.call import Call
    from engine.core.prompts import Prompt

RING_GRACE_MS = 5_000  # a carrier that does not report its own ring timeout is overruled after this


@dataclass(frozen=True, slots=True)
class Dialling:
    """Whom to call and how."""

    to: str
    buyer: str | None
    price_micros: int
    ring_timeout_ms: int
    hold: str
    whisper: Prompt | None
    accept_key: str | None
    accept_timeout_ms: int
    max_duration_ms: int | None


async def bridge(call: Call, dialling: Dialling) -> LegOutcome:
    """Dial, and stay until the leg is over. The caller's hang-up ends it from outside."""
    name = call.number("buyer-" if dialling.buyer else "transfer-")
    call.legs[name] = leg = Leg(
        leg=name,
        buyer=dialling.buyer,
        to=dialling.to,
        campaign=call.campaign,
        price_micros=dialling.price_micros,
        dialled_at=call.at,
    )
    call.do(Record(leg))
    call.play((Sound(dialling.hold),), loop=True)
    call.do(Dial(name, dialling.to, dialling.buyer, dialling.ring_timeout_ms))
    outcome = (
        await _until_answered(call, name, dialling.ring_timeout_ms + RING_GRACE_MS)
        or await _until_accepted(call, name, dialling)
        or await _until_ended(call, name, dialling.max_duration_ms)
    )
    if call.legs[name].bridged_at is None:
        call.stop_playing()
    call.typed.clear()  # what was keyed while ringing or talking answers no question
    return outcome


def end(call: Call, leg: str, outcome: LegOutcome, ended_by: EndedBy, detail: str = "") -> LegOutcome:
    """End a leg from our side."""
    call.do(EndLeg(leg))
    call.update_leg(leg, ended_at=call.at, outcome=outcome, ended_by=ended_by, detail=detail)
    return outcome


def _ended(call: Call, event: Event, leg: str) -> LegOutcome | None:
    """The outcome, where the event says that the leg is over."""
    if type(event) is not LegEnded or event.leg != leg:
        return None
    known = call.legs[leg]
    outcome = event.outcome
    if outcome == "completed" and known.bridged_at is None:
        outcome = "rejected" if known.accepted_at is None else "failed"  # never talked to the caller
    call.update_leg(leg, ended_at=call.at, outcome=outcome, ended_by=event.ended_by, detail=event.detail)
    return outcome


async def _until_answered(call: Call, leg: str, patience_ms: int) -> LegOutcome | None:
    timer = call.set_timer(patience_ms)
    while True:
        event = await next_event()
        if type(event) is LegAnswered and event.leg == leg:
            call.cancel_timer(timer)
            call.update_leg(leg, answered_at=call.at)
            return None
        if outcome := _ended(call, event, leg):
            call.cancel_timer(timer)
            return outcome
        if type(event) is TimerFired and event.timer == timer:
            return end(call, leg, "noanswer", "network", "the carrier reported no answer in time")


async def _until_accepted(call: Call, leg: str, dialling: Dialling) -> LegOutcome | None:
    """Whisper, then wait for the key. Without either, who answers has accepted."""
    whispering = None if dialling.whisper is None else call.play(call.say_items(dialling.whisper), leg)
    needs_key = dialling.accept_key is not None
    timer = call.set_timer(dialling.accept_timeout_ms) if needs_key and whispering is None else None
    while whispering is not None or needs_key:
        event = await next_event()
        if type(event) is KeyPressed and event.leg == leg and event.key == dialling.accept_key:
            call.cancel_timer(timer)
            if whispering is not None:
                call.stop_playing(leg)
            break
        if outcome := _ended(call, event, leg):
            call.cancel_timer(timer)
            return outcome
        if (
            isinstance(event, PromptPlayed | PromptCleared | PromptFailed)
            and event.leg == leg
            and event.prompt == whispering
        ):
            whispering = None
            if needs_key:
                timer = call.set_timer(dialling.accept_timeout_ms)
        elif type(event) is TimerFired and event.timer == timer:
            return end(call, leg, "rejected", "network", "nobody pressed the key to take the call")
    call.update_leg(leg, accepted_at=call.at)
    return None


async def _until_ended(call: Call, leg: str, max_duration_ms: int | None) -> LegOutcome:
    call.stop_playing()
    call.do(Bridge(leg))
    timer: str | None = None
    while True:
        event = await next_event()
        if type(event) is LegBridged and event.leg == leg:
            call.update_leg(leg, bridged_at=call.at)
            timer = None if max_duration_ms is None else call.set_timer(max_duration_ms)
        elif outcome := _ended(call, event, leg):
            call.cancel_timer(timer)
            return outcome
        elif type(event) is TimerFired and event.timer == timer:
            return end(call, leg, "completed", "network", "the bridge reached its time limit")

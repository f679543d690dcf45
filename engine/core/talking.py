"""The talk of a caller and who took the call: joined, kept together, over.

Rules
1. They hear each other through us at once. Where the flow would have their carrier join the two legs
   itself, it is asked as soon as they do, and their talk is on meanwhile: if it doesn't, they notice
   nothing.
2. Nothing of a talk that the carrier has joined comes by us. So it isn't asked where the call is recorded
   by us, or keys of its talk are kept.
3. Whoever hangs up first ends the talk, and is recorded as the one who did.
4. A caller who is left by a leg that the carrier had joined comes back to us, or is gone: nothing goes on
   before.
5. A stream that breaks in the talk holds it (`engine.core.broken_streams`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.core.broken_streams import hold, joined_again, part, rejoin
from engine.core.call import next_event
from engine.core.commands import Bridge, Join
from engine.core.events import CALLER, LegBridged, TimerFired
from engine.core.leg_endings import end_leg, has_ended
from engine.core.leg_events import JoinFailed, Joining, LegsJoined, TalkKey, TalkKeyPressed
from engine.core.stream_events import StreamBack, StreamLost

if TYPE_CHECKING:
    from engine.core.call import Call

Via = Literal["relay", "carrier", "auto"]


@dataclass(frozen=True, slots=True)
class TalkTerms:
    """How long it may last, whether its keys are kept, and who is to join the two legs."""

    longest_ms: int | None
    keeps_keys: bool = False
    via: Via = "relay"


async def talk(call: Call, leg: str, terms: TalkTerms) -> None:
    """Join the leg with the caller, and stay until it is over and its caller is back with us."""
    call.stop_playing()
    if CALLER in call.away:
        hold(call, leg)
    call.do(Bridge(leg, terms.keeps_keys))
    timer: str | None = None
    while True:
        event = await next_event()
        if type(event) is LegBridged and event.leg == leg:
            if call.legs[leg].bridged_at is None:
                call.update_leg(leg, bridged_at=call.at)
                timer = None if terms.longest_ms is None else call.set_timer(terms.longest_ms)
                _have_joined(call, leg, terms)
            joined_again(call, leg)
        elif type(event) is LegsJoined and event.leg == leg:
            call.update_leg(leg, joining=Joining(call.at, event.carrier))
        elif type(event) is JoinFailed and event.leg == leg:
            call.update_leg(leg, joining=Joining(call.at, "", event.code, event.said))
        elif type(event) is StreamLost and event.leg in (CALLER, leg):
            part(call, leg, event)
        elif type(event) is StreamBack and event.leg in (CALLER, leg):
            rejoin(call, leg, event.leg, keeps_keys=terms.keeps_keys)
        elif type(event) is TalkKeyPressed and event.leg in (CALLER, leg):
            by: Literal["caller", "callee"] = "caller" if event.leg == CALLER else "callee"
            call.talk_keys.setdefault(leg, []).append(TalkKey(event.at, by, event.key))
        elif has_ended(call, event, leg):
            call.cancel_timer(timer)
            break
        elif type(event) is TimerFired and event.timer == timer:
            end_leg(call, leg, "completed", "talk_too_long")
            break
    await _caller_is_back(call, leg)


def _have_joined(call: Call, leg: str, terms: TalkTerms) -> None:
    """Ask their carrier to join them, or keep why it isn't asked."""
    if terms.via == "relay":
        return
    if call.recorder is not None:
        call.update_leg(leg, joining=Joining(call.at, "", "recorded"))
    elif terms.keeps_keys:
        call.update_leg(leg, joining=Joining(call.at, "", "keys_kept"))
    else:
        call.do(Join(leg, terms.longest_ms))


async def _caller_is_back(call: Call, leg: str) -> None:
    """The caller hears us again; one who doesn't come back has hung up, which ends the call."""
    joining = call.legs[leg].joining
    while joining is not None and joining.carrier:
        event = await next_event()
        if type(event) is StreamBack and event.leg == CALLER:
            return

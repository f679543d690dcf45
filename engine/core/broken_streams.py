"""A leg whose stream breaks is waited for, and its call goes on as far as it can.

Rules
1. What the leg was to hear and had not heard out begins anew when it is back: the same prompt, by its name.
   A question that was listening is asked again, its timers stand still meanwhile.
2. A talk is held: who is still there hears the hold sound, and both are joined again once both are back.
3. The time between is no talk: it is the leg's `held_ms`. A leg that ends before its talk goes on ended when
   the stream broke (`Call.update_leg`).
4. Whoever takes the call while the caller is away is joined once the caller is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import Bridge, Sound
from engine.core.events import CALLER
from engine.core.stream_events import StreamLost

if TYPE_CHECKING:
    from engine.core.call import Call


def lose(call: Call, leg: str) -> None:
    """The leg hears and says nothing for now."""
    call.away.add(leg)
    call.is_broken = True
    if leg == CALLER and call.asking is not None:
        call.asking.suspend()


def regain(call: Call, leg: str) -> None:
    """It hears again."""
    call.away.discard(leg)
    for play in tuple(call.sounding.get(leg, {}).values()):
        call.do(play)
    if leg == CALLER and call.asking is not None:
        call.asking.ask()


# In the talk

_HELD = (Sound("hold"),)


def part(call: Call, leg: str, lost: StreamLost) -> None:
    """Keep who is still there, and let them hear that something is going on."""
    joined_at = call.joined.get(leg)  # what was silent before that is held already
    if joined_at is not None:
        call.parted.setdefault(leg, min(call.at, max(joined_at, lost.since)))
    other = leg if lost.leg == CALLER else CALLER
    if other not in call.away:
        hold(call, other)


def hold(call: Call, leg: str) -> None:
    """Let the leg hear that it is waited for the other."""
    call.play(_HELD, leg, loop=True)


def rejoin(call: Call, leg: str, back: str, *, keeps_keys: bool) -> None:
    """Join them again if both are there; else who is back waits for the other."""
    other = leg if back == CALLER else CALLER
    if other in call.away:
        hold(call, back)
        return
    call.stop_playing(other)
    call.stop_playing(back)
    call.do(Bridge(leg, keeps_keys))


def joined_again(call: Call, leg: str) -> None:
    """The two talk, for the first time or again."""
    call.joined[leg] = call.at
    parted_at = call.parted.pop(leg, None)
    if parted_at is not None:
        call.update_leg(leg, held_ms=call.legs[leg].held_ms + call.at - parted_at)

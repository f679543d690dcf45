"""What a caller hears where the engine has failed."""

from __future__ import annotations

from engine.core.call import Call, next_event
from engine.core.commands import Sound
from engine.core.languages import tongue_here


class Sorry:
    """The node that a broken call ends in."""

    async def run(self, call: Call) -> str:
        call.stop_playing()
        call.typed.clear()
        timer = call.set_timer(15_000)  # a line that reports no mark any more must not hold the call open
        prompt = call.play((Sound("sorry_es" if tongue_here(call) == "es" else "sorry"),))
        while True:
            event = await next_event()
            if getattr(event, "prompt", None) == prompt or getattr(event, "timer", None) == timer:
                return "hangup-after-sorry"

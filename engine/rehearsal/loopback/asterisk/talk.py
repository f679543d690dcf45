"""Two parties whom the carrier joined: each hears the other, and no stream of theirs is open."""

from __future__ import annotations

import asyncio

from engine.rehearsal.loopback.parts import PlayedCall
from engine.rehearsal.loopback.tones import FRAME_MS


class TalkElsewhere:
    """Over once one of the two is gone."""

    def __init__(self, caller: PlayedCall, leg: PlayedCall) -> None:
        self.caller = caller
        self.leg = leg
        self.over = asyncio.Event()

    async def run(self) -> None:
        clock = self.caller.trunk.clock
        loop = asyncio.get_running_loop()
        frame_s, due_s = clock.real_s(FRAME_MS), loop.time()
        while not (self.caller.is_over or self.leg.is_over):
            for speaker, hearer in ((self.caller, self.leg), (self.leg, self.caller)):
                hearer.handset.hear(speaker.handset.voice.next_frame() or b"", lambda: False)
                hearer.handset.notice()
            due_s += frame_s
            await asyncio.sleep(max(0.0, due_s - loop.time()))

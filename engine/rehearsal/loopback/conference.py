"""Conferences at the carrier: two legs that hear each other, with no stream to anybody.

Each frame that one says is what the other hears, at the pace of the carrier's clock; who is alone hears
nothing. It is over when one leaves, and whoever is left goes on with the next verb.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from engine.rehearsal.loopback.clock import LineClock
from engine.rehearsal.loopback.handset import Handset
from engine.rehearsal.loopback.tones import FRAME_MS

_MOST_FRAMES = 10  # that wait to be heard: what is behind time is left out, as in any conference


class _Seat:
    """One of a conference's parties: what it is to hear."""

    def __init__(self) -> None:
        self.heard: deque[bytes] = deque(maxlen=_MOST_FRAMES)
        self.keys: list[str] = []

    async def press(self, digit: str) -> None:
        self.keys.append(digit)  # a tone, which no stream tells of


@dataclass(slots=True)
class _Room:
    seats: list[_Seat] = field(default_factory=list)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)


class Conferences:
    """Those of one account, by name. `frames` counts what was heard in them."""

    def __init__(self, clock: LineClock) -> None:
        self.frames = 0
        self._clock = clock
        self._rooms: dict[str, _Room] = {}

    @property
    def parties(self) -> int:
        """How many sit in any of them now."""
        return sum(len(room.seats) for room in self._rooms.values())

    async def sit_in(self, name: str, handset: Handset, at_most_s: float | None) -> str:
        """Take part until it is over, for so long at most; says what ended it. Cancel it to hang up."""
        room = self._rooms.setdefault(name, _Room())
        seat = _Seat()
        room.seats.append(seat)
        handset.connect(seat)
        talking = asyncio.create_task(self._talk(room, seat, handset))
        over = asyncio.create_task(room.is_over.wait())
        try:
            limit_s = None if at_most_s is None else self._clock.real_s(at_most_s * 1000)
            await asyncio.wait({talking, over}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            return "it ended" if room.is_over.is_set() else "its time was over"
        finally:
            handset.disconnect()
            for task in (talking, over):
                task.cancel()
            await asyncio.gather(talking, over, return_exceptions=True)
            room.is_over.set()
            if self._rooms.get(name) is room:
                del self._rooms[name]

    async def _talk(self, room: _Room, seat: _Seat, handset: Handset) -> None:
        loop = asyncio.get_running_loop()
        frame_s = self._clock.real_s(FRAME_MS)
        due_s = loop.time()
        while True:
            frame = handset.voice.next_frame()
            for other in room.seats:
                if other is not seat and frame is not None:
                    other.heard.append(frame)
            heard = seat.heard.popleft() if seat.heard else b""
            self.frames += bool(heard)
            handset.hear(heard, lambda: bool(seat.heard))
            handset.notice()  # there is nothing to wait for but the other
            due_s += frame_s
            await asyncio.sleep(max(0.0, due_s - loop.time()))

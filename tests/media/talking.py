"""Two ends of a talk as a carrier plays them: one speaks, the other hears, and the network between stands still.

What is heard is laid along the clock, 20 ms after 20 ms, so that how late it is can be found by correlating it with
what was said.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from array import array
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
import numpy.typing as npt
from websockets.exceptions import ConnectionClosed

from engine.media import mulaw
from engine.runtime.clock import Clock
from tests.media.media_world import Caller

FRAME_BYTES = 160
FRAME_MS = 20
SILENT_FRAME = bytes([mulaw.SILENCE]) * FRAME_BYTES

Sound = npt.NDArray[np.float64]


def voice(seconds: float, *, pauses: bool, seed: int = 7) -> bytes:
    """Noise that never repeats, as loud as speech; with `pauses` half a second in every two is silent."""
    draws = np.random.default_rng(seed)
    loud = (draws.standard_normal(round(seconds * mulaw.RATE_HZ)) * 4000).clip(-30_000, 30_000)
    if pauses:
        loud[(np.arange(loud.size) // (mulaw.RATE_HZ // 2)) % 4 == 3] = 0
    return mulaw.encode(array("h", loud.astype(np.int16).tobytes()))


class Mouth:
    """A caller who speaks fifty frames a second. Frames that the network holds back come later, at once."""

    def __init__(self, caller: Caller, sound: bytes) -> None:
        self.caller = caller
        self.said: list[bytes] = []
        self._sound = sound
        self._held: list[bytes] | None = None

    def network_stands_still(self) -> None:
        self._held = []

    async def network_goes_on(self) -> None:
        held, self._held = self._held or [], None
        for frame in held:
            await self.caller.says(frame)

    async def speak(self, clock: PaceMaker) -> None:
        for begin in range(0, len(self._sound), FRAME_BYTES):
            frame = self._sound[begin : begin + FRAME_BYTES]
            self.said.append(frame)
            if self._held is None:
                await self.caller.says(frame)
            else:
                self._held.append(frame)
            await clock.next(len(self.said))


class Player:
    """A carrier's player: a buffer that is heard at the pace of the line.

    `holds_s` is what fits into it, and what does not is lost in silence. `answers_at_once`: marks come back when they
    are read, as of a player that dropped what was before them.
    """

    def __init__(self, caller: Caller, *, holds_s: float = 1e9, answers_at_once: bool = False) -> None:
        self.caller = caller
        self.heard: list[bytes] = []
        self.most_s = 0.0
        self.clears = 0
        self._holds = round(holds_s * mulaw.RATE_HZ)
        self._answers_at_once = answers_at_once
        self._waiting: deque[bytes | str] = deque()
        self._waits = 0

    @property
    def waits_s(self) -> float:
        return self._waits / mulaw.RATE_HZ

    def reader_stands_still(self) -> None:
        self.caller.socket.transport.pause_reading()

    def reader_goes_on(self) -> None:
        self.caller.socket.transport.resume_reading()

    async def read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self.caller.socket:
                match json.loads(text):
                    case {"event": "media", "media": {"payload": payload}}:
                        self._take(base64.b64decode(payload))
                    case {"event": "mark", "mark": {"name": name}}:
                        if self._answers_at_once or not self._waiting:
                            await self.caller.returns(name)
                        else:
                            self._waiting.append(name)
                    case {"event": "clear"}:
                        self.clears += 1
                        dropped, self._waiting, self._waits = self._waiting, deque(), 0
                        for one in dropped:
                            if isinstance(one, str):
                                await self.caller.returns(one)

    async def play(self, clock: PaceMaker) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.heard.append(await self._frame())
                await clock.next(len(self.heard))

    def _take(self, sound: bytes) -> None:
        fits = max(0, self._holds - self._waits)
        if sound := sound[:fits]:
            self._waiting.append(sound)
            self._waits += len(sound)
        self.most_s = max(self.most_s, self.waits_s)

    async def _frame(self) -> bytes:
        frame = b""
        while self._waiting and len(frame) < FRAME_BYTES:
            one = self._waiting.popleft()
            if isinstance(one, str):
                await self.caller.returns(one)
                continue
            room = FRAME_BYTES - len(frame)
            frame += one[:room]
            if len(one) > room:
                self._waiting.appendleft(one[room:])
        self._waits -= len(frame)
        return frame.ljust(FRAME_BYTES, bytes([mulaw.SILENCE]))


class PaceMaker:
    """Frames of all parties fall due together, however long anybody takes."""

    def __init__(self) -> None:
        self._clock = Clock(seconds=asyncio.get_running_loop().time)
        self._began_ms = self._clock.now_ms()

    async def next(self, number: int) -> None:
        """Until that frame is due."""
        await self._clock.sleep(max(0, self._began_ms + number * FRAME_MS - self._clock.now_ms()))


@asynccontextmanager
async def under_way(*parts: Callable[[PaceMaker], object]) -> AsyncIterator[None]:
    """They all do their part, by one clock."""
    clock = PaceMaker()
    tasks = [asyncio.ensure_future(part(clock)) for part in parts]  # type: ignore[call-overload]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def samples(frames: list[bytes]) -> Sound:
    return np.array(mulaw.decode(b"".join(frames)), dtype=np.float64)


def lateness_s(said: list[bytes], heard: list[bytes], at_s: float, span_s: float = 1.0) -> float:
    """How late it was what was heard then: the lag at which it matches best what was said. NaN where nothing does."""
    begin = round(at_s * mulaw.RATE_HZ)
    piece = samples(heard)[begin : begin + round(span_s * mulaw.RATE_HZ)]
    whole = samples(said)[: begin + piece.size]
    size = 1 << (whole.size + piece.size).bit_length()
    match = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(piece, size)), size)[: whole.size]
    best = int(match.argmax())
    norm = float(np.linalg.norm(piece) * np.linalg.norm(whole[best : best + piece.size]))
    if norm == 0 or match[best] / norm < 0.4:
        return float("nan")
    return (begin - best) / mulaw.RATE_HZ

"""The carrier's end for `benchmarks.media`: legs that talk 50 frames a second, take sound, return marks."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections import deque
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect

FRAME_S = 0.02
_PAYLOAD = base64.b64encode(os.urandom(160)).decode()
_MEDIA = (
    '{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d",'
    '"payload":"' + _PAYLOAD + '"},"streamSid":"%s"}'
)


@dataclass
class Leg:
    """One stream. Marks come back when their sound would be over; `heard_all` is set at `frames_due`."""

    socket: ClientConnection
    stream: str
    frames_heard: int = 0
    frames_due: int = 0
    heard_all: asyncio.Event = field(default_factory=asyncio.Event)
    marks: deque[tuple[float, str]] = field(default_factory=deque)
    plays_until: float = 0.0

    async def start(self, token: str) -> None:
        start = {
            "accountSid": "AC0",
            "streamSid": self.stream,
            "callSid": "CA" + self.stream[2:],
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": token},
        }
        message = {"event": "start", "sequenceNumber": "1", "start": start, "streamSid": self.stream}
        await self.socket.send(json.dumps(message))

    async def stop(self) -> None:
        """The carrier has other plans for the leg."""
        stop = {"event": "stop", "sequenceNumber": "9", "streamSid": self.stream, "stop": {}}
        await self.socket.send(json.dumps(stop))
        await self.socket.close()

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        async for text in self.socket:
            assert isinstance(text, str)
            if text.startswith(('{"event":"media"', '{"event": "media"')):
                self.frames_heard += 1
                if self.frames_heard == self.frames_due:
                    self.heard_all.set()
                # Base64 of mu-law: six bits a character, and 8,000 bytes a second.
                self.plays_until = max(self.plays_until, loop.time()) + (len(text) - 100) * 0.75 / 8000
            else:
                self.marks.append((self.plays_until, json.loads(text)["mark"]["name"]))

    async def talk(self, frames: int) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for number in range(frames):
            await asyncio.sleep(begin + number * FRAME_S - loop.time())
            await self.socket.send(_MEDIA % (number + 2, number + 1, number * 20, self.stream))
            while self.marks and self.marks[0][0] <= loop.time():
                name = self.marks.popleft()[1]
                mark = {"event": "mark", "sequenceNumber": "9", "streamSid": self.stream}
                await self.socket.send(json.dumps({**mark, "mark": {"name": name}}))


async def connected(port: int, legs: int) -> list[Leg]:
    """Open the sockets one after another: their handshakes are not what is measured."""
    url = f"ws://127.0.0.1:{port}/media/twilio"
    return [
        Leg(await connect(url, compression=None, max_size=None, proxy=None), f"MZ{leg:032x}")
        for leg in range(legs)
    ]

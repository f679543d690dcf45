"""A media server on a loopback port, the callers who reach it, and an ear that notes what a line tells."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.protocol import State

from engine.carriers.twilio.stream import TwilioStream
from engine.media.line import Line
from engine.media.server import MediaServer, ServerLimits
from engine.media.streams import Capabilities, CarrierStream, StreamsIn, Upgrade
from engine.media.tokens import StreamGrant, StreamTokens, stream_address
from tests.waiting import until

PATIENCE_S = 120.0
"""Reached only where something is broken; a busy machine is only slow."""


async def sounds_for(span_s: float) -> None:
    """So much sound could be heard meanwhile."""
    loop = asyncio.get_running_loop()
    due = loop.time() + span_s
    await until(lambda: loop.time() >= due)


Holds = Callable[[Upgrade], bool]


@dataclass
class TwilioStreams:
    """Twilio's streams as the port sees them, or what is like them, proven by `holds`."""

    holds: Holds = lambda _: True
    name: str = "twilio"
    capabilities: Capabilities = Capabilities()
    subprotocols: tuple[str, ...] = ()
    streams_announce: bool = False
    stream: type[TwilioStream] = TwilioStream

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        return self.holds(upgrade)

    def open_stream(self, upgrade: Upgrade) -> CarrierStream:
        return self.stream()


class Ear:
    """Notes every event of the lines that it listens to, in order, and lets a test wait for the next."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()

    def key_pressed(self, line: Line, digit: str) -> None:
        self._events.put_nowait(("key", digit))

    def prompt_began(self, line: Line, prompt: str, length_ms: int | None) -> None:
        pass

    def prompt_played(self, line: Line, prompt: str) -> None:
        self._events.put_nowait(("played", prompt))

    def prompt_cleared(self, line: Line, prompt: str, heard_ms: int) -> None:
        self._events.put_nowait(("cleared", prompt, heard_ms))

    def line_closed(self, line: Line, why: str) -> None:
        self._events.put_nowait(("closed", why))

    async def next(self) -> tuple[object, ...]:
        async with asyncio.timeout(PATIENCE_S):
            return await self._events.get()

    @property
    def is_idle(self) -> bool:
        return self._events.empty()


@dataclass
class Caller:
    """Twilio's end of one stream, message by message."""

    socket: ClientConnection
    call: str
    stream: str
    sequence: int = 0

    async def send(self, message: dict[str, object]) -> None:
        await self.socket.send(json.dumps(message))

    async def starts(self, token: str | None) -> None:
        await self.send({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        await self.send(start_message(self.call, self.stream, token))

    async def says(self, sound: bytes, track: str = "inbound") -> None:
        self.sequence += 1
        number, payload = str(self.sequence), base64.b64encode(sound).decode()
        media = {"track": track, "chunk": number, "timestamp": number, "payload": payload}
        await self.send(
            {"event": "media", "sequenceNumber": number, "media": media, "streamSid": self.stream}
        )

    async def presses(self, digit: str) -> None:
        dtmf = {"track": "inbound_track", "digit": digit}
        await self.send({"event": "dtmf", "streamSid": self.stream, "sequenceNumber": "9", "dtmf": dtmf})

    async def returns(self, mark: str) -> None:
        await self.send(
            {"event": "mark", "sequenceNumber": "9", "streamSid": self.stream, "mark": {"name": mark}}
        )

    async def stops(self) -> None:
        await self.send({"event": "stop", "sequenceNumber": "9", "stop": {}, "streamSid": self.stream})

    async def receives(self) -> dict[str, object]:
        async with asyncio.timeout(PATIENCE_S):
            return json.loads(await self.socket.recv())

    async def receives_mark(self) -> str:
        """Skip to the next mark and give its name."""
        while True:
            match await self.receives():
                case {"event": "mark", "mark": {"name": str(name)}}:
                    return name

    async def hears(self, size: int) -> bytes:
        """The next `size` bytes of sound."""
        sound = b""
        while len(sound) < size:
            match await self.receives():
                case {"event": "media", "media": {"payload": str(payload)}}:
                    sound += base64.b64decode(payload)
        return sound

    async def is_closed_with(self) -> int | None:
        async with asyncio.timeout(PATIENCE_S):
            await self.socket.wait_closed()
        return self.socket.close_code


def start_message(call: str, stream: str, token: str | None) -> dict[str, object]:
    start = {
        "accountSid": "AC" + "0" * 32,
        "streamSid": stream,
        "callSid": call,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {} if token is None else {"token": token},
    }
    return {"event": "start", "sequenceNumber": "1", "start": start, "streamSid": stream}


@dataclass
class World:
    """A running server; every line that comes is kept and gets an ear of its own."""

    server: MediaServer
    tokens: StreamTokens
    lines: asyncio.Queue[tuple[StreamGrant, Line, Ear]]
    callers: list[Caller] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/media/twilio"

    def token(self, call: str = "call-1", leg: str = "caller", carrier_call: str | None = None) -> str:
        return self.tokens.issue(StreamGrant(call, leg, carrier_call), 60, 0.0)

    def expecting(self, token: str) -> str:
        """The address that this token's stream is asked to come to."""
        return stream_address(self.url, token)

    async def connects(self, url: str | None = None, headers: dict[str, str] | None = None) -> Caller:
        number = f"{len(self.callers):032x}"
        socket = await connect(
            url or self.url, additional_headers=headers, compression=None, max_size=None, proxy=None
        )
        caller = Caller(socket, "CA" + number, "MZ" + number)
        self.callers.append(caller)
        return caller

    async def calls(self, leg: str = "caller") -> tuple[Caller, Line, Ear]:
        """A leg whose stream has started."""
        caller = await self.connects()
        await caller.starts(self.token(leg=leg, carrier_call=caller.call))
        _, line, ear = await self.next_line()
        return caller, line, ear

    async def next_line(self) -> tuple[StreamGrant, Line, Ear]:
        async with asyncio.timeout(PATIENCE_S):
            return await self.lines.get()


@asynccontextmanager
async def media_world(
    limits: ServerLimits | None = None,
    holds: Holds = lambda _: True,
    carriers: Sequence[StreamsIn] = (),
) -> AsyncIterator[World]:
    lines: asyncio.Queue[tuple[StreamGrant, Line, Ear]] = asyncio.Queue()

    async def on_line(grant: StreamGrant, line: Line) -> None:
        ear = Ear()
        line.listener = ear
        lines.put_nowait((grant, line, ear))

    tokens = StreamTokens()
    server = MediaServer(
        tokens,
        on_line,
        carriers=carriers or [TwilioStreams(holds)],
        limits=limits,
        clock=lambda: 1.0,
    )
    await server.start()
    world = World(server, tokens, lines)
    try:
        yield world
    finally:
        for caller in world.callers:
            if caller.socket.state is State.OPEN:
                await caller.socket.close()
        await server.close()

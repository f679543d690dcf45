"""How long recognisers at work hold up another call's sound: part of `benchmarks.speech`.

Two legs of a call are joined by the engine's relay while four other callers are listened to and recognised,
in the same process. The joined legs send numbered frames; how late each comes out at the other end is taken
at the carrier's sockets, and so holds the carrier's own lateness too. Beside it, the same with callers who
are silent: nothing is recognised.
"""

from __future__ import annotations

import asyncio
import base64
import json
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from .media_load import FRAME_S, Leg, connected
from .other_side import other_side

if TYPE_CHECKING:
    from engine.media.line import Line, Why
    from engine.media.speech.question import Heard
    from engine.media.tokens import StreamGrant

SPEAKERS = 4
_JOINED = 2
_FRAME_BYTES = 160


@dataclass(frozen=True, slots=True)
class Held:
    """In milliseconds; `texts` were recognised meanwhile."""

    median_ms: float
    p999_ms: float
    worst_ms: float
    texts: int


async def held_up(conversation: Sequence[str] | None, seconds: float) -> Held:
    """`conversation` is what the speakers say, as payloads; None lets them be silent."""
    async with other_side(main) as other:
        legs = await connected(other.port, _JOINED + SPEAKERS)
        for leg, token in zip(legs, other.tokens, strict=True):
            await leg.start(token)
        await asyncio.sleep(2.0)
        frames = round(seconds / FRAME_S)
        joined = [_Numbered(leg) for leg in legs[:_JOINED]]
        listening = [asyncio.create_task(one.listen(other)) for one, other in (joined, joined[::-1])]
        await asyncio.gather(
            *(one.talk(frames) for one in joined),
            *(_speak(leg, conversation, frames, number) for number, leg in enumerate(legs[_JOINED:])),
        )
        texts = await other.asked("texts")
        for leg in legs:
            await leg.socket.close()
        await asyncio.gather(*listening)
    late_ms = [late_s * 1000 for one in joined for late_s in one.late_s]
    return Held(
        statistics.median(late_ms), statistics.quantiles(late_ms, n=1000)[-1], max(late_ms), int(texts)
    )


@dataclass(slots=True)
class _Numbered:
    """A joined leg, whose frames hold their numbers."""

    leg: Leg
    sent_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)

    async def talk(self, frames: int) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for number in range(frames):
            await asyncio.sleep(begin + number * FRAME_S - loop.time())
            payload = base64.b64encode(number.to_bytes(4, "big").ljust(_FRAME_BYTES, b"\xff")).decode()
            self.sent_s.append(loop.time())
            await self.leg.socket.send(_media(self.leg.stream, number, payload))

    async def listen(self, other: _Numbered) -> None:
        loop = asyncio.get_running_loop()
        try:
            async for text in self.leg.socket:
                now = loop.time()
                message = json.loads(text)
                if message["event"] == "media":
                    number = int.from_bytes(base64.b64decode(message["media"]["payload"])[:4], "big")
                    self.late_s.append(now - other.sent_s[number])
        except ConnectionClosed:
            return


async def _speak(leg: Leg, conversation: Sequence[str] | None, frames: int, number: int) -> None:
    loop = asyncio.get_running_loop()
    silence = base64.b64encode(b"\xff" * _FRAME_BYTES).decode()
    begin = loop.time() + number * FRAME_S / SPEAKERS
    offset = number * 75  # they do not end all at once
    for at in range(frames):
        await asyncio.sleep(begin + at * FRAME_S - loop.time())
        payload = silence if conversation is None else conversation[(at + offset) % len(conversation)]
        await leg.socket.send(_media(leg.stream, at, payload))


def _media(stream: str, number: int, payload: str) -> str:
    media = {
        "track": "inbound",
        "chunk": str(number + 1),
        "timestamp": str(number * 20),
        "payload": payload,
    }
    message = {"event": "media", "sequenceNumber": str(number + 2), "media": media, "streamSid": stream}
    return json.dumps(message, separators=(",", ":"))


# The engine's side, in a process of its own


def main(control: Connection) -> None:
    """The child process: says port and tokens, answers "texts", ends at "stop"."""
    import uvloop

    uvloop.run(_serve(control))


async def _serve(control: Connection) -> None:
    from engine.media.server import MediaServer, ServerLimits
    from engine.media.speech.leg import SpeechLeg, SpeechServices
    from engine.media.speech.pool import RecogniserPool
    from engine.media.speech.question import SpeechQuestion
    from engine.media.speech.vad import VoiceDetector
    from engine.media.tokens import StreamGrant, StreamTokens
    from engine.understanding.grammars import grammar_of
    from engine.understanding.zip import Zip

    from .open_streams import OpenStreams

    calls = _JOINED + SPEAKERS
    listener, tokens = _Counting(), StreamTokens()
    lines: list[Line] = []
    legs = []
    grammar, pool = grammar_of(Zip()), RecogniserPool(workers=1)
    pool.prepare([grammar])
    async with pool:
        services = SpeechServices(pool, VoiceDetector())
        services.detector.warm_up()

        async def on_line(grant: StreamGrant, line: Line) -> None:
            line.listener = listener
            if int(grant.call) < _JOINED:
                lines.append(line)
                if len(lines) == _JOINED:
                    lines[0].relay_to(lines[1])
                    lines[1].relay_to(lines[0])
                return
            leg = SpeechLeg(services, listener)
            legs.append(leg)
            line.tap = leg.feed
            leg.listen(SpeechQuestion(grammar))

        limits = ServerLimits(start_timeout_s=60, max_waiting=calls, max_waiting_of_a_peer=calls)
        server = MediaServer(tokens, on_line, carriers=[OpenStreams()], limits=limits)
        await server.start()
        now = time.monotonic()
        issued = [tokens.issue(StreamGrant(str(call), str(call), None), 60, now) for call in range(calls)]
        await _until_stopped(control, listener, server.port, issued)
        for leg in legs:
            await leg.close()
        await services.detector.close()
        await server.close()


async def _until_stopped(control: Connection, listener: _Counting, port: int, tokens: list[str]) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def obey() -> None:
        control.send((port, tokens))
        while control.recv() != "stop":
            control.send(listener.texts)
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=obey, daemon=True).start()
    await stopped.wait()


class _Counting:
    """Listens to the lines and to the legs; counts what was recognised."""

    texts = 0

    def key_pressed(self, line: Line, digit: str) -> None: ...
    def prompt_began(self, line: Line, prompt: str, length_ms: int | None) -> None: ...

    def prompt_played(self, line: Line, prompt: str) -> None: ...
    def prompt_cleared(self, line: Line, prompt: str, heard_ms: int) -> None: ...
    def line_closed(self, line: Line, why: Why) -> None: ...
    def speech_started(self, at_ms: int) -> None: ...
    def speech_ended(self, at_ms: int) -> None: ...
    def recogniser_failed(self, reason: str) -> None: ...
    def vendor_failed(self, vendor: str, reason: str) -> None: ...

    def heard(self, heard: Heard) -> None:
        self.texts += 1

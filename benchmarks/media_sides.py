"""The two programs that `benchmarks.media` compares: our media server, and a bare websockets + JSON loop.

Each runs in a process of its own, on the same event loop and the same websocket library, and does the same
socket work: in a prompt it plays five seconds of sound in bundles of one second with a mark behind each,
again and again, while audio comes in; in a relay it passes every frame on to the other leg, until the carrier
joins the two itself and leaves the streams.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Literal

from websockets.asyncio.server import ServerConnection, serve

from engine.media.clips import Clip
from engine.media.line import Line, Why
from engine.media.server import MediaServer, ServerLimits
from engine.media.tokens import StreamGrant, StreamTokens

from .open_streams import OpenStreams

Side = Literal["ours", "bare"]
Work = Literal["prompt", "relay", "joined"]

PROMPT = bytes(5 * 8000)


def main(side: Side, work: Work, legs: int, control: Connection) -> None:
    """The child process: says port and tokens, answers "cpu" with its CPU seconds so far, ends at "stop"."""
    run = _run_ours if side == "ours" else _run_bare
    if sys.platform == "win32":
        asyncio.run(run(work, legs, control))
    else:
        import uvloop

        uvloop.run(run(work, legs, control))


async def _until_stopped(control: Connection, port: int, tokens: list[str]) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def obey() -> None:
        control.send((port, tokens))
        while control.recv() == "cpu":
            control.send(time.process_time())
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=obey, daemon=True).start()
    await stopped.wait()


# Ours


class _Repeat:
    """Plays the prompt again whenever it is over."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip

    def key_pressed(self, line: Line, digit: str) -> None: ...

    def prompt_cleared(self, line: Line, prompt: str, heard_ms: int) -> None: ...

    def line_closed(self, line: Line, why: Why) -> None: ...

    def prompt_began(self, line: Line, prompt: str, length_ms: int | None) -> None: ...

    def prompt_played(self, line: Line, prompt: str) -> None:
        line.play(prompt, [self._clip])


async def _run_ours(work: Work, legs: int, control: Connection) -> None:
    tokens = StreamTokens()
    repeat = _Repeat(Clip(PROMPT))
    alone: dict[str, Line] = {}

    async def on_line(grant: StreamGrant, line: Line) -> None:
        line.listener = repeat
        if work == "prompt":
            repeat.prompt_played(line, "prompt")
            return
        other = alone.pop(grant.call, None)
        if other is None:
            alone[grant.call] = line
        else:
            line.relay_to(other)
            other.relay_to(line)

    limits = ServerLimits(start_timeout_s=60, max_waiting=legs, max_waiting_of_a_peer=legs)
    server = MediaServer(tokens, on_line, carriers=[OpenStreams()], limits=limits)
    await server.start()
    now = time.monotonic()
    issued = [tokens.issue(StreamGrant(str(leg // 2), str(leg), None), 60, now) for leg in range(legs)]
    await _until_stopped(control, server.port, issued)
    await server.close()


# The bare loop


async def _run_bare(work: Work, legs: int, control: Connection) -> None:
    handle = _bare_prompt if work == "prompt" else _bare_relay()
    async with serve(handle, "127.0.0.1", 0, compression=None, max_size=65_536) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        await _until_stopped(control, port, [str(leg // 2) for leg in range(legs)])


async def _bare_prompt(socket: ServerConnection) -> None:
    payloads = [base64.b64encode(PROMPT[at : at + 8000]).decode() for at in range(0, len(PROMPT), 8000)]
    stream, heard = "", 0
    async for text in socket:
        message = json.loads(text)
        match message["event"]:
            case "media":
                heard += len(message["media"]["payload"])
                continue
            case "start":
                stream = message["start"]["streamSid"]
            case "mark" if message["mark"]["name"] == f"prompt.{len(payloads)}":
                pass
            case _:
                continue
        for number, payload in enumerate(payloads, 1):
            media = {"event": "media", "streamSid": stream, "media": {"payload": payload}}
            await socket.send(json.dumps(media))
            mark = {"event": "mark", "streamSid": stream, "mark": {"name": f"prompt.{number}"}}
            await socket.send(json.dumps(mark))


def _bare_relay() -> Callable[[ServerConnection], Awaitable[None]]:
    alone: dict[str, tuple[ServerConnection, str]] = {}
    others: dict[ServerConnection, tuple[ServerConnection, str]] = {}

    async def handle(socket: ServerConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            if message["event"] == "media" and socket in others:
                other, stream = others[socket]
                media = {"payload": message["media"]["payload"]}
                await other.send(json.dumps({"event": "media", "streamSid": stream, "media": media}))
            elif message["event"] == "start":
                stream = message["start"]["streamSid"]
                pair = message["start"]["customParameters"]["token"]
                if pair in alone:
                    others[socket] = alone.pop(pair)
                    others[others[socket][0]] = (socket, stream)
                else:
                    alone[pair] = (socket, stream)

    return handle

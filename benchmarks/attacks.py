"""What strangers do to an engine's ports, for `benchmarks.strangers`: on loopback, bounded, until stopped.

Each attack is a coroutine that runs in a process of its own. Another one is a function and a line in ATTACKS.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from . import media_attacks

_AGAIN_S = 1.0  # until who was sent away comes back


@dataclass(frozen=True, slots=True)
class Target:
    """Where the engine listens, each HOST:PORT."""

    http: str
    media: str


@dataclass(frozen=True, slots=True)
class Attack:
    """`run` goes on until it is cancelled."""

    name: str
    what: str
    run: Callable[[Target], Awaitable[None]]


async def idle(target: Target) -> None:
    """Connections that say nothing."""
    await _many(1100, lambda: _held(target.http, b""))


async def slow_bodies(target: Target) -> None:
    """Requests whose bodies trickle, a byte a second."""
    head = _post("application/x-www-form-urlencoded", 30_000, "X-Twilio-Signature: " + "A" * 27 + "=")
    await _many(500, lambda: _held(target.http, head, trickles=True))


async def multipart(target: Target) -> None:
    """Unsigned forms of 800 files, 55 kB each, twenty at a time, one after another."""
    part = b'--x\r\nContent-Disposition: form-data; name="k%d"; filename="f"\r\n\r\nv\r\n'
    body = b"".join(part % number for number in range(800))[:55_000] + b"--x--\r\n"
    sent = _post("multipart/form-data; boundary=x", len(body)) + body
    await _many(20, lambda: _asks(target.http, sent))


def _fetches(path: str) -> Callable[[Target], Awaitable[None]]:
    async def run(target: Target) -> None:
        """Twenty who ask for what anybody may, one after another."""
        await _many(20, lambda: _asks(target.http, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()))

    return run


def _at_media(attack: media_attacks.MediaAttack) -> Callable[[Target], Awaitable[None]]:
    async def run(target: Target) -> None:
        host, _, port = target.media.rpartition(":")
        await attack(host, int(port))

    return run


ATTACKS: Sequence[Attack] = (
    Attack("idle", "1,100 idle connections to the HTTP port", idle),
    Attack("slow-bodies", "500 bodies that trickle into the HTTP port", slow_bodies),
    Attack("multipart", "unsigned multipart forms of 55 kB, twenty at a time", multipart),
    Attack("description", "/openapi.json, asked for by twenty at a time", _fetches("/openapi.json")),
    Attack("metrics", "/metrics, asked for by twenty at a time", _fetches("/metrics")),
    Attack("silent-sockets", "110 media sockets that never start", _at_media(media_attacks.silent)),
    Attack("idle-sockets", "900 idle connections to the media port", _at_media(media_attacks.idle)),
    Attack("pings", "40 media sockets that only ping", _at_media(media_attacks.pings)),
    Attack("empty-pings", "40 media sockets of empty pings", _at_media(media_attacks.empty_pings)),
    Attack("empty-pieces", "40 media sockets of empty fragments", _at_media(media_attacks.empty_pieces)),
    Attack(
        "garbage", "50 connections that speak no HTTP to the media port", _at_media(media_attacks.garbage)
    ),
)


def main(name: str, target: Target, control: Connection) -> None:
    """The attackers' process: tells that it has begun, and ends at "stop".

    Attackers have machines of their own; here they take what the engine and the carrier leave.
    """
    os.nice(10)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    (attack,) = (each for each in ATTACKS if each.name == name)
    asyncio.run(_until_stopped(attack, target, control))


async def _until_stopped(attack: Attack, target: Target, control: Connection) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def obey() -> None:
        control.send((0, []))
        control.recv()
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=obey, daemon=True).start()
    attacking = asyncio.ensure_future(attack.run(target))
    await asyncio.wait([asyncio.create_task(stopped.wait()), attacking], return_when=asyncio.FIRST_COMPLETED)
    if attacking.done():
        attacking.result()
    attacking.cancel()
    await asyncio.gather(attacking, return_exceptions=True)


async def _many(number: int, one: Callable[[], Awaitable[None]]) -> None:
    """So many at once, each of whom comes back whenever it was sent away."""

    async def again() -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await one()
            await asyncio.sleep(_AGAIN_S)

    await asyncio.gather(*(again() for _ in range(number)))


def _post(kind: str, size: int, *more: str) -> bytes:
    lines = [
        "POST /carriers/twilio/voice HTTP/1.1",
        "Host: a",
        f"Content-Type: {kind}",
        f"Content-Length: {size}",
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _held(address: str, said: bytes, *, trickles: bool = False) -> None:
    """A connection that says this and stays until it is closed."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    try:
        writer.write(said)
        while not reader.at_eof():
            if not trickles:
                await reader.read(1024)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1024), 1)
            writer.write(b"a")
    finally:
        writer.transport.abort()


async def _asks(address: str, sent: bytes) -> None:
    """The same request again and again, each when the one before was answered."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        while True:
            writer.write(sent)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0))
    finally:
        writer.transport.abort()

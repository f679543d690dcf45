"""What strangers do at the media port: each attack runs for some seconds, and tells what it got done.

    python -m benchmarks.strangers_sockets pings 127.0.0.1 8081 30

They speak plain TCP, as fast as one process can, and never read what they need not.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

Attack = Callable[[str, int, float], Awaitable[Counter[str]]]
"""From host, port and seconds: what was tried, and how it was answered."""

_PING = b"\x89\xfd\0\0\0\0" + b"A" * 125
_EMPTY_PIECES = b"\x01\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 200
_EMPTY_PINGS = b"\x89\x80\0\0\0\0"


def _request(path: str = "/media/twilio") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


async def _crowd(
    size: int, seconds: float, one: Callable[[Counter[str], float], Awaitable[None]]
) -> Counter[str]:
    """`size` strangers who try again as soon as they are through."""
    done: Counter[str] = Counter()
    until = time.monotonic() + seconds

    async def goes_on() -> None:
        while time.monotonic() < until:
            try:
                async with asyncio.timeout(until - time.monotonic() + 0.1):
                    await one(done, until)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                done[type(error).__name__] += 1
                await asyncio.sleep(0.02)

    await asyncio.gather(*(goes_on() for _ in range(size)))
    return done


async def silent(host: str, port: int, seconds: float) -> Counter[str]:
    """110 sockets that never start, again and again."""

    async def one(done: Counter[str], until: float) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(_request())
            done[(await reader.readline()).decode(errors="replace").strip()[:12] or "nothing"] += 1
            while await reader.read(4096):
                pass
        finally:
            writer.transport.abort()

    return await _crowd(110, seconds, one)


async def idle(host: str, port: int, seconds: float) -> Counter[str]:
    """900 connections that say nothing, or the beginning of something."""

    async def one(done: Counter[str], until: float) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(b"GET /media/twilio HTTP/1.1\r\nHost:" if done["idle"] % 2 else b"")
            done["idle"] += 1
            await reader.read(1)
        finally:
            writer.transport.abort()

    return await _crowd(900, seconds, one)


def _flooding(frames: bytes, size: int) -> Attack:
    async def attack(host: str, port: int, seconds: float) -> Counter[str]:
        async def one(done: Counter[str], until: float) -> None:
            reader, writer = await asyncio.open_connection(host, port, limit=1024)
            try:
                writer.write(_request())
                status = (await reader.readuntil(b"\r\n\r\n"))[9:12].decode(errors="replace")
                done[status] += 1
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                while time.monotonic() < until:
                    writer.write(frames)
                    await writer.drain()
                    done["bytes"] += len(frames)
            finally:
                writer.transport.abort()

        return await _crowd(size, seconds, one)

    return attack


async def garbage(host: str, port: int, seconds: float) -> Counter[str]:
    """Requests with very many and very long headers, and what is none."""

    async def one(done: Counter[str], until: float) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            number = done["sent"]
            done["sent"] += 1
            writer.write(
                (b"\0" * 100_000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 9000, os.urandom(4000))[number % 3]
            )
            with contextlib.suppress(ConnectionError):
                await writer.drain()
                await reader.read()
        finally:
            writer.transport.abort()

    return await _crowd(50, seconds, one)


ATTACKS: Mapping[str, Attack] = {
    "silent": silent,
    "idle": idle,
    "pings": _flooding(_PING * 500, 40),
    "empty pings": _flooding(_EMPTY_PINGS * 10_000, 40),
    "empty pieces": _flooding(_EMPTY_PIECES * 50, 40),
    "garbage": garbage,
}


def main() -> None:
    name, host, port, seconds = sys.argv[1:5]
    print(dict(asyncio.run(_run(ATTACKS[name], host, int(port), float(seconds)))))


async def _run(attack: Attack, host: str, port: int, seconds: float) -> Counter[str]:
    return await attack(host, port, seconds)


if __name__ == "__main__":
    main()

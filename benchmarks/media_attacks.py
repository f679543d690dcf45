"""What strangers do at the media port, until they are stopped: they speak plain TCP, as fast as one process
can, and never read what they need not. Part of `benchmarks.attacks`."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
from collections.abc import Awaitable, Callable

MediaAttack = Callable[[str, int], Awaitable[None]]
"""From host and port."""

_BREATH_S = 0.02
_PING = b"\x89\xfd\0\0\0\0" + b"A" * 125
_EMPTY_PIECES = b"\x01\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 200
_EMPTY_PINGS = b"\x89\x80\0\0\0\0"


def _request(path: str = "/media/twilio") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


async def _crowd(size: int, one: Callable[[int], Awaitable[None]]) -> None:
    """`size` strangers who try again as soon as they are through, told how many tries there were."""
    tries = itertools.count()

    async def goes_on() -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await one(next(tries))
            await asyncio.sleep(_BREATH_S)

    await asyncio.gather(*(goes_on() for _ in range(size)))


async def silent(host: str, port: int) -> None:
    """110 sockets that never start, again and again."""

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(_request())
            while await reader.read(4096):
                pass
        finally:
            writer.transport.abort()

    await _crowd(110, one)


async def idle(host: str, port: int) -> None:
    """900 connections that say nothing, or the beginning of something."""

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(b"GET /media/twilio HTTP/1.1\r\nHost:" if number % 2 else b"")
            await reader.read(1)
        finally:
            writer.transport.abort()

    await _crowd(900, one)


def _flooding(frames: bytes, size: int) -> MediaAttack:
    async def attack(host: str, port: int) -> None:
        async def one(number: int) -> None:
            reader, writer = await asyncio.open_connection(host, port, limit=1024)
            try:
                writer.write(_request())
                await reader.readuntil(b"\r\n\r\n")
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                while True:
                    writer.write(frames)
                    await writer.drain()
            finally:
                writer.transport.abort()

        await _crowd(size, one)

    return attack


async def garbage(host: str, port: int) -> None:
    """Requests with very many and very long headers, and what is none."""

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(
                (b"\0" * 100_000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 9000, os.urandom(4000))[number % 3]
            )
            with contextlib.suppress(ConnectionError):
                await writer.drain()
                await reader.read()
        finally:
            writer.transport.abort()

    await _crowd(50, one)


pings = _flooding(_PING * 500, 40)
empty_pings = _flooding(_EMPTY_PINGS * 10_000, 40)
empty_pieces = _flooding(_EMPTY_PIECES * 50, 40)

"""Requests byte for byte, as no client library would send them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass


@dataclass(frozen=True)
class RawAnswer:
    status: int
    head: str
    body: bytes


async def opened(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to HOST:PORT."""
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


def request(
    target: bytes, *, method: bytes = b"GET", headers: dict[bytes, bytes] | None = None, body: bytes = b""
) -> bytes:
    """A request as it stands on the wire."""
    given = {b"Host": b"calls.example.com", **(headers or {})}
    if body:
        given.setdefault(b"Content-Length", b"%d" % len(body))
    lines = [b"%s %s HTTP/1.1" % (method, target), *(b"%s: %s" % each for each in given.items())]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def asked(address: str, sent: bytes) -> RawAnswer | None:
    """The answer; None where the connection was closed without one."""
    reader, writer = await opened(address)
    try:
        writer.write(sent)
        return await answered(reader)
    except ConnectionError:
        return None
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def answered(reader: asyncio.StreamReader) -> RawAnswer | None:
    """The next answer on a connection."""
    async with asyncio.timeout(240):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        lengths = [line for line in head.split("\r\n") if line.lower().startswith("content-length:")]
        try:
            body = await reader.readexactly(int(lengths[0].partition(":")[2])) if lengths else b""
        except (asyncio.IncompleteReadError, ConnectionError):
            body = b""  # of a HEAD
        return RawAnswer(int(head.split(" ", 2)[1]), head, body)

"""Bidders on a loopback socket: each path of the server is one of them, with a conduct of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

Conduct = Callable[["Asked"], Awaitable[bytes | None]]
"""Given a request, the bytes that go back; None closes the connection without a word."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        read: dict[str, object] = json.loads(self.body)
        return read


def http(body: object, status: str = "200 OK", more: str = "") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n{more}\r\n"
    return head.encode() + content


def bids(amount: object, **more: object) -> Conduct:
    async def conduct(_: Asked) -> bytes:
        return http({"bid": amount, **more})

    return conduct


def says(reply: bytes | None) -> Conduct:
    async def conduct(_: Asked) -> bytes | None:
        return reply

    return conduct


async def never(_: Asked) -> bytes:
    """Holds the line until the other side gives up."""
    return await asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class Bidders:
    """A running server; `asked` holds every request, in order."""

    conducts: dict[str, Conduct]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def asked_of(self, name: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == f"/{name}"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = head.split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                asked = Asked(lines[0].split(" ")[1], headers, body)
                self.asked.append(asked)
                answering = asyncio.ensure_future(self.conducts[asked.path.partition("?")[0][1:]](asked))
                hung_up = asyncio.ensure_future(reader.read())
                await asyncio.wait([answering, hung_up], return_when=asyncio.FIRST_COMPLETED)
                hung_up.cancel()
                if not answering.done():
                    answering.cancel()
                elif (reply := answering.result()) is not None:
                    writer.write(reply)
                    await writer.drain()
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def serving(**conducts: Conduct) -> AsyncIterator[Bidders]:
    bidders = Bidders(conducts)
    server = await asyncio.start_server(bidders.serve, "127.0.0.1", 0)
    bidders.port = server.sockets[0].getsockname()[1]
    try:
        yield bidders
    finally:
        server.close()
        await server.wait_closed()

"""Who comes to the media port with a plain connection, and says what he likes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from dataclasses import dataclass

from websockets.frames import Opcode

from tests.media.media_world import PATIENCE_S

ASK = b"GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s\r\n"
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\n"


def frame(opcode: Opcode, content: bytes = b"", *, fin: bool = True) -> bytes:
    """Masked with zeros, and right or not."""
    size = len(content)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
    return bytes([(0x80 if fin else 0) | opcode]) + length + bytes(4) + content


PING = frame(Opcode.PING, b"A" * 125)


@dataclass
class Stranger:
    """Somebody with a plain connection, who sends what he likes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def sends(self, sent: bytes) -> None:
        self.writer.write(sent)

    async def answer(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def rest(self) -> bytes:
        """Everything until the connection is over."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self.reader.read()
        except ConnectionError:
            return b""

    async def upgrades(self, path: str = "/media/twilio") -> None:
        self.sends(ASK % (path.encode(), KEY))
        assert b"101" in await self.answer()


class Crowd:
    """Strangers, who all go home in the end."""

    def __init__(self) -> None:
        self._came: list[Stranger] = []

    async def at(self, port: int, peer: str = "127.0.0.1") -> Stranger:
        """One more, whose address is `peer`."""
        stranger = Stranger(*await asyncio.open_connection("127.0.0.1", port, local_addr=(peer, 0)))
        self._came.append(stranger)
        return stranger

    async def leaves(self) -> None:
        for stranger in self._came:
            stranger.writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await stranger.writer.wait_closed()


def close_code(said: bytes) -> int:
    """Of the close frame that is the last thing said."""
    at = said.rindex(b"\x88")
    return int.from_bytes(said[at + 2 : at + 4])

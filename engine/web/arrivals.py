"""Connections whose first request has not wholly come: what they said is kept as it is, and nobody reads it.

A connection that says nothing, or whose head or body trickles in, so costs a few objects and its bytes. Only
a whole request makes the connection that reads it (`PortConnection`); so does whatever is no plain request of
known length, for there are answers to that, too. A body that is slow is read after a while: who asks may
have to be refused, and that takes no body.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import cast

from engine.web.edge import MAX_BODY_BYTES
from engine.web.port import HEAD_END, MAX_HEAD_BYTES, Connections, PortConnection, stop

PATIENCE_S = 2.0  # with a body, until it's read as it comes
_SPACE = 0x20  # what begins with this or less begins no request
_EXPECTS = re.compile(rb"\n(?:expect|transfer-encoding)[ \t]*:", re.IGNORECASE)
_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r?(?=\n)", re.IGNORECASE)


class UnreadConnection(asyncio.Protocol):
    """A connection until its first request is whole; `reads` then makes the one that takes over."""

    __slots__ = ("_all", "_came", "_deadline", "_missing", "_reads", "_transport", "peer")

    def __init__(self, connections: Connections, reads: Callable[[], PortConnection], peer: str) -> None:
        self.peer = peer
        self._all = connections
        self._reads = reads
        self._came = bytearray()
        self._missing: int | None = None  # bytes of the body; None while the head is not whole
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by name
        self._deadline = asyncio.get_running_loop().call_later(self._all.limits.head_s, self._too_late)
        self._all.opened(self)

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        known = len(self._came)
        self._came += data
        if self._missing is not None:
            self._missing -= len(data)
        elif end := HEAD_END.search(self._came, max(0, known - 2)):
            self._missing = _still_missing(self._came, end.end())
            if self._missing > 0:
                stop(self._deadline)
                self._deadline = asyncio.get_running_loop().call_later(PATIENCE_S, self._take_over)
        elif len(self._came) <= MAX_HEAD_BYTES and self._came[0] > _SPACE:
            return
        if self._missing is None or self._missing <= 0:
            self._take_over()

    def connection_lost(self, exc: Exception | None) -> None:
        stop(self._deadline)
        self._all.gone(self)

    def _take_over(self) -> None:
        transport = self._transport
        stop(self._deadline)
        self._all.gone(self)
        if transport is None or transport.is_closing():
            return
        reading = self._reads()
        transport.set_protocol(reading)
        reading.connection_made(transport)
        reading.data_received(bytes(self._came))

    def _too_late(self) -> None:
        self._all.told(self, "head")
        self.abort()


def _still_missing(came: bytearray, head_ends: int) -> int:
    """Bytes of the body that are worth waiting for: none where the request is answered without them."""
    head = came[:head_ends]
    lengths = _LENGTH.findall(head)
    if len(lengths) != 1 or _EXPECTS.search(head) or (size := int(lengths[0])) > MAX_BODY_BYTES:
        return 0
    return size - (len(came) - head_ends)

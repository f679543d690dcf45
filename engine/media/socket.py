"""The websocket library's one place: everything else in the engine knows only `MediaSocket` and `listen`.

Sending is one synchronous call that never waits and never raises: a line must be able to speak from a timer
or from another leg's receive loop. What keeps that safe is `buffered_bytes`, by which a line drops sound that
the other side does not take.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

log = logging.getLogger("cordboard.media")
_library_log = logging.getLogger("cordboard.media.socket")

POLICY_VIOLATION = 1008
UNSUPPORTED_DATA = 1003
TRY_AGAIN_LATER = 1013
INTERNAL_ERROR = 1011
_THEIR_FAULT = frozenset({1002, 1007, 1009})
"""Codes with which the library itself closes: broken frames, broken text, a message over the limit."""


class SocketClosed(Exception):
    """The socket is closed. `code` is the one that was first sent; 1006 when the connection just broke."""

    def __init__(self, code: int, by_us: bool) -> None:
        super().__init__(f"closed with {code} by {'us' if by_us else 'the other side'}")
        self.code = code
        self.by_us = by_us

    @property
    def for_bad_frames(self) -> bool:
        """We closed, because what came was no websocket traffic that we take."""
        return self.by_us and self.code in _THEIR_FAULT


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one socket may cost us."""

    max_message_bytes: int = 65_536
    handshake_timeout_s: float = 5.0
    ping_interval_s: float = 20.0
    ping_timeout_s: float = 20.0
    close_timeout_s: float = 2.0


@dataclass(frozen=True, slots=True)
class UpgradeRefusal:
    """An HTTP answer instead of a websocket."""

    status: int
    why: str


class MediaSocket:
    """One accepted websocket. Messages come as bytes, texts too, unless audio is binary on this carrier."""

    __slots__ = ("_connection", "_decode", "_frame", "_protocol", "peer")

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._protocol = connection.protocol
        self._frame = self._protocol.send_text
        self._decode: bool | None = False
        address = connection.remote_address
        self.peer = str(address[0]) if address else "?"

    def use_binary_audio(self) -> None:
        """For carriers whose audio is binary and the rest text: only then the two must be told apart."""
        self._frame = self._protocol.send_binary
        self._decode = None

    @property
    def is_open(self) -> bool:
        return self._protocol.state is State.OPEN

    @property
    def buffered_bytes(self) -> int:
        """What was sent but has not left the process yet."""
        return self._connection.transport.get_write_buffer_size()

    def send(self, message: bytes) -> None:
        """Put one message on its way. On a socket that is closing it is dropped, as the network would."""
        if self._protocol.state is not State.OPEN:
            return
        self._frame(message)
        try:
            self._connection.send_data()
        except (OSError, RuntimeError) as error:
            # The connection broke a moment ago; the receiving side is about to learn of it.
            log.debug("a message to %s was lost: %s", self.peer, error)

    async def receive(self) -> bytes | str:
        """The next message; raises SocketClosed when there will be none."""
        try:
            return await self._connection.recv(self._decode)
        except ConnectionClosed as closed:
            by_us = closed.sent is not None and not closed.rcvd_then_sent
            first = closed.sent if by_us else closed.rcvd
            raise SocketClosed(1006 if first is None else first.code, by_us) from None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._connection.close(code, reason)


Admit = Callable[[str, Mapping[str, str], str], UpgradeRefusal | None]
"""From path (with its query), headers and peer: a refusal, or None to let the socket in."""

Handle = Callable[[str, MediaSocket], Awaitable[None]]
"""From path and socket: lives the socket's life."""


class Listener:
    """The listening socket and all that came in by it."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def port(self) -> int:
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def close(self) -> None:
        """Stop listening, close every socket with 1001 and wait until their handlers are done."""
        self._server.close()
        await self._server.wait_closed()


class _OneLine(logging.Filter):
    """A stranger who breaks the handshake gets a line of our log, not a page."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info is not None and record.exc_info[1] is not None:
            record.msg = f"{record.getMessage()}: {record.exc_info[1]}"
            record.args = None
            record.exc_info = None
        if record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


_library_log.addFilter(_OneLine())
# Below this level the library writes every frame that passes, and so every key that callers press.
_library_log.setLevel(logging.WARNING)


async def listen(host: str, port: int, admit: Admit, handle: Handle, limits: SocketLimits) -> Listener:
    """Open the media port. `handle` runs for each admitted socket; when it returns the socket is closed."""

    def check(connection: ServerConnection, request: Request) -> Response | None:
        address = connection.remote_address
        refusal = admit(request.path, dict(request.headers.raw_items()), str(address[0]) if address else "?")
        return None if refusal is None else connection.respond(refusal.status, refusal.why + "\n")

    async def run(connection: ServerConnection) -> None:
        assert connection.request is not None
        await handle(connection.request.path, MediaSocket(connection))

    server = await serve(
        run,
        host,
        port,
        process_request=check,
        compression=None,
        max_size=limits.max_message_bytes,
        open_timeout=limits.handshake_timeout_s,
        ping_interval=limits.ping_interval_s,
        ping_timeout=limits.ping_timeout_s,
        close_timeout=limits.close_timeout_s,
        server_header=None,
        logger=_library_log,
    )
    return Listener(server)

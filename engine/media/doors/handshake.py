"""A connection at the media port until its request for a websocket is whole and answered.

Theory of operation
- A stranger is cheap: its bytes lie in one small buffer until the request's head is there, and nothing else
  is made for it. Not a frame is read before it was let in: who sends more than its request is refused.
- Whole requests are answered in turns (`Turns`), however many come at once.
- A refusal is held for `refusal_after_s`: who tries again and again does so once a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from http import HTTPStatus
from typing import Protocol, cast

from websockets.exceptions import InvalidHandshake
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from engine.media.doors.doorway import Doorway
from engine.media.doors.proxies import Proxies
from engine.media.doors.rationed_log import RationedLog
from engine.media.doors.turns import Turns
from engine.media.limits import Admit, SocketLimits, UpgradeRefusal
from engine.media.one_timer import OneTimer
from engine.media.streams import Upgrade

_library_log = logging.getLogger("cordboard.media.socket")
# Below this level the library writes every frame that passes, and so every key that callers press.
_library_log.setLevel(logging.WARNING)

MAX_HEAD_BYTES = 8192
_END = b"\r\n\r\n"
_FORWARDED = re.compile(rb"\r\nx-forwarded-for:([^\r\n]*)", re.IGNORECASE)
_BUFFER = memoryview(bytearray(2048))
"""Where all of them read: what came is copied before anybody else reads."""


class Entrance(Protocol):
    """Where they come in."""

    limits: SocketLimits
    admit: Admit
    doorway: Doorway
    proxies: Proxies
    turns: Turns
    refusals: RationedLog

    def let_in(self, transport: asyncio.Transport, protocol: ServerProtocol, upgrade: Upgrade) -> None:
        """Its request was answered with 101: whoever goes on speaking with it."""
        ...


class Handshake(asyncio.BufferedProtocol):
    """One of them. `peer` is its address, from its whole request on as a trusted proxy names it."""

    __slots__ = ("_entrance", "_head", "_is_over", "_timer", "_transport", "peer")

    def __init__(self, entrance: Entrance, peer: str) -> None:
        self.peer = peer
        self._entrance = entrance
        self._head = bytearray()
        self._is_over = False
        self._transport: asyncio.Transport | None = None
        self._timer = OneTimer()

    def abort(self) -> None:
        """Cut the connection, now."""
        self._is_over = True
        if self._transport is not None:
            self._transport.abort()

    # From the network

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by name
        self._timer.set(self._entrance.limits.handshake_timeout_s, self._too_slow)
        self._entrance.doorway.came(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        if self._is_over:
            if nbytes == len(_BUFFER):
                self._stop_reading()  # nobody reads all that
            return
        head = self._head
        head += _BUFFER[:nbytes]
        end = head.find(_END, max(0, len(head) - nbytes - len(_END) + 1))
        if len(head) > MAX_HEAD_BYTES:
            self._refuse("a request that is too long", status=431)
        elif end >= 0:
            self._name_client(end)
            self._ask(whole=end == len(head) - len(_END))

    def eof_received(self) -> bool | None:
        if not self._is_over:
            self._is_over = True
            self._note("no upgrade", "it left before its request was whole")
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self._timer.forget()
        self._entrance.doorway.left(self)

    def _name_client(self, end: int) -> None:
        """Behind a proxy everybody counts as who he is, also in the doorway until his answer's turn."""
        named = b",".join(_FORWARDED.findall(self._head, 0, end)).decode("latin-1")
        entrance = self._entrance
        entrance.doorway.is_from(self, entrance.proxies.client(self.peer, named))

    # Its answer

    def _ask(self, *, whole: bool) -> None:
        if not whole:
            self._refuse("it did not wait for its answer")
            return
        self._stop_reading()
        self._entrance.turns.run(self._answer_in_turn)

    def _answer_in_turn(self) -> bool:
        """False where nobody waits for it any more."""
        transport = self._transport
        if self._is_over or transport is None or transport.is_closing():
            return False
        self._answer(transport)
        return True

    def _answer(self, transport: asyncio.Transport) -> None:
        asked = _asked(bytes(self._head), self.peer)
        chosen = "" if asked is None else self._entrance.admit(asked)
        if isinstance(chosen, UpgradeRefusal):
            self._hold(_response(chosen.status, chosen.why))
            return
        protocol = ServerProtocol(
            subprotocols=[Subprotocol(chosen)] if chosen else None,
            max_size=self._entrance.limits.max_message_bytes,
            logger=_library_log,
        )
        protocol.receive_data(bytes(self._head))
        request = next(iter(protocol.events_received()), None)
        if not isinstance(request, Request) or asked is None or request.path != asked.target:
            self._refuse("no upgrade", reason_of(protocol.handshake_exc), said=_sent(protocol))
            return
        response = protocol.accept(request)
        protocol.send_response(response)
        said = _sent(protocol)
        if response.status_code != 101:
            self._refuse("no upgrade", reason_of(protocol.handshake_exc), said=said)
            return
        self._is_over = True
        self._timer.forget()
        self._entrance.doorway.left(self)
        self._entrance.let_in(transport, protocol, asked)
        with contextlib.suppress(OSError, RuntimeError):  # it may have left a moment ago
            transport.write(said)
            transport.resume_reading()

    def _refuse(self, kind: str, why: str = "", *, status: int = 0, said: bytes = b"") -> None:
        self._note(kind, why)
        self._hold(_response(status, kind) if status else said)

    def _hold(self, said: bytes) -> None:
        """It gets its answer later, and makes room before others do."""
        self._is_over = True
        self._head.clear()
        self._stop_reading()
        self._entrance.doorway.is_refused(self)
        self._timer.set(self._entrance.limits.refusal_after_s, lambda: self._dismiss(said))

    def _dismiss(self, said: bytes) -> None:
        """Who does not leave with its answer is put out."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if not said:
            transport.abort()
            return
        self._timer.set(self._entrance.limits.stranger_close_timeout_s, self.abort)
        with contextlib.suppress(OSError, RuntimeError):
            transport.write(said)
            transport.write_eof()
            transport.resume_reading()

    def _too_slow(self) -> None:
        self._note("no request within its time")
        self.abort()

    def _note(self, kind: str, why: str = "") -> None:
        text = "media socket from %s refused: %s"
        self._entrance.refusals.warn(text, self.peer, why or kind, kind=f"media sockets refused: {kind}")

    def _stop_reading(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()


def _asked(head: bytes, peer: str) -> Upgrade | None:
    """The request, read no closer than it takes to refuse them; the library reads what is let in."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        return None
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    return Upgrade(words[1], headers, peer)


def _response(status: int, why: str) -> bytes:
    said = f"{why}\n".encode()
    lines = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Connection: close",
        f"Content-Length: {len(said)}",
        "Content-Type: text/plain; charset=utf-8",
    )
    return "\r\n".join(lines).encode() + _END + said


def _sent(protocol: ServerProtocol) -> bytes:
    return b"".join(protocol.data_to_send())


def reason_of(error: BaseException | None) -> str:
    """A stranger who breaks the handshake gets a line of our log, not a page, and no more of his own words
    than the library repeats."""
    while isinstance(error, InvalidHandshake) and error.__cause__ is not None:
        error = error.__cause__
    return repr(str(error))[1:-1][:120]

"""The media port: lets a carrier's socket in, learns which leg it is, and hands it over as a `Line`.

A socket has a few seconds to say `start` with a good one-time token; until then it can do nothing but be
refused, and there are never more than `max_waiting` such sockets. Refusals are one log line each, without the
token.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.media.carriers import CARRIERS, Carrier, CarrierStream
from engine.media.line import Line
from engine.media.messages import Connected, Ignored, Started
from engine.media.socket import (
    POLICY_VIOLATION,
    TRY_AGAIN_LATER,
    Listener,
    MediaSocket,
    SocketClosed,
    SocketLimits,
    UpgradeRefusal,
    listen,
)
from engine.media.tokens import StreamGrant, StreamTokens

log = logging.getLogger("cordboard.media")

OnLine = Callable[[StreamGrant, Line], Awaitable[None]]
"""Gets each line before its first message is read: sets its listener and returns, without living the call."""

SignatureHolds = Callable[[str, str], bool]
"""From the request's path and its signature header: whether the carrier made it."""

_MAX_MESSAGES_BEFORE_START = 10


@dataclass(frozen=True, slots=True)
class ServerLimits:
    start_timeout_s: float = 5.0
    max_waiting: int = 100
    socket: SocketLimits = field(default_factory=SocketLimits)


class _Refused(Exception):
    """Why a socket is sent away after its handshake."""

    def __init__(self, why: str, code: int = POLICY_VIOLATION) -> None:
        super().__init__(why)
        self.code = code


class MediaServer:
    """Start it, and `on_line` gets a line for every leg whose stream arrives."""

    def __init__(
        self,
        tokens: StreamTokens,
        on_line: OnLine,
        *,
        carriers: Sequence[Carrier] = CARRIERS,
        signature_holds: SignatureHolds | None = None,
        limits: ServerLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._on_line = on_line
        self._carriers = {carrier.path: carrier for carrier in carriers}
        self._signature_holds = signature_holds
        self._limits = limits or ServerLimits()
        self._clock = clock
        self._waiting = 0
        self._listener: Listener | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._listener = await listen(host, port, self._admit, self._handle, self._limits.socket)

    @property
    def port(self) -> int:
        assert self._listener is not None, "the server has not started"
        return self._listener.port

    @property
    def waiting(self) -> int:
        """Sockets that have not shown a good token yet."""
        return self._waiting

    async def close(self) -> None:
        """Close every line and the port. Each line's listener has been told when this returns."""
        if self._listener is not None:
            await self._listener.close()

    def _admit(self, path: str, headers: Mapping[str, str], peer: str) -> UpgradeRefusal | None:
        refusal = self._refusal(path, {name.lower(): value for name, value in headers.items()})
        if refusal is not None:
            log.warning("media socket from %s refused with %d: %s", peer, refusal.status, refusal.why)
        return refusal

    def _refusal(self, path: str, headers: Mapping[str, str]) -> UpgradeRefusal | None:
        carrier = self._carriers.get(path.partition("?")[0])
        if carrier is None:
            return UpgradeRefusal(404, "no carrier has its streams here")
        signature = headers.get(carrier.signature_header.lower()) if carrier.signature_header else None
        if signature is not None and self._signature_holds and not self._signature_holds(path, signature):
            return UpgradeRefusal(403, "the signature is invalid")
        if self._waiting >= self._limits.max_waiting:
            return UpgradeRefusal(503, f"{self._waiting} sockets have not started yet")
        return None

    async def _handle(self, path: str, socket: MediaSocket) -> None:
        carrier = self._carriers[path.partition("?")[0]]
        if carrier.capabilities.binary_audio:
            socket.use_binary_audio()
        stream = carrier.open_stream()
        self._waiting += 1
        try:
            grant, started = await self._introduced(socket, stream)
        except _Refused as refused:
            log.warning("media socket from %s refused: %s", socket.peer, refused)
            await socket.close(refused.code, str(refused)[:120])
            return
        finally:
            self._waiting -= 1
        line = Line(socket, stream, carrier.capabilities, started)
        try:
            await self._on_line(grant, line)
        except Exception:
            log.exception("call %s: nobody could take its %s line", grant.call, grant.leg)
            await line.fail()
        try:
            await line.run()
        except Exception:
            log.exception("call %s: its %s line failed", grant.call, grant.leg)
            await line.fail()

    async def _introduced(self, socket: MediaSocket, stream: CarrierStream) -> tuple[StreamGrant, Started]:
        if self._waiting > self._limits.max_waiting:
            # Handshakes that were under way at once all found room.
            raise _Refused("too many sockets have not started yet", TRY_AGAIN_LATER)
        try:
            async with asyncio.timeout(self._limits.start_timeout_s):
                started = await _first_start(socket, stream)
        except TimeoutError:
            raise _Refused(f"no start within {self._limits.start_timeout_s:g} s") from None
        except SocketClosed as closed:
            raise _Refused(f"{closed}, before start") from None
        token = started.parameters.get("token")
        if not token:
            raise _Refused("its start has no token")
        grant = self._tokens.redeem(token, started.carrier_call, self._clock())
        if grant is None:
            raise _Refused("its token is unknown, used, expired or of another call")
        return grant, started


async def _first_start(socket: MediaSocket, stream: CarrierStream) -> Started:
    for _ in range(_MAX_MESSAGES_BEFORE_START):
        message = stream.decode(await socket.receive())
        match message:
            case Started():
                return message
            case Connected() | Ignored():
                continue
            case _:
                why = getattr(message, "why", type(message).__name__)
                raise _Refused(f"malformed before start: {why}")
    raise _Refused("too much was said before start")

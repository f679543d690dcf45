"""The media port: lets a carrier's socket in, learns which leg it is, and hands it over as a `Line`.

A socket has a few seconds to say `start` with a good one-time token; until then it can do nothing but be
refused. Where streams are signed, nobody waits here without a signature; who is expected waits apart from the
rest (`admission`). Refusals are one log line each, without the token.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.media.admission import Admission
from engine.media.closed import POLICY_VIOLATION, SocketClosed
from engine.media.doors.proxies import Network, Proxies
from engine.media.doors.rationed_log import RationedLog
from engine.media.limits import SocketLimits, UpgradeRefusal
from engine.media.line import Line
from engine.media.listener import Listener
from engine.media.messages import Connected, Ignored, Message, Replied, Started
from engine.media.socket import MediaSocket
from engine.media.streams import CarrierStream, StreamsIn, Upgrade
from engine.media.tokens import StreamGrant, StreamTokens

log = logging.getLogger("cordboard.media")

OnLine = Callable[[StreamGrant, Line], Awaitable[None]]
"""Gets each line before its first message is read: sets its listener and returns, without living the call."""

OnAnnounced = Callable[[str, Started], Awaitable[StreamGrant | None]]
"""From the carrier's name and a start that is the first we hear of a call: whose leg it is from now on, or
None where it is not taken."""

MEDIA = "/media/"
"""Where carriers' streams are: each at its name."""

_MAX_MESSAGES_BEFORE_START = 10
_MAX_PATH = 1_000


@dataclass(frozen=True, slots=True)
class ServerLimits:
    start_timeout_s: float = 5.0
    max_waiting: int = 100
    """Sockets that nobody told us to expect; those whose address names a stream are not counted."""
    max_waiting_of_a_peer: int = 25
    """Of those, from one address."""
    max_in_doorway: int = 256
    """Connections that have not been let in yet."""
    proxies: Sequence[Network] = ()
    """Whose X-Forwarded-For says who comes, beside loopback's."""
    socket: SocketLimits = field(default_factory=SocketLimits)


class _Refused(Exception):
    """Why a socket is sent away after its handshake."""


class MediaServer:
    """Start it, and `on_line` gets a line for every leg whose stream arrives.

    A call that is first heard of by its stream is announced to `on_announced`; without it there are none.
    """

    def __init__(
        self,
        tokens: StreamTokens,
        on_line: OnLine,
        *,
        carriers: Sequence[StreamsIn],
        on_announced: OnAnnounced | None = None,
        limits: ServerLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        counts_refusal: Callable[[], None] = lambda: None,
        speed: float = 1.0,
    ) -> None:
        """In a rehearsal `speed` seconds of sound pass in one of the wall's."""
        self._tokens = tokens
        self._on_line = on_line
        self._carriers = {f"{MEDIA}{carrier.name}": carrier for carrier in carriers}
        self._on_announced = on_announced
        self._limits = limits or ServerLimits()
        self._clock = clock
        self._speed = speed
        self._admission = Admission(
            lambda pass_: self._tokens.expects(pass_, self._clock()),
            self._limits.max_waiting,
            self._limits.max_waiting_of_a_peer,
        )
        self._refusals = RationedLog(log, clock=clock, counts=counts_refusal)
        self._listener: Listener | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        limits = self._limits
        self._listener = Listener(
            self._admit,
            self._handle,
            limits.socket,
            self._refusals,
            max_in_doorway=limits.max_in_doorway,
            proxies=Proxies(limits.proxies),
        )
        await self._listener.open(host, port)

    @property
    def port(self) -> int:
        assert self._listener is not None, "the server has not started"
        return self._listener.port

    @property
    def waiting(self) -> int:
        """Sockets that have not shown a good token yet."""
        return self._admission.waiting

    async def close(self) -> None:
        """Close every line and the port. Each line's listener has been told when this returns."""
        if self._listener is not None:
            await self._listener.close()

    def _admit(self, upgrade: Upgrade) -> UpgradeRefusal | str:
        chosen = self._chosen(upgrade)
        if isinstance(chosen, UpgradeRefusal):
            text = "media socket from %s refused with %d: %s"
            kind = f"media sockets refused: {chosen.what}"
            self._refusals.warn(text, upgrade.peer, chosen.status, chosen.why, kind=kind)
        return chosen

    def _chosen(self, upgrade: Upgrade) -> UpgradeRefusal | str:
        """The subprotocol to speak, "" for none; or why it is refused."""
        asked = self._asked(upgrade)
        if asked is None:
            return UpgradeRefusal(404, "no carrier has its streams here")
        carrier, pass_ = asked
        is_expected = bool(pass_) and self._tokens.expects(pass_, self._clock())
        if not carrier.upgrade_holds(upgrade, is_expected=is_expected):
            return UpgradeRefusal(403, "the signature is missing or invalid")
        refusal = self._admission.refusal(pass_, upgrade.peer)
        if refusal is not None:
            return refusal
        offered = {each.strip() for each in upgrade.headers.get("sec-websocket-protocol", "").split(",")}
        return next((each for each in carrier.subprotocols if each in offered), "")

    def _asked(self, upgrade: Upgrade) -> tuple[StreamsIn, str] | None:
        """The carrier whose streams are at this path, and the pass that it ends with, or that stands in the
        query, where a carrier's addresses are fixed but for that; "" without one."""
        target = upgrade.target
        if len(target) > _MAX_PATH or not target.isascii():
            return None
        plain = upgrade.path.removesuffix("/")
        if carrier := self._carriers.get(plain):
            return carrier, upgrade.query.get("pass", "")
        head, _, pass_ = plain.rpartition("/")
        carrier = self._carriers.get(head)
        return None if carrier is None else (carrier, pass_)

    def _handle(self, upgrade: Upgrade, socket: MediaSocket) -> Coroutine[Any, Any, None]:
        """The life of a socket that was let in just now. Its place is taken before anyone else asks."""
        asked = self._asked(upgrade)
        assert asked is not None, "it was admitted"
        carrier, pass_ = asked
        if carrier.capabilities.is_binary:
            socket.use_binary_audio()
        stream = carrier.open_stream(upgrade)
        return self._live(carrier, stream, socket, self._admission.take(pass_, socket.peer))

    async def _live(
        self, carrier: StreamsIn, stream: CarrierStream, socket: MediaSocket, give_back: Callable[[], None]
    ) -> None:
        try:
            grant, started = await self._introduced(carrier, socket, stream)
        except _Refused as refused:
            text, kind = "media socket from %s refused: %s", f"media sockets refused: {refused}"
            self._refusals.warn(text, socket.peer, refused, kind=kind)
            if (farewell := stream.farewell()) is not None:
                socket.send(farewell)
            await socket.close(POLICY_VIOLATION, str(refused)[:120])
            return
        finally:
            give_back()
        line = Line(socket, stream, carrier.capabilities, started, self._speed)
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

    async def _introduced(
        self, carrier: StreamsIn, socket: MediaSocket, stream: CarrierStream
    ) -> tuple[StreamGrant, Started]:
        try:
            async with asyncio.timeout(self._limits.start_timeout_s):
                started = await _first_start(socket, stream)
        except TimeoutError:
            raise _Refused(f"no start within {self._limits.start_timeout_s:g} s") from None
        except SocketClosed as closed:
            raise _Refused(f"before start it was {closed}") from None
        grant = await self._grant_of(carrier, started)
        socket.trust()
        return grant, started

    async def _grant_of(self, carrier: StreamsIn, started: Started) -> StreamGrant:
        """Whose leg it is, by its token; without one, by what it says of itself, where a proven upgrade
        counts for as much as a webhook."""
        token = started.parameters.get("token")
        if not token and carrier.streams_announce and self._on_announced is not None:
            announced = await self._on_announced(carrier.name, started)
            if announced is None:
                raise _Refused("its call is not taken")
            return announced
        if not token:
            raise _Refused("its start has no token")
        grant = self._tokens.redeem(token, started.carrier_call, self._clock())
        if grant is None:
            raise _Refused("its token is unknown, used, expired or of another call")
        return grant


async def _first_start(socket: MediaSocket, stream: CarrierStream) -> Started:
    for _ in range(_MAX_MESSAGES_BEFORE_START):
        message: Message = stream.decode(await socket.receive())
        while isinstance(message, Replied):
            socket.send(message.reply)
            message = message.message
        match message:
            case Started():
                return message
            case Connected() | Ignored():
                continue
            case _:
                why = getattr(message, "why", type(message).__name__)
                raise _Refused(f"malformed before start: {why}")
    raise _Refused("too much was said before start")

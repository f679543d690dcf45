"""The HTTP port's connections: each has deadlines, and their number has bounds, a peer's and in all.

A connection that waits (for its request's head, for its body, for the next request, for its answer to be
taken) is closed when its time is over. Where there are too many, the one that has kept us waiting longest for
a whole request makes room for the newcomer: who asks at once is answered, whoever else sits there. Peers on
loopback and trusted proxies, behind which everybody has one address, are bounded in all alone.

Whose request has not wholly come costs next to nothing (`arrivals.py`), and of those who ask in the same
instant a few begin in a turn of the loop (`Turns`).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import h11
from prometheus_client import Counter
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from engine.media.doors.proxies import Network, Proxies
from engine.media.doors.rationed_log import RationedLog
from engine.media.doors.turns import Turns
from engine.web.edge import CONNECTION

log = logging.getLogger("cordboard.web")

MAX_HEAD_BYTES = 16 * 1024
MAX_HEAD_LINES = 128
MAX_DROPPED_BYTES = 2_000_000  # of a body that was refused, so that who sends it gets to read why

HEAD_END = re.compile(rb"\n\r?\n")

Stage = Literal["idle", "head", "body", "answer", "answered"]
Why = Literal["head", "body", "answer", "peer", "full", "broken"]

_TOLD: dict[Why, str] = {
    "head": "its request's head didn't come in time",
    "body": "its request's body didn't come in time",
    "answer": "it didn't take its answer in time",
    "peer": "its address has too many connections",
    "full": "there were too many connections",
    "broken": "what it sent is no HTTP",
}


@dataclass(frozen=True, slots=True)
class PortLimits:
    """Seconds and numbers of connections."""

    head_s: float = 5.0
    body_s: float = 10.0
    answer_s: float = 30.0
    answered_s: float = 0.5
    """For the rest of a body whose request was answered without it."""
    idle_s: float = 5.0
    most: int = 256
    most_a_peer: int = 64
    trusted: Sequence[Network] = ()


class Visitor(Protocol):
    """One of the port's connections."""

    peer: str

    def abort(self) -> None: ...


class Connections:
    """Those that are open, the longest waiting first; who may come in and who has to go."""

    def __init__(self, limits: PortLimits, closed: Counter | None = None) -> None:
        self.limits = limits
        self.proxies = Proxies(limits.trusted)
        self.turns = Turns()
        self.drops = Turns(1)  # what comes after an answer holds up no question
        self._closed = closed
        self._log = RationedLog(log)
        self._waiting: OrderedDict[Visitor, None] = OrderedDict()
        self._open: set[Visitor] = set()
        self._of_peer: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def are_many(self) -> bool:
        """Soon those who wait will have to go, and one would be closed as its next request is on its way."""
        return len(self._open) > self.limits.most // 2

    def opened(self, one: Visitor) -> None:
        """Count a newcomer, and let go whoever is too many; it may be the newcomer itself."""
        peer = one.peer
        self._open.add(one)
        self._waiting[one] = None
        self._of_peer[peer] = self._of_peer.get(peer, 0) + 1
        if self._of_peer[peer] > self.limits.most_a_peer and not self.proxies.trust(peer):
            self._let_go(next((each for each in self._waiting if each.peer == peer), one), "peer")
        elif len(self._open) > self.limits.most:
            self._let_go(next(iter(self._waiting), one), "full")

    def waits(self, one: Visitor, waits: bool) -> None:
        """Whether it has no whole request with us; who has been served waits from then on."""
        if not waits:
            self._waiting.pop(one, None)
        elif one in self._open and one not in self._waiting:
            self._waiting[one] = None

    def gone(self, one: Visitor) -> None:
        self._waiting.pop(one, None)
        if one in self._open:
            self._open.remove(one)
            self._of_peer[one.peer] -= 1
            if not self._of_peer[one.peer]:
                del self._of_peer[one.peer]

    def close(self) -> None:
        """Cut those who wait."""
        for one in list(self._waiting):
            self.gone(one)
            one.abort()

    def make_room(self) -> None:
        """Where no more can be opened: the longest waiting goes."""
        if self._waiting:
            self._let_go(next(iter(self._waiting)), "full")

    def told(self, one: Visitor, why: Why) -> None:
        """A connection is closed by us: count it, and say so within reason."""
        if self._closed is not None:
            self._closed.labels(why).inc()
        text, told = "connection from %s closed: %s (%d are open)", _TOLD[why]
        self._log.warn(text, one.peer, told, len(self._open), kind=f"connections closed: {told}")

    def _let_go(self, one: Visitor, why: Why) -> None:
        self.told(one, why)
        self.gone(one)
        one.abort()


class _Conversation(h11.Connection):
    """h11's, which reads a head of any size where all of it is there, with a bound for each head."""

    def next_event(self) -> Any:
        if self.their_state is h11.IDLE:
            came = self.trailing_data[0]
            end = HEAD_END.search(came, 0, MAX_HEAD_BYTES + 4)
            head = came[: end.start()] if end else came
            if len(head) > MAX_HEAD_BYTES or head.count(b"\n") > MAX_HEAD_LINES:
                raise h11.RemoteProtocolError("the head is too long", error_status_hint=431)
        return super().next_event()


class PortConnection(H11Protocol):
    """uvicorn's, which waits for ever, with a deadline for whatever it waits for."""

    def __init__(
        self, connections: Connections, config: Config, server_state: ServerState, **more: Any
    ) -> None:
        super().__init__(config, server_state, **more)
        self._routes, self.app = self.app, self._asked
        self.peer = ""
        self._all = connections
        self.conn = _Conversation(h11.SERVER, MAX_HEAD_BYTES)
        self._stage: Stage = "idle"
        self._came: list[bytes] = []  # of a head whose turn has not come
        self._dropped = 0  # bytes of a body that was refused
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def abort(self) -> None:
        """Close at once, whatever the other side does; its descriptor is free on the next turn."""
        self.transport.abort()

    def is_refused(self) -> None:
        """Its answer is held back: it may make room for others meanwhile."""
        self._all.waits(self, True)

    async def _asked(self, scope: Any, receive: Any, send: Any) -> None:
        scope[CONNECTION] = self

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start" and self._all.are_many:
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._routes(scope, receive, sending)

    # What uvicorn's loop tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.peer = self.client[0] if self.client else "?"
        self._enter("head")
        self._all.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        stop(self._deadline)
        stop(self._stalled)
        self._all.gone(self)
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._stage == "idle":
            self._enter("head")
        if self._stage != "head":
            self._take(data)
            return
        self._unset_keepalive_if_required()
        self._came.append(data)
        if len(self._came) == 1:
            self._all.waits(self, False)  # now it is we who are waited for
            self._all.turns.run(self._turn_came)
            if self._came:
                self.flow.pause_reading()

    def _turn_came(self) -> bool:
        data = b"".join(self._came)
        self._came.clear()
        if self.transport.is_closing():
            return False
        self._read_on()
        self._take(data)
        if self._stage != "answer":
            self._all.waits(self, True)
        return True

    def _take(self, data: bytes) -> None:
        if self._stage == "answered":
            self._dropped += len(data)
            self.flow.pause_reading()
            if self._dropped > MAX_DROPPED_BYTES:
                return
            self._all.drops.run(self._read_on)
        try:
            super().data_received(data)
        except (RuntimeError, ValueError, h11.ProtocolError):
            self.abort()  # an answer had begun, so that there is no saying what is wrong
            return
        self._look()

    def _read_on(self) -> bool:
        if self.transport.is_closing():
            return False
        self.flow.resume_reading()
        return True

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def send_400_response(self, msg: str) -> None:
        self._all.told(self, "broken")
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # what answers the request that broke must not speak as well
            self.cycle.message_event.set()
        super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        stop(self._stalled)
        self._stalled = self.loop.call_later(self._all.limits.answer_s, self._break_off, "answer")

    def resume_writing(self) -> None:
        super().resume_writing()
        stop(self._stalled)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more came. What was not taken of the last answer is dropped."""
        if self.transport.get_write_buffer_size():
            self._break_off("answer")
        else:
            self.transport.close()

    # Deadlines

    def _look(self) -> None:
        """Which part of a request is awaited now."""
        if self.transport.is_closing():
            return
        is_answered = self.cycle is None or self.cycle.response_complete
        if self.conn.their_state is h11.SEND_BODY:
            self._enter("answered" if is_answered else "body")
        elif not is_answered:
            self._enter("answer")
        elif self._stage != "head":
            self._enter("idle" if self.timeout_keep_alive_task is not None else "head")

    def _enter(self, stage: Stage) -> None:
        """A stage's time runs from its beginning, whatever trickles in."""
        if stage == self._stage and self._deadline is not None:
            return
        stop(self._deadline)
        self._deadline = None
        self._stage = stage
        self._dropped = 0
        limits = self._all.limits
        if stage == "head":
            self._deadline = self.loop.call_later(limits.head_s, self._break_off, "head")
        elif stage == "body":
            self._deadline = self.loop.call_later(limits.body_s, self._break_off, "body")
        elif stage == "answered":  # nobody reads what still comes of its body
            self._deadline = self.loop.call_later(limits.answered_s, self._break_off, "body")
        self._all.waits(self, stage != "answer")

    def _break_off(self, why: Why) -> None:
        self._all.told(self, why)
        self.abort()


def stop(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()

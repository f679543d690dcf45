"""The websocket library's one place, without its sockets: everything else knows only `MediaSocket`.

Theory of operation
- Reading from the network is ours, in slices of `SLICE_BYTES`, and of `FIRST_BYTES` until `trust`. However
  much lies ready on one socket, a turn of the event loop takes one slice of it, and the others have theirs.
- The library reads every frame but the usual one, which comes fifty times a second and leg: whole, masked, of
  middling length. That one is unmasked here and handed over at once, without a task or a queue between, and
  what we say in one frame is written here. What breaks the protocol is the library's to refuse.
- Every frame is paid for, pings, pongs and empty pieces like any other: a few until `trust`, which its owner
  calls once the stream has shown whose it is, and a good deal more per second from then on. A socket that
  overdraws is closed. So nobody can have us answer, keep or decode more than was meant for a call.
- Sending is one synchronous call that never waits and never raises: a line must be able to speak from a timer
  or from another leg's receive loop. What keeps that safe is `buffered_bytes`, by which a line drops sound
  that the other side does not take; past `max_buffered_bytes` the socket is given up.
- Silence is asked about by a ping. A carrier sends fifty frames a second, so it is soon known to be gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from websockets.frames import CTRL_OPCODES, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from engine.media.budgets import Budget
from engine.media.closed import INTERNAL_ERROR, POLICY_VIOLATION, SocketClosed
from engine.media.frames import BINARY, HEAD_16, MASKED_16, TEXT, apply_mask, frame_end, head_of
from engine.media.limits import SocketLimits
from engine.media.one_timer import OneTimer
from engine.media.pieces import Pieces
from engine.media.presence import Presence
from engine.media.streams import Outgoing, Upgrade

log = logging.getLogger("cordboard.media")

SLICE_BYTES = 2048
"""What is read of one socket in a turn: some 340 of the smallest frames there are, or six of sound."""
FIRST_BYTES = 512
"""The same before trust: half a start message, or some 85 of the smallest frames."""
_SCRAP = memoryview(bytearray(65_536))
"""Where goes what nobody will read: all sockets throw it into the same."""


def _unheeded(name: str) -> None:
    """Nobody waits for this pong."""


Handle = Callable[[Upgrade, "MediaSocket"], Coroutine[Any, Any, None]]
"""From the request and its socket: lives the socket's life. Called as soon as the socket is open."""


class Door(Protocol):
    """Where a socket came in by."""

    limits: SocketLimits

    def left(self, socket: MediaSocket) -> None:
        """Its connection is over."""
        ...


class MediaSocket(asyncio.BufferedProtocol):
    """One connection, from its upgrade on. Messages come as bytes, texts too, unless audio is binary on this
    carrier."""

    def __init__(
        self, door: Door, transport: asyncio.Transport, protocol: ServerProtocol, path: str, peer: str
    ) -> None:
        """`protocol` has read the request and accepted it."""
        self.path = path
        self.peer = peer
        self._door = door
        self._limits = limits = door.limits
        self._loop = loop = asyncio.get_running_loop()
        self._transport = transport
        self._protocol = protocol
        self._usual, self._tells_text = TEXT, False
        self._buffer = memoryview(bytearray(FIRST_BYTES))
        now = loop.time()
        self._frames = Budget(limits.frames_before_trust, now)
        self._control = Budget(limits.control_frames, now)
        self._bytes = Budget(limits.bytes_before_trust, now)
        self._messages: deque[bytes | str] = deque()
        self._pieces = Pieces()
        self._rest = b""  # of a frame that is not whole yet
        self._waiter: asyncio.Future[None] | None = None
        self._deliver: Callable[[bytes | str], None] | None = None
        self._tell_closed: Callable[[SocketClosed], None] | None = None
        self.on_pong: Callable[[str], None] = _unheeded
        """Gets the name of each ping that is answered."""
        self._lost: asyncio.Future[None] = loop.create_future()
        self._timer = OneTimer()
        self._presence = Presence(
            limits.silence_s, limits.answer_timeout_s, self._ask_presence, self._nobody_there
        )
        self._is_closing = self._is_deaf = self._is_full = self._is_held = self._is_trusted = False
        self._is_in_pieces = False
        self._presence.begin()

    # For its owner

    def use_binary_audio(self) -> None:
        """For carriers whose audio is binary and the rest text: only then the two must be told apart."""
        self._usual, self._tells_text = BINARY, True

    def trust(self) -> None:
        """It has shown whose stream it is: from now on it may send as much as a call does."""
        now = self._loop.time()
        self._is_trusted = True
        self._buffer = memoryview(bytearray(SLICE_BYTES))
        self._frames = Budget(self._limits.frames, now)
        self._bytes = Budget(self._limits.bytes, now)

    @property
    def is_open(self) -> bool:
        return self._protocol.state is State.OPEN

    @property
    def buffered_bytes(self) -> int:
        """What was sent but has not left the process yet."""
        return self._transport.get_write_buffer_size()

    @property
    def heard_at(self) -> float:
        """When anything came last, an answer to a ping included, by the loop's time."""
        return self._presence.heard_at

    def ask_after(self, silence_s: float) -> None:
        """Ask whether anybody is there after so much silence, rather than by the port's own limit."""
        self._presence.ask_after(silence_s)

    def send(self, message: Outgoing) -> None:
        """Put it on its way: `str` as a text, `bytes` as this carrier's sound goes, of a tuple one by one. On
        a socket that is closing it is dropped, as the network would."""
        if isinstance(message, tuple):
            for one in message:
                self.send(one)
            return
        transport = self._transport
        if self._is_closing or transport.is_closing() or self._protocol.state is not State.OPEN:
            return
        first, content = (self._usual, message) if isinstance(message, bytes) else (TEXT, message.encode())
        # The connection may have broken a moment ago; the receiving side is about to learn of it.
        try:
            transport.write(head_of(first, len(content)) + content)
        except (OSError, RuntimeError):
            return
        if transport.get_write_buffer_size() > self._limits.max_buffered_bytes:
            log.warning("media socket to %s given up: it takes nothing of what is sent", self.peer)
            self.abort()

    def ping(self, name: str) -> None:
        """Ask for a sign that all that was sent before was read: `on_pong` gets the name back."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(name.encode())
            self._flush()

    def deliver(
        self, take: Callable[[bytes | str], None], tell_closed: Callable[[SocketClosed], None]
    ) -> None:
        """Hand over every message from now on, in the turn that it comes in, and at last, once, that there
        will be none. Neither may raise, or wait."""
        self._deliver, self._tell_closed = take, tell_closed
        while self._messages:
            take(self._messages.popleft())
        self._is_full = False
        self._read_on()
        if self._protocol.state is not State.OPEN:
            self._wake()

    async def receive(self) -> bytes | str:
        """The next message; raises SocketClosed when there will be none. Before `deliver`."""
        while not self._messages:
            if self._protocol.state is not State.OPEN:
                raise self._closed()
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        message = self._messages.popleft()
        if self._is_full and not self._messages:
            self._is_full = False
            self._read_on()
        return message

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye, and return once the connection is over; who does not answer is cut off."""
        self.say_goodbye(code, reason)
        await asyncio.shield(self._lost)

    def say_goodbye(self, code: int = 1000, reason: str = "") -> None:
        """Begin to close."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._closes()

    def abort(self) -> None:
        """Cut the connection, now."""
        self._transport.abort()

    # From the network

    def get_buffer(self, sizehint: int) -> memoryview:
        return _SCRAP if self._is_deaf else self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._is_deaf:
            if nbytes >= SLICE_BYTES:
                self._give_turn()
            return
        now = self._presence.hear()
        if nbytes == len(self._buffer):
            self._give_turn()
        raw = bytes(self._buffer[:nbytes])
        if self._rest:
            raw, self._rest = self._rest + raw, b""
        self._read(raw, now)
        if not self._bytes.spend(nbytes, now):
            self._refuse_more("too many bytes")

    def eof_received(self) -> bool | None:
        self._protocol.receive_eof()
        self._take_events()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.receive_eof()
        self._timer.forget()
        self._presence.end()
        self._pieces.taken()
        self._rest = b""
        if not self._lost.done():
            self._lost.set_result(None)
        self._wake()
        self._door.left(self)

    def _give_turn(self) -> None:
        """There is more to read, but others wait: go on in the next turn."""
        if not self._is_held:
            self._is_held = True
            self._transport.pause_reading()
            self._loop.call_soon(self._turn_came)

    def _turn_came(self) -> None:
        self._is_held = False
        self._read_on()

    def _read_on(self) -> None:
        if not (self._is_held or self._is_full or self._transport.is_closing()):
            self._transport.resume_reading()

    # Frames

    def _read(self, raw: bytes, now: float) -> None:
        """Take the frames that are whole, and keep what is there of the next one."""
        at, end, usual, most = 0, len(raw), self._usual, self._limits.max_message_bytes
        while at < end and not self._is_closing:
            content = at + HEAD_16
            is_alone = content < end and not self._is_in_pieces
            if is_alone and raw[at] == usual and raw[at + 1] == MASKED_16:
                stop = content + (raw[at + 2] << 8 | raw[at + 3])
                if stop <= end and stop - content <= most:
                    if not self._frames.spend(1, now):
                        self._refuse_more("too many frames")
                        return
                    self._keep(apply_mask(raw[content:stop], raw[content - 4 : content]), usual == TEXT)
                    at = stop
                    continue
            stop = frame_end(raw, at, most)
            if stop > end:
                self._rest = raw[at:]
                return
            self._let_read(raw[at:stop])
            at = stop
        if at < end:
            self._let_read(raw[at:])

    def _let_read(self, raw: bytes) -> None:
        """Have the library read it: a whole frame, what it refuses, or anything once we are closing."""
        self._protocol.receive_data(raw)
        self._take_events()

    def _take_events(self) -> None:
        for event in self._protocol.events_received():
            assert isinstance(event, Frame)
            if not self._take(event):
                break
        if self._protocol.state is not State.OPEN:
            self._is_deaf = self._is_deaf or self._protocol.eof_sent  # nothing is taken after that
            self._closes()
        else:
            self._flush()

    def _take(self, frame: Frame) -> bool:
        """Whether the socket may go on."""
        opcode = frame.opcode
        if not self._frames.spend(1, self._presence.heard_at):
            return self._refuse_more("too many frames")
        if opcode in CTRL_OPCODES:
            if not self._control.spend(1, self._presence.heard_at):
                return self._refuse_more("too many control frames")
            if opcode is Opcode.PONG:
                self.on_pong(bytes(frame.data).decode("latin-1"))
            return True
        self._is_in_pieces = not frame.fin
        self._pieces.add(frame)
        if self._pieces.number > self._limits.max_pieces:
            return self._refuse_more("a message in too many pieces")
        return self._keep(*self._pieces.taken()) if frame.fin else True

    def _keep(self, message: bytes, is_text: bool) -> bool:
        if self._is_closing:
            return True  # we said goodbye, and nobody listens any more
        told: bytes | str = message
        if is_text and self._tells_text:
            try:
                told = message.decode()
            except UnicodeDecodeError:
                return self._fail(1007, "not UTF-8")
        if self._deliver is not None:
            self._deliver(told)
            return True
        self._messages.append(told)
        if len(self._messages) > self._limits.max_waiting_messages and not self._is_full:
            self._is_full = True
            self._transport.pause_reading()
        self._wake()
        return True

    def _refuse_more(self, why: str) -> bool:
        return self._fail(POLICY_VIOLATION, why)

    def _fail(self, code: int, why: str) -> bool:
        if self._protocol.state is State.OPEN:
            self._protocol.data_to_send()  # pongs to what was too much
            self._protocol.fail(code, why)
            self._is_deaf = True
            self._closes()
        else:
            self.abort()
        return False

    # The end

    def _closes(self) -> None:
        """Our last frame is on its way: wait for theirs a while."""
        self._flush()
        if not self._is_closing:
            self._is_closing = True
            self._presence.end()
            limits = self._limits
            self._timer.set(
                limits.close_timeout_s if self._is_trusted else limits.stranger_close_timeout_s, self.abort
            )
        self._wake()

    def _closed(self) -> SocketClosed:
        protocol = self._protocol
        by_us = protocol.close_sent is not None and not protocol.close_rcvd_then_sent
        first = protocol.close_sent if by_us else protocol.close_rcvd
        return SocketClosed(1006, by_us) if first is None else SocketClosed(first.code, by_us, first.reason)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if self._tell_closed is not None and self._protocol.state is not State.OPEN:
            tell, self._tell_closed = self._tell_closed, None
            tell(self._closed())

    def _flush(self) -> None:
        transport = self._transport
        for piece in self._protocol.data_to_send():
            if transport.is_closing():
                return
            # The connection may have broken a moment ago; the receiving side is about to learn of it.
            with contextlib.suppress(OSError, RuntimeError):
                if piece:
                    transport.write(piece)
                elif transport.can_write_eof():
                    transport.write_eof()
                else:
                    transport.close()

    def _ask_presence(self) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
            self._flush()

    def _nobody_there(self) -> None:
        self._fail(INTERNAL_ERROR, "no answer")

"""Frames that are read without the library: the same messages as with it, however they are cut on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from engine.media.budgets import Allowance
from engine.media.closed import SocketClosed
from engine.media.frames import BINARY, TEXT, frame_end, head_of
from engine.media.limits import SocketLimits
from engine.media.socket import MediaSocket
from tests.media.media_strangers import ASK, KEY, frame

MOST = 2_000
LIMITS = SocketLimits(
    max_message_bytes=MOST, frames_before_trust=Allowance(10**6), bytes_before_trust=Allowance(10**9)
)


class Hall:
    """Where a socket comes in by whose connection is a list."""

    limits = LIMITS

    def left(self, socket: MediaSocket) -> None: ...


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:  # type: ignore[override]
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def masked(whole: bytes) -> bytes:
    """The same frame with a mask that is none of zeros. Its head is as long as it has to be."""
    head = 6 if whole[1] & 0x7F < 126 else 8
    mask = bytes([1, 2, 3, 250])
    return whole[: head - 4] + mask + bytes(one ^ mask[at % 4] for at, one in enumerate(whole[head:]))


def opened() -> ServerProtocol:
    protocol = ServerProtocol(max_size=MOST)
    protocol.receive_data(ASK % (b"/media/twilio", KEY))
    (request,) = protocol.events_received()
    assert isinstance(request, Request)
    protocol.send_response(protocol.accept(request))
    protocol.data_to_send()
    return protocol


def by_the_library(raw: bytes) -> tuple[list[bytes], int | None, bytes]:
    """The messages, the code that it closes with, and what it writes."""
    protocol = opened()
    protocol.receive_data(raw)
    messages: list[bytes] = []
    begun = b""
    for event in protocol.events_received():
        assert isinstance(event, Frame)
        if event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            begun += bytes(event.data)
            if event.fin:
                messages.append(begun)
                begun = b""
    written = b"".join(protocol.data_to_send())
    return messages, protocol.close_sent.code if protocol.close_sent else None, written


def by_us(pieces: list[bytes]) -> tuple[list[bytes], int | None, bytes]:
    async def read() -> tuple[list[bytes], int | None, bytes]:
        wire, messages, closed = Wire(), [], []
        socket = MediaSocket(Hall(), wire, opened(), "/media/twilio", "127.0.0.1")
        take: Callable[[bytes | str], None] = messages.append
        tell: Callable[[SocketClosed], None] = closed.append
        socket.deliver(take, tell)
        for piece in pieces:
            begin = 0
            while begin < len(piece):
                buffer = socket.get_buffer(-1)
                part = piece[begin : begin + len(buffer)]
                buffer[: len(part)] = part
                socket.buffer_updated(len(part))
                begin += len(part)
        code = closed[0].code if closed else None
        socket.connection_lost(None)
        return messages, code, bytes(wire.written)

    return asyncio.run(read())


SIZES = st.integers(0, 300) | st.sampled_from([125, 126, 127, MOST - 1, MOST, MOST + 1])
WHOLE = st.builds(
    lambda opcode, size: masked(frame(opcode, bytes(at % 251 for at in range(size)))),
    st.sampled_from([Opcode.TEXT, Opcode.BINARY]),
    SIZES,
)
CONTROL = st.builds(frame, st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=10))
IN_PIECES = st.lists(SIZES, min_size=1, max_size=4).map(
    lambda sizes: (
        frame(Opcode.TEXT, b"a" * 200, fin=False)
        + b"".join(frame(Opcode.CONT, b"b" * size, fin=False) for size in sizes[:-1])
        + frame(Opcode.CONT, b"c" * sizes[-1])
    )
)
ODD = st.sampled_from(
    [
        b"\x81\x05hello",  # not masked
        frame(Opcode.CONT, b"of nothing"),
        frame(Opcode.TEXT, b"a" * 200, fin=False) + frame(Opcode.TEXT, b"b" * 200),
        b"\xc1" + frame(Opcode.TEXT, b"a" * 200)[1:],  # compressed
        b"\x83" + frame(Opcode.TEXT, b"a" * 200)[1:],  # of no known kind
        b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4),
        b"\x81\xfe\x00\x05" + bytes(4) + b"short",  # longer a head than it needs
        frame(Opcode.PING, b"x" * 126),
        frame(Opcode.CLOSE, b"\x03\xe8"),
        frame(Opcode.CLOSE, b"\x03"),
    ]
)


@given(st.lists(WHOLE | CONTROL | IN_PIECES | ODD, max_size=8).map(b"".join), st.lists(st.integers(1, 700)))
@example(frame(Opcode.TEXT, b"x" * 200) * 3, [1] * 100)
def test_however_frames_are_cut_the_messages_are_those_of_the_library(raw: bytes, cuts: list[int]) -> None:
    pieces, begin = [], 0
    for cut in [*cuts, len(raw)]:
        pieces.append(raw[begin : begin + cut])
        begin += cut
    assert by_us([piece for piece in pieces if piece]) == by_the_library(raw)


def test_where_a_frame_ends() -> None:
    for size in (0, 5, 125, 126, 200, 1999):
        whole = frame(Opcode.TEXT, bytes(size))
        assert frame_end(whole + b"next", 0, MOST) == len(whole)
        for have in range(len(whole)):
            assert frame_end(whole[:have], 0, MOST) > have, "more has to come"
    refused = b"\x81\x05hello"
    assert frame_end(refused, 0, MOST) == len(refused)


def test_what_we_say_has_the_librarys_heads() -> None:
    for size in (0, 125, 126, 65_535, 65_536):
        for first, opcode in ((TEXT, Opcode.TEXT), (BINARY, Opcode.BINARY)):
            content = bytes(size)
            assert head_of(first, size) + content == Frame(opcode, content).serialize(mask=False)

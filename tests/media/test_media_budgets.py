"""What one socket may cost: every frame is paid for, and no socket gets more than its turn."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.frames import Opcode

from engine.media.budgets import Allowance, Budget
from engine.media.limits import SocketLimits
from engine.media.listener import Listener
from engine.media.refusals import Refusals
from engine.media.server import ServerLimits
from engine.media.socket import SLICE_BYTES, MediaSocket, SocketClosed
from tests.media.media_world import PATIENCE_S, World, media_world
from tests.waiting import until

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

    async def at(self, port: int) -> Stranger:
        stranger = Stranger(*await asyncio.open_connection("127.0.0.1", port))
        self._came.append(stranger)
        return stranger

    async def leaves(self) -> None:
        for stranger in self._came:
            stranger.writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await stranger.writer.wait_closed()


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    crowd = Crowd()
    yield crowd
    await crowd.leaves()


def close_code(said: bytes) -> int:
    """Of the close frame that is the last thing said."""
    at = said.rindex(b"\x88")
    return int.from_bytes(said[at + 2 : at + 4])


@asynccontextmanager
async def sockets(limits: SocketLimits) -> AsyncIterator[tuple[Listener, asyncio.Queue[MediaSocket]]]:
    """A port where everybody is let in, and nobody reads but the test."""
    came: asyncio.Queue[MediaSocket] = asyncio.Queue()

    async def handle(path: str, socket: MediaSocket) -> None:
        came.put_nowait(socket)
        await until(lambda: not socket.is_open)

    listener = Listener(lambda *_: None, handle, limits, Refusals(lambda: 0.0), 256)
    await listener.open("127.0.0.1", 0)
    try:
        yield listener, came
    finally:
        await listener.close()


def test_what_was_spent_comes_back_with_time_and_never_more_than_was_allowed() -> None:
    budget = Budget(Allowance(10, 2), 0.0)
    assert all(budget.spend(1, 0.0) for _ in range(10))
    assert not budget.spend(1, 0.0)
    assert budget.spend(1, 1.0)
    assert not budget.spend(11, 1000.0)


@pytest.mark.parametrize(
    "flood",
    [
        PING,
        frame(Opcode.PING),
        frame(Opcode.PONG, b"unasked"),
        frame(Opcode.TEXT, fin=False) + frame(Opcode.CONT, fin=False) * 30,
        frame(Opcode.TEXT, b'{"event":"connected"}', fin=False) + frame(Opcode.CONT),
        frame(Opcode.TEXT, b'{"event":"connected"}'),
    ],
    ids=["pings", "empty pings", "pongs", "empty pieces", "messages in two pieces", "messages"],
)
async def test_before_the_start_every_frame_counts(crowd: Crowd, flood: bytes) -> None:
    async with media_world() as world:
        caller, _, ear = await world.calls()
        stranger = await crowd.at(world.server.port)
        await stranger.upgrades()
        stranger.sends(flood * 5000)
        said = await stranger.rest()
        assert not said or close_code(said) == 1008
        assert len(said) < 20 * 127 + 200
        await until(lambda: world.server.waiting == 0)
        await caller.presses("5")
        assert await ear.next() == ("key", "5")


@pytest.mark.parametrize("flood", [PING, frame(Opcode.PONG)])
async def test_in_a_call_control_frames_have_a_budget_too(flood: bytes) -> None:
    async with media_world() as world:
        caller, _, ear = await world.calls()
        other, _, other_ear = await world.calls()
        caller.socket.transport.write(flood * 2000)
        assert await ear.next() == ("closed", "malformed")
        await other.presses("2")
        assert await other_ear.next() == ("key", "2")


async def test_a_minute_of_sound_that_comes_at_once_is_taken() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        heard: list[bytes] = []
        line.tap = heard.append
        for _ in range(3000):
            await caller.says(bytes(160))
        await caller.presses("1")
        assert await ear.next() == ("key", "1")
        assert len(heard) == 3000


async def test_more_than_any_call_says_ends_the_line_that_says_it() -> None:
    async with media_world() as world:
        caller, _, ear = await world.calls()
        caller.socket.transport.write(frame(Opcode.TEXT, b'{"event":"news"}') * 8000)
        assert await ear.next() == ("closed", "malformed")


async def test_a_message_in_many_pieces_is_put_together_and_in_very_many_is_refused(crowd: Crowd) -> None:
    async with sockets(SocketLimits(frames_before_trust=Allowance(1000))) as (listener, came):
        stranger = await crowd.at(listener.port)
        await stranger.upgrades()
        socket = await came.get()
        pieces = frame(Opcode.TEXT, b"a", fin=False) + frame(Opcode.CONT, b"b", fin=False) * 20
        stranger.sends(pieces + frame(Opcode.PING) + frame(Opcode.CONT, b"c") + frame(Opcode.BINARY, b"next"))
        assert await socket.receive() == b"a" + b"b" * 20 + b"c"
        assert await socket.receive() == b"next"
        stranger.sends(frame(Opcode.TEXT, fin=False) + frame(Opcode.CONT, fin=False) * 40)
        with pytest.raises(SocketClosed, match="closed with 1008 by us"):
            await socket.receive()


async def test_what_nobody_takes_is_not_read(crowd: Crowd) -> None:
    """A few messages wait; the rest stays with who sends it."""
    limits = SocketLimits(frames_before_trust=Allowance(10**6), bytes_before_trust=Allowance(10**9))
    async with sockets(limits) as (listener, came):
        stranger = await crowd.at(listener.port)
        await stranger.upgrades()
        socket = await came.get()
        messages = [f"{number}".encode().ljust(30_000) for number in range(500)]
        for message in messages:
            stranger.sends(frame(Opcode.BINARY, message))
        first = await socket.receive()
        assert stranger.writer.transport.get_write_buffer_size() > 0
        assert [first, *[await socket.receive() for _ in messages[1:]]] == messages


async def test_a_socket_that_takes_nothing_is_given_up(
    crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    async with sockets(SocketLimits(max_buffered_bytes=1_000_000)) as (listener, came):
        stranger = await crowd.at(listener.port)
        await stranger.upgrades()
        stranger.writer.transport.pause_reading()  # type: ignore[attr-defined]
        socket = await came.get()
        for _ in range(2000):
            socket.send(b"x" * 60_000)
        await until(lambda: not socket.is_open)
    assert "given up: it takes nothing" in caplog.text


async def test_one_sockets_flood_leaves_the_others_their_turns(crowd: Crowd) -> None:
    """Of what lies ready a slice is taken, then the next socket has its turn."""
    limits = SocketLimits(frames_before_trust=Allowance(10**6), bytes_before_trust=Allowance(10**9))
    async with sockets(limits) as (listener, came):
        flooding, quiet = await crowd.at(listener.port), await crowd.at(listener.port)
        await flooding.upgrades()
        await came.get()
        await quiet.upgrades()
        socket = await came.get()
        flooding.sends(frame(Opcode.PING) * 40_000)
        turns = 0
        waiting = asyncio.ensure_future(socket.receive())
        quiet.sends(frame(Opcode.TEXT, b"a key"))
        while not waiting.done():
            turns += 1
            await asyncio.sleep(0)
        assert await waiting == b"a key"
        assert turns * SLICE_BYTES < 40_000 * 6, "it came before the flood was through"
        flooding.writer.transport.abort()


@pytest.mark.real_time
def test_a_flood_is_met_alike_on_the_loop_that_serves_calls() -> None:
    """It reads on while there is something to read, where it is not stopped."""
    uvloop = pytest.importorskip("uvloop")

    async def play() -> None:
        async with media_world() as world:
            caller, _, ear = await world.calls()
            crowd = Crowd()
            stranger = await crowd.at(world.server.port)
            await stranger.upgrades()
            stranger.sends(PING * 20_000)
            await until(lambda: world.server.waiting == 0)
            await caller.presses("5")
            assert await ear.next() == ("key", "5")
            caller.socket.transport.write(frame(Opcode.PONG) * 20_000)
            assert await ear.next() == ("closed", "malformed")
            await crowd.leaves()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play())


async def test_nothing_is_compressed(crowd: Crowd) -> None:
    """A bomb of zeros would have to be."""
    async with media_world() as world:
        stranger = await crowd.at(world.server.port)
        stranger.sends(ASK % (b"/media/twilio", KEY + b"Sec-WebSocket-Extensions: permessage-deflate\r\n"))
        assert b"deflate" not in await stranger.answer()
        squeezed = bytearray(frame(Opcode.TEXT, b"\x4a\x04"))
        squeezed[0] |= 0x40
        stranger.sends(bytes(squeezed))
        assert close_code(await stranger.rest()) == 1002


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /media/twilio HTTP/1.1\r\nHost: x\r\n\r\n", b"426"),
        (b"POST /media/twilio HTTP/1.1\r\nHost: x\r\n\r\n", b""),
        (b"GET /media/twilio HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"m" * 9000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET /media/twilio HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, b"431"),
        (ASK % (b"/media/twilio/" + b"0" * 32, KEY), b"404"),
        (ASK % (b"/media/twilio", KEY + KEY), b"400"),
        (ASK % (b"/media/twilio", KEY) + PING, b""),
        (ASK % (b"/media/twilio", KEY) + frame(Opcode.CLOSE), b""),
        (b"\x16\x03\x01\x02\x00\x01" * 100, b""),
        (b"\0" * 100_000, b""),
        (b"\r\n" * 5000, b""),
    ],
    ids=[
        "another path",
        "no upgrade",
        "a form",
        "a long header",
        "a long path",
        "many headers",
        "a false pass",
        "two keys",
        "no waiting",
        "a goodbye",
        "TLS",
        "zeros",
        "empty lines",
    ],
)
async def test_odd_requests_get_an_answer_or_none_and_a_line_of_log(
    crowd: Crowd, sent: bytes, status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with media_world() as world:
        stranger = await crowd.at(world.server.port)
        stranger.sends(sent)
        said = await stranger.rest()
        assert said.startswith(b"HTTP/1.1 " + status) if status else b"101" not in said
        await until(lambda: "media socket from 127.0.0.1 refused" in caplog.text)
        assert not any(record.exc_info for record in caplog.records)
        assert world.server.waiting == 0


async def test_a_signature_of_odd_letters_is_refused(crowd: Crowd) -> None:
    asked: list[str | None] = []

    def holds(path: str, signature: str | None, peer: str) -> bool:
        asked.append(signature)
        return False

    async with media_world(signature_holds=holds) as world:
        for odd in ("१२३".encode(), b"\xff\xfe", b"x" * 5000, b""):
            stranger = await crowd.at(world.server.port)
            stranger.sends(ASK % (b"/media/twilio", KEY + b"X-Twilio-Signature: " + odd + b"\r\n"))
            assert (await stranger.rest()).startswith(b"HTTP/1.1 403")
    assert all(one is None or one.isascii() for one in asked)


async def test_a_slow_request_is_cut_off(crowd: Crowd, caplog: pytest.LogCaptureFixture) -> None:
    limits = ServerLimits(socket=SocketLimits(handshake_timeout_s=0.5))
    async with media_world(limits) as world:
        stranger = await crowd.at(world.server.port)
        stranger.sends(b"GET /media")
        assert await stranger.rest() == b""
    assert "refused: no request within its time" in caplog.text


async def test_who_stands_longest_in_a_full_doorway_makes_room(crowd: Crowd) -> None:
    async with media_world(ServerLimits(max_in_doorway=10)) as world:
        idle = [await crowd.at(world.server.port) for _ in range(50)]
        caller, _, ear = await world.calls()
        await caller.presses("5")
        assert await ear.next() == ("key", "5")
        over = await asyncio.gather(*(one.rest() for one in idle[:40]))
        assert over == [b""] * 40


async def test_without_descriptors_the_doorway_is_emptied_for_calls(
    crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    """The descriptors of this process are used up by connections that say nothing."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with media_world() as world:
        caller, _, ear = await world.calls()
        used = len(list(Path("/proc/self/fd").iterdir()))
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 41, before[1]))
        try:
            idle = []
            while len(idle) < 40:
                try:
                    idle.append(await crowd.at(world.server.port))
                except OSError:
                    break
            await until(lambda: "no more media sockets can be opened" in caplog.text)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        later, _, later_ear = await world.calls()
        await later.presses("6")
        assert await later_ear.next() == ("key", "6")
        await caller.presses("5")
        assert await ear.next() == ("key", "5")
    assert sum("no more media sockets" in line for line in caplog.messages) == 1


async def test_of_one_address_so_many_wait_and_who_is_expected_waits_beside_them(crowd: Crowd) -> None:
    async with media_world(ServerLimits(max_waiting=20, max_waiting_of_a_peer=5)) as world:
        for _ in range(5):
            held = await crowd.at(world.server.port)
            await held.upgrades()
        stranger = await crowd.at(world.server.port)
        stranger.sends(ASK % (b"/media/twilio", KEY))
        assert (await stranger.rest()).startswith(b"HTTP/1.1 503")
        caller = await world.connects(world.expecting(token := world.token()))
        assert world.server.waiting == 6
        await caller.starts(token)
        await world.next_line()
        assert world.server.waiting == 5


async def test_an_address_lets_in_three_at_once_and_is_good_for_one_stream(crowd: Crowd) -> None:
    async with media_world() as world:
        url = world.expecting(token := world.token())
        path = url.partition(str(world.server.port))[2]
        first = await world.connects(url)
        for _ in range(2):
            await (await crowd.at(world.server.port)).upgrades(path)
        more = await crowd.at(world.server.port)
        more.sends(ASK % (path.encode(), KEY))
        assert (await more.rest()).startswith(b"HTTP/1.1 503")
        await first.starts(token)
        await world.next_line()
        used = await crowd.at(world.server.port)
        used.sends(ASK % (path.encode(), KEY))
        assert (await used.rest()).startswith(b"HTTP/1.1 404")


async def test_a_carrier_that_is_gone_without_a_word_is_missed_soon() -> None:
    async with media_world() as world:
        caller, _, ear = await world.calls()
        caller.socket.transport.pause_reading()
        began = asyncio.get_running_loop().time()
        assert await ear.next() == ("closed", "disconnected")
        assert asyncio.get_running_loop().time() - began <= 12


async def test_a_caller_who_only_listens_is_not_gone() -> None:
    async with media_world() as world:
        caller, line, ear = await world.calls()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await ear.next()
        assert line.is_open
        await caller.presses("5")
        assert await ear.next() == ("key", "5")


OPCODES = st.sampled_from([Opcode.CONT, Opcode.TEXT, Opcode.BINARY, Opcode.PING, Opcode.PONG, Opcode.CLOSE])
CONTENTS = st.binary(max_size=130) | st.sampled_from(
    [
        b'{"event":"connected"}',
        b'{"event":"start","start":{}}',
        b'{"event":"media","media":{"payload":""}}',
        b"[",
    ]
)
RAW = st.lists(
    st.builds(lambda opcode, content, fin: frame(opcode, content, fin=fin), OPCODES, CONTENTS, st.booleans())
    | st.binary(max_size=40),
    max_size=30,
).map(b"".join)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=RAW, cut=st.integers(0, 200), is_started=st.booleans())
def test_whatever_frames_come_there_is_no_traceback_and_an_end(
    caplog: pytest.LogCaptureFixture, raw: bytes, cut: int, is_started: bool
) -> None:
    async def play(world: World) -> None:
        if is_started:
            caller, line, _ = await world.calls()
            transport = caller.socket.transport
            transport.write(raw[:cut])
            await asyncio.sleep(0)
            transport.write(raw[cut:])
            transport.close()
            await until(lambda: not line.is_open)
        else:
            stranger = await crowd.at(world.server.port)
            await stranger.upgrades()
            stranger.sends(raw[:cut])
            await asyncio.sleep(0)
            stranger.sends(raw[cut:])
            stranger.writer.write_eof()
            await stranger.rest()
        await until(lambda: world.server.waiting == 0)

    async def whole() -> None:
        async with media_world() as world:
            await play(world)
            await crowd.leaves()

    crowd = Crowd()

    asyncio.run(whole())
    assert not any(record.exc_info for record in caplog.records)

"""What one socket may cost: every frame is paid for, and no socket gets more than its turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.frames import Opcode

from engine.media.budgets import Allowance, Budget
from engine.media.closed import SocketClosed
from engine.media.doors.proxies import Proxies
from engine.media.doors.rationed_log import RationedLog
from engine.media.limits import SocketLimits
from engine.media.listener import Listener
from engine.media.socket import SLICE_BYTES, MediaSocket
from tests.media.media_strangers import ASK, KEY, PING, Crowd, close_code, frame
from tests.media.media_world import World, media_world
from tests.waiting import until


@asynccontextmanager
async def sockets(limits: SocketLimits) -> AsyncIterator[tuple[Listener, asyncio.Queue[MediaSocket]]]:
    """A port where everybody is let in, and nobody reads but the test."""
    came: asyncio.Queue[MediaSocket] = asyncio.Queue()

    async def handle(path: str, socket: MediaSocket) -> None:
        came.put_nowait(socket)
        await until(lambda: not socket.is_open)

    refusals = RationedLog(logging.getLogger("cordboard.media"))
    listener = Listener(lambda *_: None, handle, limits, refusals, max_in_doorway=256, proxies=Proxies())
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

"""Some carriers close their streams themselves: the line asks for it, answers until then, and closes at last."""

from __future__ import annotations

import asyncio

from engine.carriers.twilio.stream import TwilioStream
from engine.media.messages import Ignored, Message, Replied
from tests.media.media_world import PATIENCE_S, TwilioStreams, media_world

ASKED = {"event": "please close"}


class ClosingStream(TwilioStream):
    """Says what closes it, and answers every key."""

    __slots__ = ()

    def farewell(self) -> bytes:
        return b'{"event":"please close"}'

    def decode(self, message: bytes | str) -> Message:
        if b'"dtmf"' in (message if isinstance(message, bytes) else message.encode()):
            return Replied(b'{"event":"answer"}', Ignored("answered"))
        return super().decode(message)


CARRIERS = [TwilioStreams(stream=ClosingStream)]


async def test_the_carrier_closes_what_it_is_asked_to_and_is_answered_until_then() -> None:
    async with media_world(carriers=CARRIERS) as world:
        caller, line, ear = await world.calls()
        closing = asyncio.create_task(line.close())
        assert await caller.receives() == ASKED
        await caller.presses("5")
        assert await caller.receives() == {"event": "answer"}
        await caller.socket.close(1000, "as asked")
        async with asyncio.timeout(PATIENCE_S):
            await closing
        assert await ear.next() == ("closed", "closed")
        assert ear.is_idle


async def test_who_does_not_close_is_closed() -> None:
    async with media_world(carriers=CARRIERS) as world:
        caller, line, _ = await world.calls()
        closing = asyncio.create_task(line.close())
        assert await caller.receives() == ASKED
        assert await caller.is_closed_with() == 1000
        await closing


async def test_a_refused_stream_is_asked_to_close_as_well() -> None:
    async with media_world(carriers=CARRIERS) as world:
        caller = await world.connects()
        await caller.starts("a token of nobody")
        assert await caller.receives() == ASKED
        assert await caller.is_closed_with() == 1008

"""A stall costs a talk what was said in it, and not its pace for good."""

from __future__ import annotations

import asyncio

import pytest

from engine.media.delay import EVERY_B64, TOO_LATE_S, Delay
from tests.media.media_world import media_world

SECOND = bytes(8000)


def test_a_mark_much_later_than_the_quickest_tells_of_a_full_player() -> None:
    now = 0.0
    delay = Delay(lambda: now)
    assert delay.passed(EVERY_B64 - 1) is None
    first = delay.passed(1)
    assert first is not None
    now = 0.3  # that far away the carrier is
    assert not delay.came_back(first)
    second, third = delay.passed(EVERY_B64), delay.passed(EVERY_B64)
    assert second is not None
    assert third is not None
    now += 0.3 + TOO_LATE_S + 0.01
    assert delay.came_back(third)
    assert not delay.came_back(second), "a later one told of it"
    assert not delay.came_back("welcome.1")
    late = delay.passed(EVERY_B64)
    assert late is not None
    now += 60
    delay.cut()
    assert not delay.came_back(late), "the clear returned it"


async def test_a_player_that_is_behind_in_a_talk_is_emptied_once() -> None:
    async with media_world() as world:
        caller, caller_line, _ = await world.calls()
        buyer, buyer_line, ear = await world.calls(leg="buyer-1")
        caller_line.relay_to(buyer_line)
        await caller.says(SECOND)
        await buyer.returns(await buyer.receives_mark())
        for _ in range(4):
            await caller.says(SECOND)
        marks = [await buyer.receives_mark() for _ in range(4)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await ear.next()
        await buyer.returns(marks[0])
        assert (await buyer.receives())["event"] == "clear"
        for mark in marks[1:]:
            await buyer.returns(mark)
        await caller.says(SECOND)
        assert await buyer.hears(8000) == SECOND

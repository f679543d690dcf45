"""The tests' own time: a standstill of the process makes nobody late."""

from __future__ import annotations

import asyncio
import time

from tests.unhurried import UnhurriedLoop


async def test_every_test_runs_on_it() -> None:
    assert isinstance(asyncio.get_running_loop(), UnhurriedLoop)


async def test_a_standstill_of_the_process_makes_no_timer_due() -> None:
    loop = asyncio.get_running_loop()
    came: list[str] = []
    loop.call_later(0.3, came.append, "timer")
    loop.call_later(0.1, came.append, "step")
    time.sleep(0.5)  # the process gets nothing of the machine
    while "step" not in came:
        await asyncio.sleep(0)
    assert came == ["step"]
    await asyncio.sleep(0.3)
    assert came == ["step", "timer"]


async def test_time_never_steps_back() -> None:
    loop = asyncio.get_running_loop()
    seen = [loop.time()]
    for _ in range(5):
        time.sleep(0.02)
        seen.append(loop.time())
        await asyncio.sleep(0.001)
        seen.append(loop.time())
    assert seen == sorted(seen)

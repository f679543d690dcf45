"""The tests' own time: a standstill of the process makes nobody late."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import sys
import time

import pytest

from tests.unhurried import SkippingLoop, UnhurriedLoop


async def test_every_test_runs_on_it() -> None:
    assert isinstance(asyncio.get_running_loop(), SkippingLoop)


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


async def test_an_hour_in_which_nobody_works_is_over_at_once() -> None:
    loop = asyncio.get_running_loop()
    began, limit = loop.time(), time.monotonic() + 600
    await asyncio.sleep(3600)
    assert loop.time() >= began + 3600
    assert time.monotonic() < limit


async def test_what_is_on_its_way_comes_before_a_timer_in_far_future() -> None:
    """Between tasks over a socket, from a thread, and from another process."""
    loop = asyncio.get_running_loop()
    for _ in range(50):
        await asyncio.wait_for(_over_a_socket(), 10)
        assert await asyncio.wait_for(loop.run_in_executor(None, _worked), 10) == "worked"
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print(sum(range(10**6)))", stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await asyncio.wait_for(other.communicate(), 100)
    assert int(printed) == sum(range(10**6))


async def test_a_process_that_was_stopped_is_not_waited_for() -> None:
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
    other.send_signal(signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(other.wait(), 3600)
    other.kill()
    await other.wait()


def test_without_skipping_a_wait_takes_its_time() -> None:
    began = time.monotonic()
    with asyncio.Runner(loop_factory=UnhurriedLoop) as runner:
        runner.run(asyncio.sleep(0.2))
    assert time.monotonic() - began >= 0.2


async def _over_a_socket() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(4))
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"ping")
        assert await reader.read() == b"ping"
        writer.close()
        await writer.wait_closed()


def _worked() -> str:
    """Work that lets go of the interpreter's lock half-way."""
    hashlib.sha256(bytes(200_000)).hexdigest()
    return "worked"

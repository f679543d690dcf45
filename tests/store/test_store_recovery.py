"""After a crash a call is found, taken over once, and its former owner can add nothing."""

from __future__ import annotations

import asyncio
import sys

import pytest

from engine.core.commands import Record
from engine.core.events import CallInterrupted, KeyPressed
from engine.store import AbandonedCall, CallLost, Caps, Granted, Refused, ReservationRequest, Store
from tests.store.store_world import ENDING, OPENED, Clock, OpenStore, arrived, limited, open_call


async def call_in_progress(store: Store, call: str = "call-1") -> None:
    store.append(call, 0, arrived(call))
    store.append_commands(call, 0, [Record(OPENED)])
    store.append(call, 1, KeyPressed(10, "caller", "1"))
    await store.flush()


async def test_a_call_that_is_looked_after_is_not_abandoned(open_store: OpenStore, clock: Clock) -> None:
    one, two = await open_store("worker-1"), await open_store("worker-2")
    await call_in_progress(one)
    assert await one.abandoned(clock()) == []
    assert await two.abandoned(clock()) == []
    assert not await two.take_over("call-1")


async def test_another_worker_takes_over_when_the_lease_is_over(open_store: OpenStore, clock: Clock) -> None:
    one, two = await open_store("worker-1", lease_ms=20_000), await open_store("worker-2")
    await call_in_progress(one)
    clock.pass_ms(19_999)
    await one.renew(["call-1"], clock() + 20_000)
    clock.pass_ms(19_999)
    assert await two.abandoned(clock()) == []
    clock.pass_ms(1)
    assert await two.abandoned(clock()) == [AbandonedCall("call-1", "sha256:aa", 1)]
    assert await two.take_over("call-1")
    assert await two.abandoned(clock()) == []


async def test_a_restarted_worker_takes_its_calls_at_once(open_store: OpenStore, clock: Clock) -> None:
    await call_in_progress(await open_store("worker-1"))
    restarted = await open_store("worker-1")
    assert [found.call for found in await restarted.abandoned(clock())] == ["call-1"]
    assert await restarted.take_over("call-1")
    assert not await restarted.take_over("call-1")


async def test_of_many_takers_one_succeeds(open_store: OpenStore, clock: Clock) -> None:
    await call_in_progress(await open_store("worker-0"))
    clock.pass_ms(60_000)
    takers = [await open_store(f"worker-{n}") for n in range(1, 5)]
    assert sorted(await asyncio.gather(*(taker.take_over("call-1") for taker in takers))) == [False] * 3 + [
        True
    ]


async def test_the_taker_writes_on_and_the_former_owner_cannot(open_store: OpenStore, clock: Clock) -> None:
    one, two = await open_store("worker-1"), await open_store("worker-2")
    await call_in_progress(one)
    clock.pass_ms(60_000)
    assert await two.take_over("call-1")
    two.append("call-1", 2, CallInterrupted(5000, "its worker died"))
    two.append_commands("call-1", 2, [Record(ENDING)])
    one.append("call-1", 3, KeyPressed(20, "caller", "2"))
    await two.flush("call-1")
    with pytest.raises(CallLost, match="another worker took the call over"):
        await one.flush("call-1")
    with pytest.raises(CallLost):
        one.append("call-1", 4, KeyPressed(30, "caller", "3"))
    assert [type(entry.event).__name__ for entry in await one.journal("call-1")] == [
        "CallArrived",
        "KeyPressed",
        "CallInterrupted",
    ]


async def test_a_call_taken_back_is_written_again(open_store: OpenStore, clock: Clock) -> None:
    one, two = await open_store("worker-1"), await open_store("worker-2")
    await call_in_progress(one)
    clock.pass_ms(60_000)
    assert await two.take_over("call-1")
    one.append("call-1", 2, KeyPressed(20, "caller", "2"))
    with pytest.raises(CallLost):
        await one.flush("call-1")
    clock.pass_ms(60_000)
    assert await one.take_over("call-1")
    one.append("call-1", 2, KeyPressed(20, "caller", "2"))
    await one.flush("call-1")


async def test_an_ended_call_is_never_abandoned(store: Store, clock: Clock) -> None:
    await call_in_progress(store)
    store.append_commands("call-1", 1, [Record(ENDING)])
    await store.flush()
    clock.pass_ms(10**9)
    assert await store.abandoned(clock()) == []
    assert not await store.take_over("call-1")


DIES = """
import asyncio, sys
from engine.core.events import KeyPressed
from engine.store import Caps, ReservationRequest, Store
from tests.store.store_world import START, arrived, limited, open_call

async def main():
    store = await Store.open(sys.argv[1], "worker-1", lambda: START)
    await open_call(store, arrived())
    store.append("call-1", 1, KeyPressed(10, "caller", "1"))
    print(await store.reserve(ReservationRequest(
        "r1", "call-1", "lonestar", 1, START, 30_000,
        scopes=limited("lonestar", Caps(concurrent=1)))), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_what_a_killed_worker_was_told_is_kept_and_its_place_comes_back(
    open_store: OpenStore, clock: Clock, url: str
) -> None:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES, url, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    assert (await worker.stdout.readline()).startswith(b"Granted")
    worker.kill()
    await worker.wait()

    restarted = await open_store("worker-1")
    assert await restarted.abandoned(clock()) == [AbandonedCall("call-1", "", 1)]
    assert await restarted.take_over("call-1")
    assert len(await restarted.journal("call-1")) == 2
    await open_call(restarted, arrived("call-2"))

    def ask() -> ReservationRequest:
        scopes = limited("lonestar", Caps(concurrent=1))
        return ReservationRequest("r1", "call-2", "lonestar", 1, clock(), 30_000, scopes=scopes)

    assert isinstance(await restarted.reserve(ask()), Refused)
    clock.pass_ms(30_000)
    assert isinstance(await restarted.reserve(ask()), Granted)

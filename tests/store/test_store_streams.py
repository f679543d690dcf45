"""A stream of a phone call is taken once, whoever takes it."""

from __future__ import annotations

import asyncio

from engine.store import Store
from tests.store.store_world import START, OpenStore, arrived, open_call

CALL = "CA" + "a" * 32


async def test_many_workers_at_once_take_a_stream_once(open_store: OpenStore) -> None:
    workers = [await open_store(f"worker-{n}") for n in range(4)]
    desks = [worker.carrier_desk for worker in workers]
    for stream in range(3):
        taken = await asyncio.gather(*(desk.take_stream(CALL, stream, START) for desk in desks))
        assert sorted(taken) == [False, False, False, True]
        assert await desks[0].streams_taken(CALL) == stream + 1


async def test_an_earlier_stream_is_not_taken_after_a_later_one(store: Store) -> None:
    desk = store.carrier_desk
    assert await desk.take_stream(CALL, 2, START)
    assert not await desk.take_stream(CALL, 1, START)
    assert await desk.take_stream("CA" + "b" * 32, 1, START)


async def test_the_record_of_an_older_engine_counts_as_taken(store: Store) -> None:
    first = arrived()
    await open_call(store, first)
    taken = first.carrier_call
    assert await store.carrier_desk.streams_taken(taken) == 1
    assert not await store.carrier_desk.take_stream(taken, 0, START)
    assert await store.carrier_desk.take_stream(taken, 1, START)

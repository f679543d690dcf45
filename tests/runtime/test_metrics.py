"""/metrics is open to everybody: however often it is asked for, it is made once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from engine.runtime.metrics import KEPT_MS, Metrics
from engine.store.errors import DatabaseFails
from engine.store.outbox.letters import State


async def test_a_crowd_that_asks_at_once_counts_the_letters_once() -> None:
    metrics, asked = Metrics(), 0

    async def counts() -> Mapping[State, int]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return {"dead": asked}

    pages = await asyncio.gather(*(metrics.page(counts, 5_000) for _ in range(50)))
    assert asked == 1
    assert len(set(pages)) == 1
    assert b'cordboard_outbox_letters{state="dead"} 1.0' in pages[0]
    metrics.started.inc()
    later = await metrics.page(counts, 5_000 + KEPT_MS)
    assert b"cordboard_calls_started_total 1.0" in later
    assert asked == 2


async def test_without_a_database_the_other_metrics_are_there() -> None:
    async def counts() -> Mapping[State, int]:
        raise DatabaseFails("locked", is_passing=True)

    assert b"cordboard_calls_started_total 0.0" in await Metrics().page(counts, 1)

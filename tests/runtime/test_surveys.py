"""How buyers stand, as calls are told it: from the store, kept a little, this worker's own offers noted."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from engine.core.events import Standing
from engine.runtime.clock import Clock
from engine.runtime.surveys import KEPT_MS, Surveys
from engine.store import Store
from engine.store.tables.pauses import PauseStep
from tests.runtime.kept_calls import START, kept_call


class HandClock(Clock):
    """Moved by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.at_ms = START + 3_600_000

    def now_ms(self) -> int:
        return self.at_ms


async def test_a_survey_tells_offers_bills_and_pauses_and_is_asked_anew_after_a_while(tmp_path: Path) -> None:
    clock = HandClock()
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", clock.now_ms) as store:
        await kept_call(store)
        surveys = Surveys(store, clock)
        sold = Standing("lonestar", None, START, offered=1, billed=1)
        assert await surveys.of("roofing") == (sold,)
        await store.pause(
            PauseStep("redriver", "", "pause", "on holiday", made_by="desk", made_at=clock.now_ms())
        )
        assert await surveys.of("roofing") == (sold,)
        surveys.offered("roofing", "sunstate")
        assert Standing("sunstate", None, clock.now_ms()) in await surveys.of("roofing")
        clock.at_ms += KEPT_MS
        assert await surveys.of("roofing") == (sold, Standing("redriver", "on holiday"))


async def test_a_store_that_does_not_answer_leaves_the_last_survey_standing(tmp_path: Path) -> None:
    clock = HandClock()
    async with await Store.open(f"sqlite:///{tmp_path}/c.db", "w", clock.now_ms) as store:
        await kept_call(store)
        surveys = Surveys(store, clock)
        known = await surveys.of("roofing")
        with contextlib.closing(sqlite3.connect(tmp_path / "c.db")) as other:
            other.execute("ALTER TABLE legs RENAME TO lost")
        clock.at_ms += KEPT_MS
        assert await surveys.of("roofing") == known

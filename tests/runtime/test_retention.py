"""A network's retention is kept by the engine itself, by the kind of record, a few calls at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.exchange.retention import Retention
from engine.runtime.clock import Clock
from engine.runtime.retention import A_ROUND, EVERY_MS, RetentionRounds
from engine.store.store import Store
from tests.accounts.forgetting_world import PERSON, START, World, fill, places_of, world

DAY_MS = 86_400_000


class Day(Clock):
    """A clock that stands where it is put."""

    def __init__(self, now_ms: int) -> None:
        super().__init__()
        self.at_ms = now_ms

    def now_ms(self) -> int:
        return self.at_ms


@pytest.fixture
def here(tmp_path: Path) -> World:
    return world(tmp_path)


async def days_later(here: World, store: Store, days: int, retention: Retention, rounds: int = 2) -> None:
    clock = Day(START + days * DAY_MS)
    keeper = RetentionRounds(store, clock, here.holdings, lambda: True)
    for _ in range(rounds):
        await keeper.round(retention)
        clock.at_ms += EVERY_MS


async def test_each_kind_is_erased_when_its_time_is_over_and_not_before(here: World) -> None:
    kept = Retention(
        recordings_ms=30 * DAY_MS, transcripts_ms=60 * DAY_MS, answers_ms=90 * DAY_MS, numbers_ms=120 * DAY_MS
    )
    async with await here.open() as store:
        await fill(here, store, 0)
        await days_later(here, store, 29, kept)
        assert len(list(here.recordings.iterdir())) == 3
        await days_later(here, store, 31, kept)
        assert list(here.recordings.iterdir()) == []
        assert list(places_of(here.folder, [b"Bartholomew"]))
        await days_later(here, store, 61, kept)
        assert list(places_of(here.folder, [b"Bartholomew"])) == []
        assert list(places_of(here.folder, [b"79936"]))
        await days_later(here, store, 91, kept)
        assert list(places_of(here.folder, [b"79936", b"El Paso", b"Zweig"])) == []
        assert len(await store.shredder.calls_of(PERSON)) == 3
        await days_later(here, store, 121, kept)
        assert list(places_of(here.folder, [b"5125550177"])) == []
        assert all(check.holds for check in await store.verify_ledger())


async def test_a_round_takes_a_few_calls_and_the_next_ones_take_the_rest(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 3 * A_ROUND)
        await days_later(here, store, 91, Retention(answers_ms=90 * DAY_MS), rounds=1)
        names = [line.record.call for line in await store.calls(100)]
        views = [await store.call(name) for name in names]
        assert sum(bool(view and view.erasures) for view in views) == A_ROUND
        await days_later(here, store, 91, Retention(answers_ms=90 * DAY_MS), rounds=4)
        views = [await store.call(name) for name in names]
        assert all(view and len(view.erasures) == 1 for view in views)


async def test_letters_and_journals_have_times_of_their_own(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        await days_later(here, store, 10, Retention(journals_ms=9 * DAY_MS))
        assert await store.kept_journal("person_keys") == []
        view = await store.call("person_keys")
        assert view is not None
        assert view.answers
        assert [each.what for each in view.erasures] == ["journal"]

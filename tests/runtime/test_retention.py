"""A network's retention is kept by the engine itself, by the kind of record, a few calls at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.accounts.forgetting import Holdings
from engine.core.records import changed
from engine.exchange.retention import Retention
from engine.runtime.clock import Clock
from engine.runtime.retention import A_ROUND, ALL_AGAIN_AFTER_MS, EVERY_MS, RetentionRounds
from engine.store.outbox.letters import LetterClaim, Sent
from engine.store.store import Store
from engine.store.tables.erasures import What
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
        assert len(await store.shredder.calls_of(PERSON.removeprefix("+"))) == 3
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


async def test_deliveries_that_are_done_are_deleted_and_leave_no_trace(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        waiting = await store.outbox.letters(["waiting"], 1000)
        held = LetterClaim("sender", {"crm": 1000}, START + 2 * DAY_MS, START + 3 * DAY_MS)
        while letters := await store.outbox.turn([], held):
            sent = [Sent(each.entry, "delivered", "200", START + 2 * DAY_MS) for each in letters]
            await store.outbox.turn(sent, LetterClaim("sender", {}, START, START))
        assert (await store.outbox.counts())["delivered"] == len(waiting)
        await days_later(here, store, 11, Retention(letters_ms=10 * DAY_MS))
        assert (await store.outbox.counts())["delivered"] == len(waiting)
        await days_later(here, store, 13, Retention(letters_ms=10 * DAY_MS))
        assert (await store.outbox.counts())["delivered"] == 0
        assert not await store.shredder.has_traces()


async def test_what_was_looked_through_is_looked_through_again_only_after_a_while(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that went on when its time was over is found then."""
    spans: list[tuple[int, int]] = []
    async with await here.open() as store:
        await fill(here, store, A_ROUND)
        ask_due = store.shredder.ask_due

        async def asked(what: What, began: tuple[int, int], most: int) -> Sequence[int]:
            spans.append(began)
            return await ask_due(what, began, most)

        monkeypatch.setattr(store.shredder, "ask_due", asked)
        clock = Day(START + 91 * DAY_MS)
        keeper = RetentionRounds(store, clock, here.holdings, lambda: True)
        for wait_ms in (EVERY_MS, EVERY_MS, EVERY_MS, ALL_AGAIN_AFTER_MS, EVERY_MS):
            await keeper.round(Retention(answers_ms=90 * DAY_MS))
            clock.at_ms += wait_ms
        since = [begun for begun, _ in spans]
        assert since == [0, START, START + 10_000, START + 20_000, 0]


async def test_the_file_is_swept_at_once_for_who_was_forgotten_and_by_the_hour_for_the_rest(
    here: World,
) -> None:
    async with await here.open() as store:
        await fill(here, store, 4)
        clock = Day(START + 1000 * 60_000)
        keeper = RetentionRounds(store, clock, here.holdings, lambda: True)
        await store.shredder.ask(["other-0"], "answers", "retention")
        await keeper.round(Retention())
        assert not await store.shredder.has_traces()
        clock.at_ms += EVERY_MS
        await store.shredder.ask(["other-1"], "answers", "retention")
        await keeper.round(Retention())
        assert await store.shredder.has_traces()
        clock.at_ms += EVERY_MS
        await here.forgotten(store)  # as the API does
        await keeper.round(Retention())
        assert not await store.shredder.has_traces()


async def test_the_file_is_not_swept_while_a_call_of_any_worker_goes_on(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        await here.forgotten(store)
        event, commands = here.played["other_keys"][0]
        store.append("going-on", 0, changed(event, call="going-on"))
        store.append_commands("going-on", 0, commands)
        await store.flush()
        assert not await store.shredder.sweep()
        assert await store.shredder.has_traces()


async def test_each_worker_empties_its_own_cache_of_what_was_spoken(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        emptied = []

        async def empty() -> None:
            emptied.append(True)

        clock = Day(START + 1000 * 60_000)
        keeper = RetentionRounds(
            store, clock, lambda: Holdings(here.recordings, here.key(), empty), lambda: True
        )
        await keeper.round(Retention())
        assert emptied == []
        await here.forgotten(store)  # by another worker
        for _ in range(2):
            clock.at_ms += EVERY_MS
            await keeper.round(Retention())
        assert emptied == [True]


async def test_letters_and_journals_have_times_of_their_own(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        await days_later(here, store, 10, Retention(journals_ms=9 * DAY_MS))
        assert await store.kept_journal("person_keys") == []
        view = await store.call("person_keys")
        assert view is not None
        assert view.answers
        assert [each.what for each in view.erasures] == ["journal"]

"""Erasures are made one by one: none keeps another waiting, and none brings back what another took."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from engine.accounts.forgetting import erase_waiting, forget, trace
from engine.core.sought import Sought
from engine.evidence.collecting import collect
from engine.evidence.dossier import dossier_of
from engine.exchange.retention import Retention
from engine.runtime.retention import RetentionRounds
from engine.store.store import Store
from engine.store.tables.erasures import Erasure, Outcome
from tests.accounts.forgetting_world import PERSON, START, World, fill, finish_recordings, keep, world
from tests.runtime.test_retention import DAY_MS, Day


@pytest.fixture
def here(tmp_path: Path) -> World:
    return world(tmp_path)


async def erased_of(store: Store, call: str) -> list[str]:
    view = await store.call(call)
    assert view is not None
    return [each.what for each in view.erasures]


def breaks_at(store: Store, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on what that call said can't be read."""
    words_of = store.shredder.words_of

    async def broken(name: str) -> frozenset[str]:
        if name == call:
            raise ValueError("a journal that nobody understands")
        return await words_of(name)

    monkeypatch.setattr(store.shredder, "words_of", broken)


async def test_an_erasure_that_fails_keeps_no_other_from_being_made(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await here.open() as store:
        await fill(here, store, 2)
        breaks_at(store, "person_keys", monkeypatch)
        keeper = RetentionRounds(store, Day(START + 2 * DAY_MS), here.holdings, lambda: True)
        await keeper.round(Retention(answers_ms=DAY_MS))
        assert await erased_of(store, "person_keys") == []
        assert await erased_of(store, "person_leaves") == await erased_of(store, "other-0") == ["answers"]
        erased = await forget(store, await trace(store, PERSON), here.holdings(), "the desk")
        assert {each.call for each in erased.failed} == {"person_keys"}
        assert {each.call for each in erased.made} == {"person_speaks", "person_leaves"}
        monkeypatch.undo()
        await erase_waiting(store, here.holdings, 10)
        assert "person" in await erased_of(store, "person_keys")


async def test_evidence_that_cannot_be_made_keeps_nobody_from_being_forgotten(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Erasure:
        raise KeyError("a part of a later version")

    monkeypatch.setattr("engine.accounts.forgetting._hashed", broken)
    async with await here.open() as store:
        await fill(here, store, 0)
        await here.forgotten(store)
        assert (await trace(store, PERSON)).calls == ()


async def test_who_is_forgotten_waits_for_nobody_elses_erasures(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 120)
        await store.shredder.ask([f"other-{number}" for number in range(120)], "numbers", "retention")
        erased = await forget(store, await trace(store, PERSON), here.holdings(), "the desk")
        assert len({each.call for each in erased.made}) == 4
        assert await erased_of(store, "other-0") == []


async def test_an_erasure_that_another_one_overtook_is_made_of_what_is_left(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await here.open() as store, await here.open() as other:
        await fill(here, store, 0)
        await store.shredder.ask(["person_keys"], "numbers", "retention")
        erase, seen_by = store.shredder.erase, list[list[int]]()

        async def overtaken(asked: Erasure, known: Sought, seen: Collection[int]) -> Outcome:
            seen_by.append(list(seen))
            if len(seen_by) == 1:
                await other.shredder.ask(["person_keys"], "answers", "retention")
                await erase_waiting(other, here.holdings, 10, [asked.erasure])
            return await erase(asked, known, seen)

        monkeypatch.setattr(store.shredder, "erase", overtaken)
        erased = await erase_waiting(store, here.holdings, 10)
        assert [each.what for each in erased.made] == ["numbers"]
        assert list(map(len, seen_by)) == [0, 1]
        assert sorted(await erased_of(store, "person_keys")) == ["answers", "numbers"]
        dossier = dossier_of(await collect(store, "person_keys"))
        assert len([name for name in dossier.bodies if name.endswith("/parts")]) == 2


async def test_a_recording_that_is_still_written_is_deleted_once_it_is_whole(here: World) -> None:
    async with await here.open(START + 2 * 60_000) as store:
        await fill(here, store, 0)
        keep(here, store, "person_keys", "latest", PERSON, {})
        await store.flush()
        part = here.recordings / "latest.wav.part"
        part.write_bytes(b"what was said")
        await here.forgotten(store)
        assert await erased_of(store, "latest") == []
        await finish_recordings(here, store, "latest", PERSON)
        await erase_waiting(store, here.holdings, 10)
        assert await erased_of(store, "latest") == ["person"]
        assert list(here.recordings.iterdir()) == []
    async with await here.open(START + 2 * DAY_MS) as store:
        keep(here, store, "person_keys", "left", PERSON, {})
        await store.flush()
        await here.forgotten(store)
        assert await erased_of(store, "left") == ["person"]  # who wrote its recording died long ago


async def test_a_file_that_cannot_be_deleted_keeps_no_other(here: World) -> None:
    async with await here.open() as store:
        await fill(here, store, 0)
        blocked = here.recordings / "person_keys.wav"
        blocked.unlink()
        blocked.mkdir()
        keeper = RetentionRounds(store, Day(START + 40 * DAY_MS), here.holdings, lambda: True)
        await keeper.round(Retention(recordings_ms=30 * DAY_MS, answers_ms=30 * DAY_MS))
        assert list(here.recordings.iterdir()) == [blocked]
        assert await erased_of(store, "person_leaves") == ["answers"]

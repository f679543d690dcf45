"""Stores on real files, closed at the test's end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.store import Store
from tests.store.store_world import Clock, OpenStore


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'cordboard.db'}"


@pytest.fixture
async def open_store(url: str, clock: Clock) -> AsyncIterator[OpenStore]:
    """Opens stores on the test's file; all are closed at its end."""
    opened: list[Store] = []

    async def open_one(worker: str = "worker-1", **options: object) -> Store:
        store = await Store.open(url, worker, clock, **options)  # type: ignore[arg-type]
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()

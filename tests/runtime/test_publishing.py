"""Reading a network is nobody's wait: it happens beside the calls, and once for all who ask."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path

import pytest

from engine.accounts.revisions import RevisionLost, kept_revision
from engine.language import revisions
from engine.language.kept.reading import read_kept
from engine.language.revisions import publish, read_network_dir
from engine.store import Store

ROOFING = Path(__file__).resolve().parents[2] / "examples" / "flows" / "roofing"


async def test_a_kept_revision_is_read_in_another_thread_and_once(tmp_path: Path, monkeypatch) -> None:
    files = {**read_network_dir(ROOFING), "lists/only_here.txt": "78701"}
    name = revisions.revision_id(files)
    readers: list[int] = []

    def watched(read: dict[str, str]) -> object:
        readers.append(threading.get_ident())
        return read_kept(read)

    monkeypatch.setattr("engine.accounts.revisions.read_kept", watched)
    async with await Store.open(f"sqlite:///{tmp_path}/calls.db", "w1", lambda: 1) as store:
        await store.keep_revision(name, files)
        found = await asyncio.gather(*(kept_revision(store, name) for _ in range(3)))
        assert [revision.id for revision in found] == [name] * 3
        assert len(readers) == 1
        assert readers[0] != threading.get_ident()
        with pytest.raises(RevisionLost, match="its revision sha256:nobody is not in this database"):
            await kept_revision(store, "sha256:nobody")


def test_reading_a_network_leaves_the_collector_as_it_was() -> None:
    files = read_network_dir(ROOFING)
    assert gc.isenabled()
    publish(files)
    assert gc.isenabled()
    gc.disable()
    try:
        publish(files)
        assert not gc.isenabled()
    finally:
        gc.enable()

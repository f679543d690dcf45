"""What tells of calls is its owner's alone, and a password in a URL is told to nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import Store, UnusableUrl
from engine.store.databases.database import open_database
from engine.store.databases.shown_url import shown_url
from engine.store.private_files import keep_private, written_privately
from tests.store.store_world import OpenStore, arrived, open_call


@pytest.fixture(autouse=True)
def careless() -> Iterator[None]:
    """A umask that lets everybody read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_a_database_and_what_sqlite_puts_beside_it_are_the_owners_alone(
    open_store: OpenStore, tmp_path: Path
) -> None:
    store: Store = await open_store()
    await open_call(store, arrived())
    files = sorted(tmp_path.glob("cordboard.db*"))
    assert [path.name for path in files] == ["cordboard.db", "cordboard.db-shm", "cordboard.db-wal"]
    assert {mode(path) for path in files} == {0o600}


async def test_what_an_older_version_left_open_is_closed_to_others(
    open_store: OpenStore, tmp_path: Path
) -> None:
    store: Store = await open_store()
    await open_call(store, arrived())
    files = sorted(tmp_path.glob("cordboard.db*"))
    for path in files:
        path.chmod(0o644)
    await open_store()
    assert len(files) == 3
    assert {mode(path) for path in files} == {0o600}


def test_a_file_of_another_owner_keeps_its_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "theirs.db"
    path.touch(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    keep_private(path, tmp_path / "none.db")
    assert mode(path) == 0o644


def test_a_file_that_is_written_for_somebody_is_his_alone_and_another_keeps_its_mode(tmp_path: Path) -> None:
    made, shared = tmp_path / "made.csv", tmp_path / "shared.csv"
    shared.touch(0o644)
    for path in (made, shared):
        with written_privately(path) as file:
            file.write("call\n")
    assert (mode(made), mode(shared)) == (0o600, 0o644)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:s3/cr:e@t@host:5432/calls", "postgresql://ann:***@host:5432/calls"),
        ("postgresql://host/calls?user=ann&password=s3cret", "postgresql://host/calls?user=ann&password=***"),
        ("mysql://ann:s3cret@host/calls", "mysql://ann:***@host/calls"),
        (
            "https://ann:s3cret@example.com/x?api_key=s3cret&a=1",
            "https://ann:***@example.com/x?api_key=***&a=1",
        ),
        ("sqlite:///cordboard.db", "sqlite:///cordboard.db"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:s3c/ret@host/calls",
        "postgresql://ann:s3cret@127.0.0.1:9/calls",
        "postgresql://127.0.0.1:9/calls?password=s3cret",
        "postgresql://ann:s3cret@127.0.0.1:9",
        "postgresql://ann:pass@word:s3cret@127.0.0.1/calls",
        "postgresql://ann:s3cret@127.0.0.1:99999/calls",
        "postgresql://ann:s3cret@127.0.0.1:9/calls?sslmode=require",
        "postgresql://ann:s3cret@127.0.0.1:9/calls?timeout=soon",
    ],
)
async def test_no_error_of_a_database_tells_its_password(url: str) -> None:
    with pytest.raises(UnusableUrl) as raised:
        await open_database(url, must_exist=False)
    assert "s3c" not in str(raised.value)

"""The migrations lead to the tables that the code works with."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from engine.store import Store, StoreError, StoreMissing, UnusableUrl
from engine.store.databases.database import open_database
from engine.store.errors import FlushFailed
from engine.store.migrations.upgrade import MIGRATIONS, migrate, newest, upgrade
from engine.store.tables.schema import APPEND_ONLY, metadata
from tests.store.store_world import arrived, open_call


def tables_and_indexes(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        ).fetchall()
    connection.close()
    return {
        name: " ".join(sql.replace('"', "").split())
        for name, sql in rows
        if name != "alembic_version" and not name.startswith("sqlite_")
    }


async def test_a_migrated_database_equals_the_metadata(store: Store, tmp_path: Path) -> None:
    migrated = tmp_path / "cordboard.db"
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    made = tmp_path / "made.db"
    engine = create_engine(f"sqlite:///{made}")
    metadata.create_all(engine)
    engine.dispose()
    assert tables_and_indexes(migrated) == tables_and_indexes(made)


def test_a_migration_has_the_number_of_its_file() -> None:
    versions = ScriptDirectory(str(MIGRATIONS))
    assert [newest()] == versions.get_heads()
    for script in versions.walk_revisions():
        assert Path(script.path).name.startswith(f"v{script.revision}_")


async def test_every_append_only_table_has_its_triggers(store: Store, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "cordboard.db") as connection:
        triggers = {
            row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
        }
    connection.close()
    assert triggers == {f"{table}_{change}" for table in APPEND_ONLY for change in ("update", "delete")}


async def test_the_file_is_in_wal_mode(store: Store, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "cordboard.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


OPENS = """
import asyncio, sys
from engine.store import Store
async def main():
    await (await Store.open(sys.argv[1], sys.argv[2], lambda: 0)).close()
asyncio.run(main())
"""


async def test_workers_that_start_at_once_make_one_database(url: str, tmp_path: Path) -> None:
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPENS, url, f"worker-{n}", stderr=asyncio.subprocess.PIPE
        )
        for n in range(4)
    ]
    ends = await asyncio.gather(*(worker.communicate() for worker in workers))
    assert [worker.returncode for worker in workers] == [0] * 4, ends
    assert "ledger" in tables_and_indexes(tmp_path / "cordboard.db")


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(url: str, tmp_path: Path) -> None:
    await (await Store.open(url, "worker-1", lambda: 0)).close()
    with sqlite3.connect(tmp_path / "cordboard.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="newer Cordboard"):
        await Store.open(url, "worker-1", lambda: 0)


@pytest.mark.parametrize(
    "bad", ["postgres://x", "cordboard.db", "sqlite://", "sqlite:///:memory:", "mysql:///x.db"]
)
async def test_a_url_that_names_no_file_is_refused(bad: str) -> None:
    with pytest.raises(UnusableUrl, match="sqlite:///cordboard.db"):
        await Store.open(bad, "worker-1", lambda: 0)


async def test_a_file_that_is_no_database_is_refused(url: str, tmp_path: Path) -> None:
    (tmp_path / "cordboard.db").write_text("calls, many calls, but not in a database\n" * 100)
    with pytest.raises(UnusableUrl, match="isn't an SQLite database"):
        await Store.open(url, "worker-1", lambda: 0)


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableUrl, match="doesn't exist"):
        await Store.open(f"sqlite:///{tmp_path}/nowhere/cordboard.db", "worker-1", lambda: 0)


async def test_a_reader_does_not_make_a_database(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match="cordboard.db"):
        await Store.open(url, "reader", lambda: 0, must_exist=True)
    assert list(tmp_path.iterdir()) == []


async def test_a_damaged_file_is_told_with_what_to_do(store: Store, tmp_path: Path) -> None:
    await open_call(store, arrived())
    await store.close()
    file = tmp_path / "cordboard.db"
    with file.open("r+b") as pages:
        pages.seek(4096)
        pages.write(b"\xff" * (file.stat().st_size - 4096))
    with pytest.raises(StoreError, match=r"cordboard\.db is damaged .* restore the newest backup"):
        await Store.open(f"sqlite:///{file}", "worker-1", lambda: 0)


async def test_a_disk_without_room_is_told_and_forgotten_once_there_is_some(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.close()
    monkeypatch.setattr("engine.store.databases.sqlite._PRAGMAS", ("max_page_count=1",))
    full = await Store.open(f"sqlite:///{tmp_path / 'cordboard.db'}", "worker-1", lambda: 0)
    calls = [arrived(f"call-{number}") for number in range(2000)]
    for one in calls:
        full.append(one.call, 0, one)
    with pytest.raises(FlushFailed, match=r"can't grow .* free some disk space"):
        await full.flush()
    with pytest.raises(FlushFailed, match="rows of 2000 calls could not be written"):
        await full.close()


@pytest.mark.parametrize(
    ("mode", "told"), [(0o555, r"cordboard\.db can't be (written|opened)"), (0o700, "Permission denied")]
)
async def test_a_folder_that_only_its_owner_may_write_is_told(mode: int, told: str) -> None:
    """As another user, for root may write everything; in a folder that no other test run locks."""
    with TemporaryDirectory() as name:
        file = Path(name, "cordboard.db")
        await (await Store.open(f"sqlite:///{file}", "worker-1", lambda: 0)).close()
        opener = OPENS.replace("async def", "import os\nif os.geteuid() == 0: os.setuid(65534)\nasync def")
        file.chmod(0o444)
        Path(name).chmod(mode if os.geteuid() == 0 else 0o555 if mode == 0o555 else 0)
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", opener, f"sqlite:///{file}", "w", stderr=asyncio.subprocess.PIPE
        )
        _, said = await other.communicate()
        Path(name).chmod(0o755)
    last = said.decode().strip().splitlines()[-1]
    assert re.search(told, last), said.decode()
    assert last.startswith("engine.store.errors.")


async def test_an_empty_file_is_given_what_the_migrations_make(tmp_path: Path) -> None:
    made = []
    for name, by in [("given", upgrade), ("migrated", migrate)]:
        database = await open_database(f"sqlite:///{tmp_path / name}.db", False)
        await database.change_tables(by)
        await database.close()
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as file:
            made.append(list(file.iterdump()))
    assert made[0] == made[1]


async def test_tables_that_somebody_else_made_are_refused_and_left_alone(url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "cordboard.db") as file:
        file.execute("CREATE TABLE calls (mine TEXT)")
    with pytest.raises(StoreError, match=r"table calls already exists; nothing was changed; expected tables"):
        await Store.open(url, "worker-1", lambda: 0)
    assert list(tables_and_indexes(tmp_path / "cordboard.db")) == ["calls"]
    file.close()


async def test_a_change_of_tables_that_dies_half_way_leaves_the_older_ones(url: str, tmp_path: Path) -> None:
    def dies(connection: Connection) -> None:
        upgrade(connection)
        raise KeyboardInterrupt

    database = await open_database(url, False)
    with pytest.raises(KeyboardInterrupt):
        await database.change_tables(dies)
    await database.close()
    assert tables_and_indexes(tmp_path / "cordboard.db") == {}
    await (await Store.open(url, "worker-1", lambda: 0)).close()
    assert "ledger" in tables_and_indexes(tmp_path / "cordboard.db")

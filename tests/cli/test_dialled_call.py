"""`cordboard dial` tells of the call that it placed, whatever else the database holds."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner

from engine.cli import main
from engine.core.commands import Record
from engine.store import Store
from tests.store.store_world import CLOSING, OPENED, START, TALKED, arrived

FAR_FUTURE = 4_102_444_800_000  # 2100: newer than any call that is placed now
SOMEBODY, CALLER = "+17135550142", "+15125550123"


def test_a_dialled_call_is_told_though_the_database_has_a_newer_one(tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/calls.db"

    async def keep_a_newer_one() -> None:
        async with await Store.open(db, "worker-1", lambda: START) as store:
            store.append("newer", 0, arrived("newer", SOMEBODY, FAR_FUTURE))
            store.append_commands("newer", 0, [Record(OPENED), Record(TALKED), *CLOSING])
            await store.flush()

    def cordboard(*arguments: str) -> str:
        result = CliRunner().invoke(main, [*arguments, "--db", db, "--json"], catch_exceptions=False)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    asyncio.run(keep_a_newer_one())
    people = ("--keys", "78701", "--keys", "2", "--keys", "1", "--talk", "2s", "--speed", "20")
    told = json.loads(cordboard("dial", "examples/flows/roofing", *people, "--from", CALLER))
    newest, other = json.loads(cordboard("calls"))
    assert (newest["call"], newest["from"]) == ("newer", SOMEBODY)
    assert (told["call"], told["from"]) == (other["call"], CALLER)

"""A call that was decided with the packages of one day replays and verifies with those of another."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from engine.store import Store
from tests.evidence.evidence_world import START, keep_story

HOME_SERVICES = Path("examples/flows/home_services")
STORY = "a_leak_by_day_goes_to_brasswell"

# Packages that say something else: no holiday is where it was, every ZIP lies in Alaska, every zone is UTC.
HOLIDAYS = """
from datetime import date
def country_holidays(country, years, language):
    return {date(years, 11, 23): "another day"}
"""
ZIPCODES = """
def similar_to(begins):
    return [
        {"zip_code": f"{number:05d}", "city": "Nome", "county": "Nome Census Area", "state": "AK",
         "timezone": "America/Nome", "lat": "64.5", "long": "-165.4"}
        for number in range(int(begins) * 1000, int(begins) * 1000 + 1000)
    ]
"""


def other_packages(folder: Path) -> dict[str, str]:
    """The environment of a machine on which these are installed, and a system with other zones."""
    (folder / "holidays.py").write_text(HOLIDAYS, "utf-8")
    (folder / "zipcodes.py").write_text(ZIPCODES, "utf-8")
    zones = folder / "zoneinfo"
    for key in ("America/Chicago", "America/New_York", "America/Los_Angeles", "America/Denver"):
        (zones / key).parent.mkdir(parents=True, exist_ok=True)
        (zones / key).write_bytes(UTC)
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), ".")), "PYTHONTZPATH": str(zones)}


_COUNTS = b"".join(count.to_bytes(4, "big") for count in (0, 0, 0, 0, 1, 4))
UTC = (b"TZif2" + bytes(15) + _COUNTS + bytes(6) + b"UTC\0") * 2 + b"\nUTC0\n"
"""A zone's file (RFC 9636) that says Greenwich's time, whatever its name."""


def cordboard(where: dict[str, str], *command: str, fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *command], env=where, capture_output=True, text=True, check=False
    )
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout


def test_other_packages_change_no_call_that_was_decided(tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/calls.db"

    async def keep() -> None:
        async with await Store.open(db, "w", lambda: START) as store:
            await keep_story(store, STORY, HOME_SERVICES)

    asyncio.run(keep())
    evidence = str(tmp_path / "call.vcon.json")
    (tmp_path / "other").mkdir()
    where = other_packages(tmp_path / "other")
    assert "no call of" not in cordboard(where, "test", str(HOME_SERVICES), "--story", STORY, fails=True)
    assert "1 of 1 calls replay to the same commands" in cordboard(where, "replay", "--all", "--db", db)
    cordboard(where, "evidence", "call-1", "--out", evidence, "--db", db)
    assert "events lead to the same commands" in cordboard(where, "verify", evidence)

"""Writes databases as an engine's `serve` leaves them: calls that are over, and calls that a kill left open.

`python -m tests.corpus.write_calls OUT` after `write_corpus`, from the root of a checkout. The calls come
over real sockets and in real time, two minutes of it. OUT/REVISION/calls gets `closed.db.xz` with bills,
corrections and disputes, `open.db.xz`, which was cut in six moments at once, evidence of the closed calls,
and `expected.json`: what every call came to, the open ones once this very engine had closed them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import engine
from engine.core.flow import Revision
from engine.core.machine import CallMachine
from engine.evidence.signing import signing_key
from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier
from engine.store.seal import Seal
from engine.store.store import Store
from tests.corpus.write_corpus import (
    JOURNAL_KEY,
    evidence_of,
    network_copy,
    outcome_of,
    packed,
    private_key,
    revision_of,
    write_json,
    write_lines,
)

ACCOUNT, TOKEN = "AC" + "1" * 32, "the-account's-secret"
CALLED, FIRST, SECOND = "+15550100", "+15550111", "+15550112"
TEXAS, ELSEWHERE = ["2", "1234", "78701"], ["2", "1234", "60601"]
MOMENTS = {
    "in the questions": "+15125550201",
    "long in the talk": "+15125550202",
    "long in the talk, a key was pressed": "+15125550203",
    "while it rings": "+15125550204",
    "after the talk": "+15125550205",
    "early in the talk": "+15125550206",
}


@dataclass
class Place:
    """The engine that writes, and where it does so."""

    root: Path
    folder: Path
    network: Path

    @property
    def database(self) -> Path:
        return self.folder / "cordboard.db"

    def environment(self, carrier_url: str = "http://127.0.0.1:9") -> dict[str, str]:
        plain = {name: held for name, held in os.environ.items() if not name.startswith("CORDBOARD_")}
        return {
            **plain,
            "PYTHONPATH": str(self.root),
            "CORDBOARD_DB": f"sqlite:///{self.database}",
            "CORDBOARD_HTTP": "127.0.0.1:0",
            "CORDBOARD_MEDIA": "127.0.0.1:0",
            "CORDBOARD_TWILIO_ACCOUNT_SID": ACCOUNT,
            "CORDBOARD_TWILIO_AUTH_TOKEN": TOKEN,
            "CORDBOARD_TWILIO_API_URL": carrier_url,
            "CORDBOARD_CACHE_DIR": str(self.folder / "prompts"),
            "CORDBOARD_SPEECH": "off",
            "CORDBOARD_LEASE_S": "20",
        }

    def command(self, *words: str) -> str:
        """What `cordboard WORDS` prints."""
        return subprocess.run(
            [sys.executable, "-m", "engine.cli", *words],
            cwd=self.root,
            env=self.environment(),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout


async def write(out: Path, scratch: Path) -> None:
    """Write the databases of this checkout's engine below `out`; the engine itself works in `scratch`."""
    root = Path(engine.__file__).parents[1]
    folder = out / revision_of(root) / "calls"
    folder.mkdir(parents=True, exist_ok=True)
    place = Place(root, scratch, network_copy(root, scratch / "network"))
    Path(f"{place.database}.key").write_text(JOURNAL_KEY, "ascii")
    await _closed_calls(place)
    _money(place)
    _pack(place.database, folder / "closed.db.xz")
    closed, ledger = await outcomes(place.database), ledger_of(place.database)
    write_lines(folder / "evidence.jsonl.xz", await _evidence(place))
    await _killed_calls(place)
    _pack(place.database, folder / "open.db.xz")
    await _recovered(place)
    after = await outcomes(place.database)
    moments = {number: moment for moment, number in MOMENTS.items()}
    callers = dict(_rows(place.database, "SELECT call, from_number FROM calls"))
    ((clock_ms,),) = _rows(place.database, "SELECT MAX(lease_until) FROM calls")
    left = {call: outcome for call, outcome in after.items() if call not in closed}
    write_json(
        folder / "expected.json",
        {
            "clock_ms": clock_ms,  # when all leases were over
            "closed": closed,
            "ledger": ledger,
            "open": {
                call: {"moment": moments[callers[call]], "outcome": outcome} for call, outcome in left.items()
            },
            "ledger_after": ledger_of(place.database),
        },
    )


# Calls


async def _closed_calls(place: Place) -> None:
    """Billed by the first buyer and by the second, too short, taken by nobody, given up, called again."""
    async with _carrier() as carrier, _served(place, carrier.api_url) as voice_url:

        async def call(caller: str, keys: list[str], first: BuyerPhone, second: BuyerPhone) -> None:
            carrier.buyer(FIRST, first)
            carrier.buyer(SECOND, second)
            await carrier.call(caller, CALLED, Caller.keys(keys).stays_until_end(), voice_url=voice_url)
            await carrier.settled()

        long, short = _talking(6.0), _talking(1.5)
        await call("+15125550101", TEXAS, long, long)
        await call("+15125550102", TEXAS, BuyerPhone.busy(), long)
        await call("+15125550103", TEXAS, short, long)
        await call("+15125550104", TEXAS, BuyerPhone.busy(), BuyerPhone.busy())
        await call("+15125550105", ELSEWHERE, long, long)
        await call("+15125550105", ELSEWHERE, long, long)  # a duplicate of the one before
        await call("+15125550106", TEXAS, long, long)
        await call("+15125550107", TEXAS, long, long)
        leaving = Caller.keys(["1"]).waits_until_prompt_ends().hangs_up()
        await carrier.call("+15125550108", CALLED, leaving, voice_url=voice_url)
        await carrier.settled()
        await _has_come(place, "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM calls WHERE ended_at IS NULL)")


def _money(place: Place) -> None:
    """A correction, and three disputes: one is right, one is not, nobody decided the third."""
    billed = {
        number: call
        for call, number in _rows(
            place.database, "SELECT call, from_number FROM calls JOIN ledger USING (call)"
        )
    }
    by = ("--by", "the office")
    one, two, three, four = (billed[f"+1512555010{last}"] for last in (1, 2, 6, 7))
    why = ("--why", "the roof was a shed")
    place.command("correct", one, "--buyer", "first", "--amount", "40.00", "--payout", "9.00", *why, *by)
    for call, buyer in ((two, "second"), (three, "first"), (four, "first")):
        says = ("--says", "it was not our kind of call")
        place.command("dispute", "open", call, "--buyer", buyer, "--reason", "other", *says, *by)
    place.command("dispute", "decide", "1", "--accept", *why, *by)
    place.command("dispute", "decide", "2", "--reject", *why, *by)


async def _killed_calls(place: Place) -> None:
    """Bring a caller to each of the moments, then kill the engine."""
    async with _carrier() as carrier, _served(place, carrier.api_url, is_killed=True) as voice_url:
        staying = _talking(None)
        carrier.buyer(FIRST, staying)
        carrier.buyer(SECOND, BuyerPhone.noanswer())

        def begin(moment: str, caller: Caller) -> None:
            carrier.begin_call(MOMENTS[moment], CALLED, caller.stays_until_end(), voice_url=voice_url)

        async def has_come(moment: str, event: str) -> None:
            await _has_come(
                place,
                "SELECT 1 FROM calls JOIN journal USING (call) "
                f"WHERE from_number = '{MOMENTS[moment]}' AND event LIKE '%\"{event}\"%'",
            )

        keyed = Caller.keys(TEXAS)
        begin("after the talk", keyed)
        await has_come("after the talk", "LegBridged")
        begin("long in the talk", keyed)
        begin("long in the talk, a key was pressed", keyed.waits(20).presses("5"))
        for moment in ("long in the talk", "long in the talk, a key was pressed"):
            await has_come(moment, "LegBridged")
        await asyncio.sleep(25)
        begin("while it rings", Caller.keys(ELSEWHERE))
        begin("in the questions", Caller.keys(["2"]))
        begin("early in the talk", keyed)
        await has_come("in the questions", "KeyPressed")
        await has_come("while it rings", "LegRinging")
        await has_come("early in the talk", "LegBridged")
        carrier.buyer_calls[0].end("buyer")
        await has_come("after the talk", "LegEnded")


async def _recovered(place: Place) -> None:
    """Another life of the same engine closes what the kill left."""
    async with _served(place, "http://127.0.0.1:9"):
        await _has_come(place, "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM calls WHERE ended_at IS NULL)")


def _talking(span_s: float | None) -> BuyerPhone:
    return BuyerPhone.answers(after_s=0.5, presses=[(None, "1")], talk_s=span_s)


def _carrier() -> LoopbackCarrier:
    return LoopbackCarrier(ACCOUNT, TOKEN)


@contextlib.asynccontextmanager
async def _served(place: Place, carrier_url: str, is_killed: bool = False) -> AsyncIterator[str]:
    """`cordboard serve` in a process of its own; its voice URL. At the end it is stopped, or killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engine.cli", "serve", str(place.network)),
        cwd=place.root,
        env=place.environment(carrier_url),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        assert line.startswith("ready http="), line
        yield f"http://{line.split()[1].partition('=')[2]}/carriers/twilio/voice"
    finally:
        if is_killed:
            process.kill()
        else:
            process.terminate()
        await process.wait()


async def _has_come(place: Place, query: str) -> None:
    async with asyncio.timeout(120):
        while not _rows(place.database, query):
            await asyncio.sleep(0.02)


# What is kept of them


def _read_again(files: Mapping[str, str]) -> Revision:
    """A kept revision, also where the engine that writes is from before they were read apart from drafts."""
    try:
        from engine.language.kept.reading import read_kept
    except ImportError:
        from engine.language.revisions import publish

        revision = publish(files).revision
        assert revision is not None, "a kept revision is read"
        return revision
    return read_kept(files)


async def outcomes(database: Path) -> dict[str, Any]:
    """Call → what its journal comes to, by the revision that it ran by."""
    found = {}
    async with await _store(database) as store:
        for call, revision_id in _rows(
            database, "SELECT call, revision FROM calls ORDER BY started_at, call"
        ):
            revision = _read_again(await store.revision_files(revision_id) or {})
            machine = CallMachine(revision)
            journal = await store.journal(call)
            found[call] = outcome_of(command for entry in journal for command in machine.receive(entry.event))
    return found


def ledger_of(database: Path) -> list[list[Any]]:
    """What stands of every call: [call, kind, party, amount in micros], corrections added in."""
    query = (
        "SELECT call, kind, party, SUM(amount_micros) FROM ledger "
        "GROUP BY call, kind, party ORDER BY call, kind, party"
    )
    return [list(row) for row in _rows(database, query)]


async def _evidence(place: Place) -> list[Any]:
    key_file = place.folder / "key.pem"
    key_file.write_bytes(private_key())
    key = signing_key(key_file)
    async with await _store(place.database) as store:
        calls = [
            call for (call,) in _rows(place.database, "SELECT call FROM calls ORDER BY started_at, call")
        ]
        return [{"call": call, **one} for call in calls for one in await evidence_of(store, call, key)]


async def _store(database: Path) -> Store:
    seal = Seal(Path(f"{database}.key"), JOURNAL_KEY)
    return await Store.open(f"sqlite:///{database}", "reader", lambda: 0, seal=seal)


def _rows(database: Path, query: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection:
        return connection.execute(query).fetchall()


def _pack(database: Path, packed_file: Path) -> None:
    """The database as it lies there, what waits in its write-ahead log taken in."""
    copy = database.with_suffix(".copy")
    for suffix in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(f"{database}{suffix}", f"{copy}{suffix}")
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    packed_file.write_bytes(packed(copy.read_bytes()))
    copy.unlink()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(write(Path(sys.argv[1]), Path(scratch)))

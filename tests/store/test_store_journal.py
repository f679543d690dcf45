"""Journals are kept whole, in order, committed when flush returns, and by the call's owner alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.core.commands import Play, Record, SetTimer, Sound
from engine.core.events import CallerHungUp, Contact, KeyPressed, PromptPlayed, ReservationRefused, TimerFired
from engine.core.journal import Entry, to_json
from engine.store import (
    CallLost,
    Caps,
    FlushFailed,
    Granted,
    ReservationRequest,
    RowsRefused,
    Store,
)
from tests.store.store_world import (
    CLOSING,
    DECISION,
    ENDING,
    OPENED,
    PAYOUT,
    REVENUE,
    RINGING,
    STEP,
    TALKED,
    ZIP,
    Clock,
    OpenStore,
    arrived,
    bill,
    limited,
    open_call,
)
from tests.waiting import until


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What another connection sees, that is what is committed."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


async def test_a_journal_reads_back_as_it_was_written(store: Store) -> None:
    first = arrived()
    contact = Contact("lonestar", 5, True)
    events = [
        first.__class__(
            **{name: getattr(first, name) for name in first.__slots__} | {"contacts": (contact,)}
        ),
        PromptPlayed(900, "caller", "p1"),
        KeyPressed(1500, "caller", "#"),
        ReservationRefused(
            2000, "r1", "cap_day", {"who": "lonestar", "calls": 40, "window": "day", "most": 40}
        ),
        TimerFired(2500, "t1"),
        CallerHungUp(3000, "stop — “quoted” ümlaut"),
    ]
    commands = [Record(OPENED), Record(STEP), SetTimer("t1", 500)]
    for seq, event in enumerate(events):
        store.append("call-1", seq, event)
        store.append_commands("call-1", seq, commands if seq == 0 else [])
    await store.flush()
    entries = await store.journal("call-1")
    assert [entry.event for entry in entries] == events
    assert entries[0] == Entry(events[0], tuple(to_json(command) for command in commands))
    assert entries[1].commands == ()


async def test_flush_returns_when_another_connection_sees_the_rows(store: Store, tmp_path: Path) -> None:
    store.append("call-1", 0, arrived())
    store.append("call-1", 1, KeyPressed(10, "caller", "1"))
    assert rows(tmp_path / "cordboard.db", "SELECT * FROM journal") == []
    await store.flush()
    assert rows(tmp_path / "cordboard.db", "SELECT seq FROM journal ORDER BY seq") == [(0,), (1,)]


async def test_rows_are_committed_without_being_asked_for(store: Store, tmp_path: Path) -> None:
    store.append("call-1", 0, arrived())
    await until(lambda: rows(tmp_path / "cordboard.db", "SELECT * FROM journal"))


async def test_closing_commits_what_was_appended(open_store: OpenStore, tmp_path: Path) -> None:
    store = await open_store()
    for n in range(1200):
        store.append(f"call-{n}", 0, arrived(f"call-{n}"))
    await store.close()
    assert rows(tmp_path / "cordboard.db", "SELECT count(*) FROM journal") == [(1200,)]


async def test_commands_may_follow_their_event_in_a_later_write(store: Store) -> None:
    store.append("call-1", 0, arrived())
    await store.flush()
    assert (await store.journal("call-1"))[0].commands == ()
    store.append_commands("call-1", 0, [Record(OPENED)])
    await store.flush()
    assert (await store.journal("call-1"))[0].commands == (to_json(Record(OPENED)),)


async def test_commands_handed_in_again_change_nothing(store: Store, tmp_path: Path) -> None:
    store.append("call-1", 0, arrived())
    for _ in range(2):
        store.append_commands(
            "call-1", 0, [Record(OPENED), Record(STEP), Record(ZIP), Record(TALKED), *CLOSING]
        )
        await store.flush()
    store.append_commands("call-1", 0, [Record(OPENED), Record(STEP), Record(RINGING)])
    await store.flush()
    view = await store.call("call-1")
    assert view is not None
    assert (len(view.steps), len(view.answers), len(view.verdicts), len(view.ledger)) == (1, 1, 1, 2)


async def test_a_later_fact_of_a_leg_replaces_the_earlier_and_never_the_other_way(store: Store) -> None:
    store.append("call-1", 0, arrived())
    store.append_commands("call-1", 0, [Record(RINGING)])
    store.append("call-1", 1, KeyPressed(1, "caller", "1"))
    store.append_commands("call-1", 1, [Record(TALKED)])
    await store.flush()
    store.append_commands("call-1", 0, [Record(RINGING)])
    await store.flush()
    view = await store.call("call-1")
    assert view is not None
    assert [leg.outcome for leg in view.legs] == ["completed"]


async def test_an_ended_call_has_its_bill_and_its_reservation_settled_at_once(
    store: Store, open_store: OpenStore, clock: Clock, tmp_path: Path
) -> None:
    await open_call(store, arrived())
    granted = await store.reserve(request("r1", clock))
    assert isinstance(granted, Granted)
    store.append_commands("call-1", 0, [Record(OPENED), Record(DECISION), *CLOSING])
    await store.flush("call-1")
    path = tmp_path / "cordboard.db"
    assert rows(path, "SELECT state FROM reservations") == [("used",)]
    assert rows(path, "SELECT kind, amount_micros FROM ledger") == [
        ("revenue", 45_000_000),
        ("payout", 30_000_000),
    ]
    # The runner carries the commands out as well: the same entries, and nothing new.
    assert await bill(store, "call-1", REVENUE, PAYOUT) == (1, 2)
    assert len(rows(path, "SELECT * FROM ledger")) == 2


def request(reservation: str, clock: Clock) -> ReservationRequest:
    return ReservationRequest(
        *(reservation, "call-1", "lonestar", 45_000_000, clock(), 30_000),
        scopes=limited("lonestar", Caps(concurrent=1)),
    )


async def test_money_waits_for_the_journal(store: Store, clock: Clock, tmp_path: Path) -> None:
    store.append("call-1", 0, arrived())
    await store.reserve(request("r1", clock))
    store.append("call-1", 1, KeyPressed(10, "caller", "1"))
    await bill(store, "call-1", REVENUE)
    assert len(rows(tmp_path / "cordboard.db", "SELECT * FROM journal")) == 2


async def test_a_locked_file_is_told_to_who_flushes_and_loses_nothing(
    open_store: OpenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.databases.sqlite.BUSY_TIMEOUT_MS", 20)  # patience for a test
    store = await open_store()
    await open_call(store, arrived())
    blocker = sqlite3.connect(tmp_path / "cordboard.db", isolation_level=None)
    try:
        blocker.execute("BEGIN IMMEDIATE")
        store.append("call-1", 1, KeyPressed(10, "caller", "1"))
        store.append("call-1", 2, KeyPressed(20, "caller", "2"))
        with pytest.raises(FlushFailed, match="locked"):
            await store.flush()
        with pytest.raises(FlushFailed, match="locked"):
            await store.flush()
        blocker.execute("ROLLBACK")
    finally:
        blocker.close()
    store.append("call-1", 3, KeyPressed(30, "caller", "3"))
    await store.flush()
    keys = [
        entry.event.key
        for entry in (await store.journal("call-1"))[1:]
        if isinstance(entry.event, KeyPressed)
    ]
    assert keys == ["1", "2", "3"]


async def test_rows_that_can_never_be_written_hold_up_no_other_call(store: Store, tmp_path: Path) -> None:
    store.append("good", 0, arrived("good"))
    store.append("bad", 0, arrived("bad"))
    store.append("bad", 0, KeyPressed(10, "caller", "1"))  # its place in the journal is taken
    store.append("unheard-of", 4, KeyPressed(10, "caller", "1"))  # never arrived
    store.append("good", 1, KeyPressed(10, "caller", "1"))
    await store.flush("good")
    assert rows(tmp_path / "cordboard.db", "SELECT call, seq FROM journal") == [("good", 0), ("good", 1)]
    with pytest.raises(RowsRefused, match="bad"):
        await store.flush("bad")
    with pytest.raises(CallLost, match="unheard-of"):
        store.append("unheard-of", 5, KeyPressed(20, "caller", "2"))
    with pytest.raises((CallLost, RowsRefused)):
        await store.flush()
    await store.flush()  # told once; what concerns one call is asked for by its name
    with pytest.raises(RowsRefused):
        await store.flush("bad")


async def test_an_ended_call_keeps_its_first_ending(store: Store) -> None:
    await open_call(store, arrived())
    store.append_commands("call-1", 0, [Record(ENDING)])
    store.append("call-1", 1, CallerHungUp(120_000))
    store.append_commands("call-1", 1, [Record(type(ENDING)(120_000, "caller", "late"))])
    await store.flush()
    view = await store.call("call-1")
    assert view is not None
    assert (view.record.ended_by, view.record.reason) == ("buyer", "completed")


async def test_a_looping_play_keeps_its_form(store: Store) -> None:
    await open_call(store, arrived())
    play = Play("caller", "p1", (Sound("hold"),), loop=True)
    store.append_commands("call-1", 0, [play])
    await store.flush()
    assert (await store.journal("call-1"))[0].commands == (to_json(play),)


async def test_what_cannot_be_written_before_the_end_is_counted_and_told(
    url: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.databases.sqlite.BUSY_TIMEOUT_MS", 20)
    store = await Store.open(url, "worker-1", clock)
    await open_call(store, arrived())
    blocker = sqlite3.connect(tmp_path / "cordboard.db", isolation_level=None)
    try:
        blocker.execute("BEGIN IMMEDIATE")
        store.append("call-1", 1, KeyPressed(10, "caller", "1"))
        store.append("call-1", 2, KeyPressed(20, "caller", "2"))
        with pytest.raises(FlushFailed, match=r"2 rows of 1 calls .* locked.* start again"):
            await store.close()
    finally:
        blocker.close()


async def test_a_store_whose_disk_stands_still_says_that_it_is_behind(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.store.databases.grouped_writes.BEHIND_ROWS", 3)
    monkeypatch.setattr("engine.store.databases.sqlite.BUSY_TIMEOUT_MS", 20)
    await open_call(store, arrived())
    blocker = sqlite3.connect(tmp_path / "cordboard.db", isolation_level=None)
    try:
        blocker.execute("BEGIN IMMEDIATE")
        for seq in range(1, 4):
            assert not store.is_behind
            store.append("call-1", seq, KeyPressed(10 * seq, "caller", "1"))
        assert store.is_behind
        with pytest.raises(FlushFailed, match="locked"):
            await store.flush()
        assert store.is_behind
    finally:
        blocker.close()
    await store.flush()
    assert not store.is_behind

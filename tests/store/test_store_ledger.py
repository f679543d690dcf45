"""The ledger takes each bill once, never changes a row, and shows when somebody else did."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from pathlib import Path

import pytest

from engine.core.commands import Record
from engine.core.records import changed
from engine.store import CallLost, Correction, CorrectionRefused, Store
from engine.store.ledger.causes import kept_cause
from engine.store.ledger.chain import ChainCheck, Link, hash_of, sold_to
from engine.store.ledger.entries import standing_micros
from engine.wording.ledger import chain_sentence
from tests.store.store_world import (
    CLOSING,
    OPENED,
    PAYOUT,
    REVENUE,
    TALKED,
    VERDICT,
    Clock,
    OpenStore,
    arrived,
    bill,
    open_call,
)


def told_of(check: ChainCheck) -> str:
    return chain_sentence(check.code, check.details)


async def finished(store: Store, call: str = "call-1") -> None:
    store.append(call, 0, arrived(call))
    store.append_commands(call, 0, [Record(OPENED), Record(TALKED), *CLOSING])
    await store.flush(call)


def wanted(amount_micros: int, kind: str = "revenue", **changes: str) -> Correction:
    fields = {"call": "call-1", "buyer": "lonestar", "why": "wrong need", "made_by": "desk", **changes}
    return Correction(kind=kind, amount_micros=amount_micros, **fields)  # type: ignore[arg-type]


async def stands(store: Store, kind: str = "revenue") -> int:
    view = await store.call("call-1")
    assert view is not None
    return standing_micros(view.ledger, kind, "lonestar")


async def test_a_bill_handed_in_twice_stands_once(store: Store) -> None:
    await open_call(store, arrived())
    first = await bill(store, "call-1", REVENUE, PAYOUT)
    assert await bill(store, "call-1", REVENUE, PAYOUT) == first == (1, 2)
    assert await bill(store, "call-1", changed(REVENUE, amount_micros=1)) == first


async def test_entry_numbers_go_up_and_are_never_given_twice(store: Store) -> None:
    numbers: list[int] = []
    for n in range(5):
        await open_call(store, arrived(f"call-{n}"))
        numbers += await bill(store, f"call-{n}", REVENUE, PAYOUT)
        await bill(store, f"call-{n}", REVENUE)
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("table", ["ledger", "verdicts"])
@pytest.mark.parametrize("change", ["UPDATE {} SET buyer = 'redriver'", "DELETE FROM {}"])
async def test_money_is_append_only(store: Store, tmp_path: Path, table: str, change: str) -> None:
    await open_call(store, arrived())
    store.append_commands("call-1", 0, [Record(VERDICT)])
    await bill(store, "call-1", REVENUE)
    stranger = sqlite3.connect(tmp_path / "cordboard.db")
    try:
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            stranger.execute(change.format(table))
    finally:
        stranger.close()


async def test_a_second_bill_is_refused_by_the_database_itself(store: Store, tmp_path: Path) -> None:
    await open_call(store, arrived())
    await bill(store, "call-1", REVENUE)
    copy = (
        "INSERT INTO ledger (call, kind, party, buyer, amount_micros, currency, posted_at, corrects, position) "
        "SELECT call, {}, party, buyer, -5000000, currency, posted_at, {}, {} FROM ledger"
    )
    stranger = sqlite3.connect(tmp_path / "cordboard.db", isolation_level=None)
    try:
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            stranger.execute(copy.format("kind", "NULL", "2"))
        with pytest.raises(sqlite3.IntegrityError, match="ck_ledger_corrects"):
            stranger.execute(copy.format("'correction'", "NULL", "2"))
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            stranger.execute(copy.format("'correction'", "entry", "1"))
    finally:
        stranger.close()


async def test_a_bill_needs_a_call(store: Store) -> None:
    with pytest.raises(CallLost):
        await bill(store, "never-opened", REVENUE)


# Corrections


async def test_a_correction_names_what_it_corrects_and_the_amounts_balance(
    store: Store, clock: Clock
) -> None:
    await finished(store)
    clock.pass_ms(1000)
    await store.correct(wanted(40_000_000), wanted(0, "payout"))
    view = await store.call("call-1")
    assert view is not None
    added = [(e.kind, e.party, e.amount_micros, e.corrects, e.why, e.made_by) for e in view.ledger[2:]]
    assert added == [
        ("correction", "lonestar", -5_000_000, 1, "wrong need", "desk"),
        ("correction", "radio-tx", -30_000_000, 2, "wrong need", "desk"),
    ]
    assert (await stands(store), await stands(store, "payout")) == (40_000_000, 0)
    (summary,) = await store.calls(10)
    assert (summary.revenue_micros, summary.payout_micros) == (40_000_000, 0)
    await store.correct(wanted(45_000_000))  # and back again, over the correction
    assert await stands(store) == 45_000_000


async def test_the_same_correction_again_is_refused_and_so_is_the_one_beside_it(store: Store) -> None:
    await finished(store)
    await store.correct(wanted(0))
    with pytest.raises(CorrectionRefused, match=r"is already 0.00"):
        await store.correct(wanted(1_000_000, "payout"), wanted(0))
    assert await stands(store, "payout") == 30_000_000
    with pytest.raises(CorrectionRefused, match=r"less than 0\.00"):
        await store.correct(wanted(-1))


async def test_two_desks_that_correct_at_once_enter_it_once(open_store: OpenStore) -> None:
    one, two = await open_store("worker-1"), await open_store("worker-2")
    await finished(one)
    answers = await asyncio.gather(
        *(store.correct(wanted(0)) for store in (one, two) * 3), return_exceptions=True
    )
    assert sum(isinstance(answer, CorrectionRefused) for answer in answers) == 5
    assert await stands(one) == 0


async def test_a_call_that_was_not_billed_is_billed_late(store: Store) -> None:
    store.append("call-1", 0, arrived())
    store.append_commands("call-1", 0, [Record(OPENED), Record(TALKED), Record(VERDICT)])
    await store.flush()
    await store.correct(wanted(45_000_000), wanted(30_000_000, "payout"))
    view = await store.call("call-1")
    assert view is not None
    entered = [(e.kind, e.party, e.amount_micros, e.corrects) for e in view.ledger]
    assert entered == [
        ("revenue", "lonestar", 45_000_000, None),
        ("payout", "radio-tx", 30_000_000, None),
    ]
    with pytest.raises(CorrectionRefused, match="no leg of that call to redriver has a verdict"):
        await store.correct(wanted(1, buyer="redriver"))


# The chain


async def chained(store: Store) -> None:
    for n in range(3):
        await finished(store, f"call-{n}")
    await store.correct(wanted(0, call="call-1"))


async def test_every_party_has_a_chain_that_holds(store: Store) -> None:
    await chained(store)
    lonestar, radio = await store.verify_ledger()
    assert (lonestar.party, lonestar.entries, lonestar.code) == ("lonestar", 4, "holds")
    assert (radio.party, radio.entries, radio.code) == ("radio-tx", 3, "holds")
    (again,) = await store.verify_ledger("lonestar", lonestar.head)
    assert again == lonestar
    await store.correct(wanted(1, call="call-1"))
    (grown,) = await store.verify_ledger("lonestar", lonestar.head)
    assert (grown.entries, grown.code) == (5, "holds")
    assert grown.head != lonestar.head


TAMPERED = [
    "UPDATE ledger SET amount_micros = amount_micros - 1 WHERE entry = {}",
    "UPDATE ledger SET currency = 'EUR' WHERE entry = {}",
    "UPDATE ledger SET posted_at = posted_at + 1 WHERE entry = {}",
    "UPDATE ledger SET party = party || '-2' WHERE entry = {}",
    "UPDATE ledger SET hash = '' WHERE entry = {}",
    "UPDATE ledger SET why = 'another' WHERE entry = {}",
    "UPDATE ledger SET cause = NULL WHERE entry = {}",
    "UPDATE ledger SET cause = 'nobody' WHERE entry = {}",
    "UPDATE ledger SET cause = replace(cause, 'verdict', 'operator') WHERE entry = {}",
    "DELETE FROM ledger WHERE entry = {}",
]


@pytest.mark.parametrize("change", TAMPERED)
@pytest.mark.parametrize("entry", [3, 4])  # the second link of each party's chain
async def test_a_changed_entry_breaks_the_chain_and_is_named(
    store: Store, tmp_path: Path, change: str, entry: int
) -> None:
    await chained(store)
    stranger = sqlite3.connect(tmp_path / "cordboard.db")
    for trigger in ("ledger_update", "ledger_delete"):
        stranger.execute(f"DROP TRIGGER {trigger}")
    stranger.execute("PRAGMA foreign_keys=OFF")
    stranger.execute(change.format(entry))
    stranger.commit()
    stranger.close()
    broken = [check for check in await store.verify_ledger() if not check.holds]
    assert broken
    party = "lonestar" if entry == 3 else "radio-tx"
    named = next(check for check in broken if check.party == party)
    follower = 5 if entry == 3 else 6
    assert named.broken_entry in (entry, follower)
    assert f"entry {named.broken_entry}" in told_of(named)
    assert named.entries == 1


async def test_entries_that_were_cut_off_are_missed_by_the_head_beside_and_by_who_noted_it(
    store: Store, tmp_path: Path
) -> None:
    await chained(store)
    lonestar, _ = await store.verify_ledger()
    stranger = sqlite3.connect(tmp_path / "cordboard.db")
    stranger.execute("DROP TRIGGER ledger_delete")
    stranger.execute("DELETE FROM ledger WHERE corrects IS NOT NULL")
    stranger.commit()
    stranger.close()
    (missed,) = await store.verify_ledger("lonestar")
    assert told_of(missed) == "lonestar has 3 entries, but 4 were made: entries were deleted"
    (aware,) = await store.verify_ledger("lonestar", lonestar.head)
    assert "no entry of lonestar has the noted hash" in told_of(aware)


def rewrite(path: Path, entry: int) -> None:
    """What a network does that changes an old entry and makes all hashes anew, that of the head too."""
    own = sqlite3.connect(path)
    own.row_factory = sqlite3.Row
    own.execute("DROP TRIGGER IF EXISTS ledger_update")
    own.execute("UPDATE ledger SET amount_micros = 1 WHERE entry = ?", (entry,))
    previous, places = "", {}
    for row in own.execute("SELECT * FROM ledger WHERE party = 'lonestar' ORDER BY position").fetchall():
        places[row["entry"]] = row["position"]
        fields = {
            name: row[name]
            for name in Link.__dataclass_fields__
            if name not in ("corrects", "previous", "cause")
        }
        link = Link(
            **fields, corrects=places.get(row["corrects"]), previous=previous, cause=kept_cause(row["cause"])
        )
        previous = hash_of(link)
        own.execute("UPDATE ledger SET hash = ? WHERE entry = ?", (previous, row["entry"]))
    own.execute("UPDATE ledger_heads SET hash = ? WHERE party = 'lonestar'", (previous,))
    own.commit()
    own.close()


async def test_a_ledger_that_was_rewritten_whole_is_found_out_by_who_noted_a_head(
    store: Store, tmp_path: Path
) -> None:
    await chained(store)
    lonestar, _ = await store.verify_ledger()
    await store.correct(wanted(1, call="call-1"))
    rewrite(tmp_path / "cordboard.db", 3)
    (unaware,) = await store.verify_ledger("lonestar")
    assert unaware.holds
    (aware,) = await store.verify_ledger("lonestar", lonestar.head)
    assert "no entry of lonestar has the noted hash" in told_of(aware)
    (told,) = await store.verify_ledger("lonestar", f"4:{lonestar.head}")
    assert told.broken_entry == 7
    assert f"entry 7, number 4 of lonestar, has hash {told.head}, but {lonestar.head} was noted" in told_of(
        told
    )
    (cut,) = await store.verify_ledger("lonestar", f"9:{lonestar.head}")
    assert told_of(cut) == "lonestar has 5 entries, but 9 were noted: entries were cut off"


async def test_a_publisher_cannot_find_out_by_guessing_who_bought_its_call(
    store: Store, tmp_path: Path
) -> None:
    await finished(store)
    revenue, payout = await store.ledger_links("call-1")
    assert revenue.link.blind != payout.link.blind
    assert len(payout.link.blind) == 32
    assert hash_of(payout.link) == payout.hash
    for guess in ("lonestar", "redriver"):
        assert hash_of(dataclasses.replace(payout.link, buyer=guess, blind="")) != payout.hash
    unnamed = dataclasses.replace(payout.link, buyer="", blind="")
    assert hash_of(unnamed, sold_to("lonestar", payout.link.blind)) == payout.hash


async def test_a_chain_goes_on_from_entries_without_a_blind(store: Store, tmp_path: Path) -> None:
    await finished(store)
    own = sqlite3.connect(tmp_path / "cordboard.db")
    own.execute("DROP TRIGGER ledger_update")
    own.execute("UPDATE ledger SET blind = ''")
    own.commit()
    own.close()
    for link in await store.ledger_links("call-1"):
        assert link.link.blind == ""
    rewrite(tmp_path / "cordboard.db", 99)
    await finished(store, "call-2")
    (lonestar,) = await store.verify_ledger("lonestar")
    assert (lonestar.entries, lonestar.code) == (2, "holds")

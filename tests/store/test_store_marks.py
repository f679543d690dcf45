"""What was deleted or rewritten with the heads beside it is missed by what came later: both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.core.commands import Command, Record
from engine.core.records import changed
from engine.exchange.disputes import Proposal
from engine.store import Correction, Store
from engine.store.databases.transactions import Connection
from engine.store.ledger.disputes import NewDispute, Settlement
from engine.store.ledger.marks import LedgerMark
from engine.wording.ledger import chain_sentence
from tests.store.store_world import CLOSING, ENDING, OPENED, TALKED, VERDICT, arrived, tamper_with

UNBILLED = changed(VERDICT, billable=False, reason="too_short", revenue_micros=0, payout_micros=0)


async def kept(store: Store, call: str, *commands: Command) -> None:
    store.append(call, 0, arrived(call))
    store.append_commands(call, 0, [Record(OPENED), Record(TALKED), *commands])
    await store.flush(call)


async def corrected(store: Store) -> None:
    """A bill of 45.00, of which 40.00 stands."""
    await kept(store, "billed", *CLOSING)
    await store.correct(Correction("billed", "lonestar", "revenue", 40_000_000, "half", "desk"))


async def tamper(store: Store, *statements: str) -> None:
    """As somebody does who owns the database, and makes the heads beside the ledger anew."""

    async def work(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            for change in ("update", "delete"):
                await connection.execute(text(f"DROP TRIGGER ledger_{change}"))
        else:
            await connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER USER"))
        for statement in statements:
            await connection.execute(text(statement))
        whole, heads = LedgerMark(), {}
        rows = await connection.execute(text("SELECT party, position, hash FROM ledger ORDER BY entry"))
        for party, position, own in rows.all():
            whole = whole.and_then(own)
            heads[party] = (position, own)
        heads[""] = (whole.entries, whole.fold)
        await connection.execute(text("DELETE FROM ledger_heads"))
        for party, (entries, own) in heads.items():
            row = {"party": party, "entries": entries, "hash": own}
            await connection.execute(
                text("INSERT INTO ledger_heads (party, entries, hash) VALUES (:party, :entries, :hash)"), row
            )

    await tamper_with(store, work)


DELETED = "DELETE FROM ledger WHERE kind = 'correction'"


@pytest.mark.parametrize("mark", ["verdict", "journal", "decision"])
async def test_a_correction_that_was_deleted_with_its_head_is_missed_by_what_came_later(
    store: Store, mark: str
) -> None:
    await corrected(store)
    if mark == "decision":
        opening = NewDispute("billed", "lonestar", "", "", "no", Proposal("reject", 0, ()), "lonestar")
        await store.open_dispute(opening)
        await store.decide_dispute(1, Settlement("rejected", 0, None, "no grounds", "desk"))
    else:
        judged = [Record(UNBILLED)] if mark == "verdict" else []
        await kept(store, "later", *judged, Record(ENDING))
    assert all(check.holds for check in await store.verify_ledger())
    await tamper(store, DELETED)
    checks = await store.verify_ledger()
    assert [check.party for check in checks if not check.holds] == [""]
    assert checks[-1].code == f"unlike_{mark}"
    named = "billed" if mark == "decision" else "later"
    said = chain_sentence(checks[-1].code, checks[-1].details)
    assert "the first 3 of the ledger's 2 entries aren't those that there were when" in said
    assert f"call {named}" in said


async def test_a_deleted_correction_that_nothing_came_after_is_missed_by_the_count_beside(
    store: Store,
) -> None:
    await corrected(store)
    await tamper(store, DELETED)
    assert all(check.holds for check in await store.verify_ledger())  # the limit that docs/money.md names

    async def recount(connection: Connection) -> None:
        await connection.execute(text("UPDATE ledger_heads SET entries = 3 WHERE party = ''"))

    await tamper_with(store, recount)
    (*_, whole) = await store.verify_ledger()
    assert whole.code == "whole_differs"


@pytest.mark.parametrize(
    "mark", ["", "nothing", f"{'9' * 5_000}:", "²:", "2"], ids=["empty", "word", "long", "square", "bare"]
)
async def test_a_mark_that_spells_none_fits_no_ledger(store: Store, mark: str) -> None:
    await kept(store, "call-1", *CLOSING)

    async def rewritten(connection: Connection) -> None:
        statement = text("UPDATE journal SET ledger_mark = :mark WHERE ledger_mark IS NOT NULL")
        await connection.execute(statement, {"mark": mark})

    await tamper_with(store, rewritten)
    (*_, whole) = await store.verify_ledger()
    assert (whole.code, whole.details["call"]) == ("unlike_journal", "call-1")


async def test_an_entry_of_several_chunks_is_folded_in_its_order(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chunk in ("engine.store.ledger.marks.CHUNK", "engine.store.ledger.entries.CHUNK"):
        monkeypatch.setattr(chunk, 2)
    for n in range(3):
        await kept(store, f"call-{n}", *CLOSING)
    assert [(check.entries, check.code) for check in await store.verify_ledger()] == [(3, "holds")] * 2

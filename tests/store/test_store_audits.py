"""Reports hold the chains that they add up against the ledger, and follow each entry once in a while."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.accounts.reporting import report
from engine.store import Correction, Store
from engine.store.databases.transactions import Connection
from engine.store.errors import ReportRefused
from engine.store.ledger import entries
from engine.store.ledger.audits import BELIEVED_MS
from engine.store.reports.spans import Span
from tests.store.store_world import CLOSING, Clock, tamper_with
from tests.store.test_store_marks import kept, tamper
from tests.store.test_store_reports import CHICAGO

ALL = Span()


async def broken_party(store: Store, span: Span = ALL) -> str | None:
    found = await store.audits.broken(span)
    return None if found is None else found.party


async def test_a_report_refuses_a_broken_chain_unless_told(store: Store) -> None:
    await kept(store, "call-1", *CLOSING)
    await tamper(store, "UPDATE ledger SET amount_micros = 1 WHERE kind = 'payout'")
    with pytest.raises(
        ReportRefused, match=r"the ledger of radio-tx is broken: entry 2 .*even_if_broken=true"
    ):
        await report(store, "campaign", ALL, CHICAGO)
    (row,) = await report(store, "campaign", ALL, CHICAGO, even_if_broken=True)
    assert row.calls == 1


async def test_a_report_follows_the_chains_that_it_adds_up(store: Store) -> None:
    await kept(store, "call-1", *CLOSING)
    await store.correct(Correction("call-1", "lonestar", "revenue", 0, "void", "desk"))
    await tamper(store, "UPDATE ledger SET amount_micros = 1 WHERE kind = 'payout'")
    assert await broken_party(store, Span(buyer="lonestar")) == "radio-tx"
    assert await broken_party(store, Span(publisher="web")) is None
    assert await broken_party(store) == "radio-tx"


async def test_a_chain_that_held_is_followed_on_from_there_for_ten_minutes(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "CHUNK", 1)
    read: list[int] = []
    links = entries._links
    monkeypatch.setattr(entries, "_links", lambda party, after: (read.append(after), links(party, after))[1])
    span = Span(buyer="lonestar", publisher="lonestar")  # its chain alone
    for n in range(3):
        await kept(store, f"call-{n}", *CLOSING)
    assert await broken_party(store, span) is None
    assert read == [0, 1, 2, 3]
    read.clear()
    assert await broken_party(store, span) is None
    assert read == []
    await kept(store, "call-3", *CLOSING)
    assert await broken_party(store, span) is None
    assert read == [3, 4]
    await tamper(store, "UPDATE ledger SET amount_micros = 1 WHERE entry = 1")
    assert await broken_party(store, span) is None  # believed, for a while
    clock.pass_ms(BELIEVED_MS)
    assert await broken_party(store, span) == "lonestar"
    assert await broken_party(store, span) == "lonestar"  # what doesn't hold is looked at every time


async def test_a_deleted_end_is_found_though_its_chain_held_before(store: Store) -> None:
    await kept(store, "call-1", *CLOSING)
    await store.correct(Correction("call-1", "lonestar", "revenue", 0, "void", "desk"))
    assert await broken_party(store) is None
    await tamper(store, "DELETE FROM ledger WHERE corrects IS NOT NULL")
    assert await broken_party(store) == "lonestar"


async def test_marks_that_do_not_fit_are_told_of_the_whole_ledger(store: Store) -> None:
    await kept(store, "call-1", *CLOSING)

    async def rewritten(connection: Connection) -> None:
        await connection.execute(
            text("UPDATE journal SET ledger_mark = '2:00' WHERE ledger_mark IS NOT NULL")
        )

    await tamper_with(store, rewritten)
    with pytest.raises(ReportRefused, match=r"^the ledger is broken: the first 2 .* when call call-1 ended"):
        await report(store, "day", ALL, CHICAGO)

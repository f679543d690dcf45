"""Whatever is billed, corrected and disputed, every report's sums are those of the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.core.commands import Command, Post, Record
from engine.core.facts import LedgerEntry
from engine.core.records import changed
from engine.exchange.disputes import Proposal
from engine.store import Correction, CorrectionRefused, Store
from engine.store.errors import DisputeRefused
from engine.store.ledger.disputes import NewDispute, Settlement
from engine.store.reports.counts import By, CountReport, Turnover
from engine.store.reports.spans import Span
from tests.properties.random_networks import hunting
from tests.store.store_world import DECISION, ENDING, OPENED, START, TALKED, VERDICT, Clock, arrived

CHICAGO = ZoneInfo("America/Chicago")
HOUR_MS = 3_600_000
EVERY: tuple[By, ...] = ("campaign", "publisher", "buyer", "reason", "day")
AMOUNTS = st.integers(0, 5).map(lambda units: units * 15_000_000)


@dataclass(frozen=True)
class Sale:
    """One call to one buyer, judged."""

    campaign: str
    publisher: str
    buyer: str
    hour: int
    revenue_micros: int
    payout_micros: int


@dataclass(frozen=True)
class Change:
    """Somebody wants another amount to stand of the call with this number; by a dispute, or at the desk."""

    call: int
    kind: str
    amount_micros: int
    is_dispute: bool


SALES = st.builds(
    Sale,
    st.sampled_from(["roofing", "gutters"]),
    st.sampled_from(["radio-tx", "web"]),
    st.sampled_from(["lonestar", "redriver"]),
    st.integers(0, 60),
    AMOUNTS,
    AMOUNTS,
)
CHANGES = st.builds(Change, st.integers(0, 5), st.sampled_from(["revenue", "payout"]), AMOUNTS, st.booleans())


@hunting(25)
@given(st.lists(SALES, min_size=1, max_size=6), st.lists(CHANGES, max_size=8))
def test_every_report_balances_with_the_ledger(sales: list[Sale], changes: list[Change]) -> None:
    asyncio.run(balanced(sales, changes))


async def balanced(sales: Sequence[Sale], changes: Sequence[Change]) -> None:
    with TemporaryDirectory() as folder:
        async with await Store.open(f"sqlite:///{Path(folder) / 'c.db'}", "worker-1", Clock()) as store:
            for number, sale in enumerate(sales):
                await keep(store, f"call-{number}", sale)
            for change in changes:
                if change.call < len(sales):
                    await apply(store, change, sales[change.call].buyer)
            reports = {by: await store.books.report(by, Span(), CHICAGO) for by in EVERY}
            owed, paid, billed = await standing(store, sales)
    for by, report in reports.items():
        assert sum(amounts(report, "revenue_micros").values()) == sum(owed.values()), by
        assert sum(amounts(report, "payout_micros").values()) == sum(paid.values()), by
        assert sum(row.billed for row in report.rows) == billed, by
        if by != "buyer":
            assert sum(row.calls for row in report.rows) == len(sales), by
    assert amounts(reports["buyer"], "revenue_micros") == {name: owed[name] for name in owed if owed[name]}
    assert amounts(reports["publisher"], "payout_micros") == {name: paid[name] for name in paid if paid[name]}


def amounts(report: CountReport, name: str) -> dict[str, int]:
    found = {row.key: getattr(row.money.get("USD", Turnover()), name) for row in report.rows}
    return {key: micros for key, micros in found.items() if micros}


async def keep(store: Store, call: str, sale: Sale) -> None:
    """The call as its end leaves it: judged, and billed where there is anything to bill."""
    revenue, payout = sale.revenue_micros, sale.payout_micros
    verdict = changed(
        VERDICT, buyer=sale.buyer, billable=revenue > 0, revenue_micros=revenue, payout_micros=payout
    )
    bills = [LedgerEntry("revenue", sale.buyer, sale.buyer, revenue, "USD")] if revenue else []
    bills += [LedgerEntry("payout", sale.publisher, sale.buyer, payout, "USD")] if payout else []
    opened = changed(OPENED, campaign=sale.campaign, publisher=sale.publisher)
    leg = changed(TALKED, buyer=sale.buyer)
    commands: list[Command] = [Record(opened), Record(DECISION), Record(leg), Record(verdict)]
    store.append(call, 0, arrived(call, started_at=START + sale.hour * HOUR_MS))
    store.append_commands(call, 0, [*commands, Post(tuple(bills)), Record(ENDING)])
    await store.flush(call)


async def apply(store: Store, change: Change, buyer: str) -> None:
    call = f"call-{change.call}"
    try:
        if change.is_dispute:
            dispute = await store.open_dispute(
                NewDispute(call, buyer, "", "", "wrong", Proposal("reject", 0, ()), buyer)
            )
            settled = Settlement("partly", change.amount_micros, None, "agreed", "desk")
            await store.decide_dispute(dispute.dispute, settled)
        else:
            kind = "revenue" if change.kind == "revenue" else "payout"
            await store.correct(Correction(call, buyer, kind, change.amount_micros, "agreed", "desk"))
    except (CorrectionRefused, DisputeRefused):
        pass  # it stands so already, or there is nothing to settle


async def standing(store: Store, sales: Sequence[Sale]) -> tuple[dict[str, int], dict[str, int], int]:
    """What buyers owe, what publishers get, and how many calls are billed: added up entry by entry."""
    owed: dict[str, int] = {}
    paid: dict[str, int] = {}
    billed = 0
    for number in range(len(sales)):
        view = await store.call(f"call-{number}")
        assert view is not None
        kinds = {entry.entry: entry.kind for entry in view.ledger}
        of_call = 0
        for entry in view.ledger:
            kind = entry.kind if entry.corrects is None else kinds[entry.corrects]
            sums = owed if kind == "revenue" else paid
            sums[entry.party] = sums.get(entry.party, 0) + entry.amount_micros
            of_call += entry.amount_micros if kind == "revenue" else 0
        billed += of_call > 0
    return owed, paid, billed

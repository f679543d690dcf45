"""Reports count what was kept: hand-computed sums of a few calls, corrections and days included."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from msgspec import UNSET

from engine.accounts.buyer_shown import FiguresShown
from engine.accounts.report_rows import CampaignRow
from engine.accounts.reporting import report
from engine.core.commands import Command, Post, Record
from engine.core.facts import Decision, Ending, LedgerEntry, Step
from engine.core.records import changed
from engine.store import Correction, Store
from engine.store.reports.counts import NOT_JUDGED, Totals, Turnover, offsets
from engine.store.reports.spans import Span
from tests.store.store_world import (
    CLOSING,
    DECISION,
    ENDING,
    OPENED,
    START,
    TALKED,
    VERDICT,
    arrived,
)

CHICAGO = ZoneInfo("America/Chicago")
HOUR_MS = 3_600_000
NOBODY = Decision(0, "find", "roofing", None, (changed(DECISION.candidates[1]),))
SHORT = changed(
    VERDICT,
    billable=False,
    reason="too_short",
    revenue_micros=0,
    payout_micros=0,
    near_miss_by="buyer",
)
SHORT_TALK = changed(TALKED, ended_at=15_050 + 80_000)


async def keep(
    store: Store, call: str, started_at: int, *commands: Command, publisher: str = "radio-tx"
) -> None:
    store.append(call, 0, arrived(call, started_at=started_at))
    opened = Record(changed(OPENED, publisher=publisher))
    store.append_commands(call, 0, [opened, *commands])
    await store.flush(call)


def usd(row: Totals) -> Turnover:
    return row.money["USD"]


@pytest.fixture
async def three(store: Store) -> Store:
    """One billed (95.2 s), one too short by the buyer (80 s), one that found nobody; the last a day later."""
    await keep(store, "billed", START, Record(DECISION), Record(TALKED), *CLOSING[1:])
    await keep(
        store, "short", START + HOUR_MS, Record(DECISION), Record(SHORT_TALK), Record(SHORT), Record(ENDING)
    )
    await keep(store, "nobody", START + 24 * HOUR_MS, Record(NOBODY), Record(ENDING), publisher="web")
    return store


async def test_a_campaign_is_the_sum_of_its_calls(three: Store) -> None:
    (row,) = (await three.books.report("campaign", Span(), CHICAGO)).rows
    assert (row.key, row.calls, row.answered, row.qualified, row.bridged, row.billed) == (
        "roofing", 3, 3, 2, 2, 1,
    )  # fmt: skip
    assert list(row.money) == ["USD"]
    own = usd(row)
    assert (own.revenue_micros, own.payout_micros, own.margin_micros) == (45_000_000, 30_000_000, 15_000_000)
    assert (row.talks, row.talk_ms) == (2, 95_200 + 80_000)
    assert row.reasons == {"billable": 1, "too_short": 1}


async def test_corrections_count_and_a_voided_call_is_not_billed(three: Store) -> None:
    await three.correct(Correction("billed", "lonestar", "revenue", 40_000_000, "agreed", "desk"))
    (row,) = (await three.books.report("campaign", Span(), CHICAGO)).rows
    assert (row.billed, usd(row).revenue_micros, usd(row).margin_micros) == (1, 40_000_000, 10_000_000)
    await three.correct(Correction("billed", "lonestar", "revenue", 0, "void", "desk"))
    (row,) = (await three.books.report("campaign", Span(), CHICAGO)).rows
    assert (row.billed, usd(row).revenue_micros, usd(row).margin_micros) == (0, 0, -30_000_000)


async def test_a_buyer_is_told_its_offers_and_its_buzzers(three: Store) -> None:
    (row,) = (await three.books.report("buyer", Span(), CHICAGO)).rows
    assert (row.key, row.calls, row.offers, row.accepted, row.bridged, row.billed) == (
        "lonestar", 2, 2, 2, 2, 1,
    )  # fmt: skip
    assert (row.near_misses_by_buyer, row.near_misses_by_caller) == (1, 0)
    assert (row.answered, row.qualified) == (2, 2)


async def test_a_buyer_that_could_have_taken_calls_but_got_none_is_told_how_many(three: Store) -> None:
    both = tuple(changed(one, eligible=True) for one in DECISION.candidates)
    await keep(three, "contested", START, Record(changed(DECISION, candidates=both)), Record(ENDING))
    for call in ("second", "third"):  # in other places of the list than in the decision before
        second = changed(DECISION, chosen=None, candidates=(changed(both[0], eligible=False), both[1]))
        await keep(three, call, START, Record(second), Record(ENDING))
    rows = {row.key: row for row in (await three.books.report("buyer", Span(), CHICAGO)).rows}
    assert {name: (row.calls, row.answered, row.qualified) for name, row in rows.items()} == {
        "lonestar": (2, 2, 3),
        "redriver": (0, 0, 3),
    }


async def test_publishers_and_reasons_part_the_same_calls(three: Store) -> None:
    publishers = (await three.books.report("publisher", Span(), CHICAGO)).rows
    assert {row.key: (row.calls, row.qualified) for row in publishers} == {"radio-tx": (2, 2), "web": (1, 0)}
    reasons = (await three.books.report("reason", Span(), CHICAGO)).rows
    assert {row.key: (row.calls, row.billed) for row in reasons} == {
        "billable": (1, 1),
        "too_short": (1, 0),
        NOT_JUDGED: (1, 0),
    }


async def test_a_span_and_a_campaign_narrow_every_count(three: Store) -> None:
    (row,) = (await three.books.report("campaign", Span(START + 1, START + 2 * HOUR_MS), CHICAGO)).rows
    assert (row.calls, row.bridged, row.billed, row.reasons) == (1, 1, 0, {"too_short": 1})
    assert (await three.books.report("campaign", Span(campaign="gutters"), CHICAGO)).rows == ()


async def test_days_are_the_zones_own_across_daylight_saving(store: Store) -> None:
    # 2026-11-01: clocks in Chicago go back at 07:00 UTC; the day has 25 hours, from 05:00 to 06:00 UTC.
    midnight = 1_793_509_200_000  # 2026-11-01T05:00:00Z
    for call, at in (("a", -1), ("b", 0), ("c", 24 * HOUR_MS), ("d", 25 * HOUR_MS - 1), ("e", 25 * HOUR_MS)):
        await keep(store, call, midnight + at)
    rows = (await store.books.report("day", Span(), CHICAGO)).rows
    assert [(row.key, row.calls) for row in rows] == [
        ("2026-10-31", 1),
        ("2026-11-01", 3),
        ("2026-11-02", 1),
    ]


def test_a_zones_offsets_are_found_to_the_millisecond() -> None:
    year_ms = 1_767_225_600_000  # 2026-01-01T00:00:00Z
    found = list(offsets(CHICAGO, year_ms, year_ms + 365 * 24 * HOUR_MS))
    assert [(until_ms, offset_ms // HOUR_MS) for until_ms, offset_ms in found[:2]] == [
        (1_772_956_800_000, -6),  # 2026-03-08T08:00:00Z
        (1_793_516_400_000, -5),  # 2026-11-01T07:00:00Z
    ]
    assert found[2][1] == -6 * HOUR_MS


async def test_amounts_of_two_currencies_are_not_added_up(three: Store) -> None:
    euros = Post((LedgerEntry("revenue", "lonestar", "lonestar", 1_000_000, "EUR"),))
    await keep(three, "euros", START + 24 * HOUR_MS, euros, Record(Ending(5, "caller", "hung up")))
    (row,) = (await three.books.report("campaign", Span(), CHICAGO)).rows
    assert row.billed == 2
    assert row.money == {"EUR": Turnover(1, 1_000_000, 0), "USD": Turnover(1, 45_000_000, 30_000_000)}
    (shown,) = await report(three, "campaign", Span(), CHICAGO)
    assert isinstance(shown, CampaignRow)
    assert (shown.billed, shown.revenue, shown.payout, shown.margin, shown.currency) == (2, *[None] * 4)
    told = [(one.currency, one.billed, one.revenue, one.margin) for one in shown.amounts or ()]
    assert told == [("EUR", 1, "1.00", "1.00"), ("USD", 1, "45.00", "15.00")]
    days = {row.key: list(row.money) for row in (await three.books.report("day", Span(), CHICAGO)).rows}
    assert days == {"2026-11-22": ["USD"], "2026-11-23": ["EUR"]}


async def test_visits_are_counted_by_exit_and_calls_by_their_last_step(store: Store) -> None:
    steps = [
        Record(Step(n, node, exit_)) for n, (node, exit_) in enumerate([("zip", "next"), ("need", "next")])
    ]
    await keep(store, "far", START, *steps, Record(Ending(9, "caller", "hung up")))
    await keep(store, "near", START, steps[0], Record(Ending(9, "caller", "hung up")))
    await keep(store, "none", START, Record(Ending(9, "caller", "hung up")))
    left, last = await store.books.visits(Span())
    assert sorted((one.node, one.exit, one.visits) for one in left) == [
        ("need", "next", 1),
        ("zip", "next", 2),
    ]
    assert sorted((one.node, one.exit, one.calls) for one in last) == [
        ("", "", 1),
        ("need", "next", 1),
        ("zip", "next", 1),
    ]


async def test_a_buyers_revenue_is_told_by_currency_and_what_was_voided_is_not_billed(three: Store) -> None:
    euros = Post((LedgerEntry("revenue", "lonestar", "lonestar", 1_000_000, "EUR"),))
    await keep(three, "euros", START, Record(TALKED), euros, Record(Ending(5, "caller", "hung up")))
    (figures,) = await three.books.buyer_figures(0)
    assert (figures.billed, dict(figures.revenue)) == (2, {"USD": 45_000_000, "EUR": 1_000_000})
    await three.correct(Correction("billed", "lonestar", "revenue", 0, "void", "desk"))
    (figures,) = await three.books.buyer_figures(0)
    assert (figures.billed, dict(figures.revenue)) == (1, {"USD": 0, "EUR": 1_000_000})
    assert list(figures.revenue) == ["USD", "EUR"]  # by their newest bills, not by corrections of them
    shown = FiguresShown.of(figures)
    assert (shown.revenue, shown.currency, shown.revenues) == (None, None, {"USD": "0.00", "EUR": "1.00"})
    only = FiguresShown.of(replace(figures, revenue={"EUR": 1_000_000}))
    assert (only.revenue, only.currency, only.revenues) == ("1.00", "EUR", UNSET)


async def test_a_phone_call_counts_once_in_however_many_records_it_is(three: Store) -> None:
    """Its engine died, the carrier brought the caller back, and a second record went on with it."""
    three.append("again", 0, changed(arrived("again", started_at=START + 60_000), again_of="billed"))
    three.append_commands("again", 0, [Record(OPENED), Record(ENDING)])
    await three.flush("again")
    report = await three.books.report("campaign", Span(), CHICAGO)
    assert [(row.calls, row.answered) for row in report.rows] == [(3, 3)]
    again = await three.call("again")
    assert again is not None
    assert again.record.again_of == "billed"


async def test_what_a_broken_stream_kept_apart_is_no_talk(store: Store) -> None:
    held = changed(TALKED, held_ms=10_000)
    await keep(store, "held", START, Record(DECISION), Record(held), *CLOSING[1:])
    report = await store.books.report("buyer", Span(), CHICAGO)
    assert [(row.talks, row.talk_ms) for row in report.rows] == [(1, 85_200)]


async def test_a_leg_that_failed_for_ours_is_no_offer(three: Store) -> None:
    failed = changed(TALKED, accepted_at=None, bridged_at=None, outcome="failed", is_ours=True)
    await keep(three, "ours", START, Record(failed), Record(Ending(5, "caller", "hung up")))
    (row,) = (await three.books.report("buyer", Span(), CHICAGO)).rows
    assert (row.calls, row.offers, row.accepted) == (2, 2, 2)
    (figures,) = await three.books.buyer_figures(0)
    assert (figures.offered, figures.answered) == (2, 2)
    assert (await three.standings("roofing", 0))["lonestar"].offered == 2


async def go_on(store: Store, call: str, started_at: int, *commands: Command, again_of: str) -> None:
    store.append(call, 0, changed(arrived(call, started_at=started_at), again_of=again_of))
    store.append_commands(call, 0, [Record(OPENED), *commands])
    await store.flush(call)


async def test_a_phone_call_in_three_records_counts_once_everywhere(store: Store) -> None:
    step = Record(Step(0, "zip", "next"))
    cut = Record(Ending(9, "error", "interrupted"))
    await keep(store, "first", START, Record(DECISION), Record(TALKED), step, *CLOSING[1:-1], cut)
    await go_on(store, "second", START + 5, Record(DECISION), step, cut, again_of="first")
    more = (Record(Step(0, "need", "next")), Record(Ending(9, "caller", "hung up")))
    talked = (Record(TALKED), Post((LedgerEntry("revenue", "lonestar", "lonestar", 1, "USD"),)))
    await go_on(store, "third", START + 9, Record(DECISION), *talked, *more, again_of="first")
    for by in ("campaign", "buyer"):
        rows = (await store.books.report(by, Span(), CHICAGO)).rows
        row = next(row for row in rows if row.key in ("roofing", "lonestar"))
        assert (row.calls, row.answered, row.qualified, row.bridged, row.billed) == (1, 1, 1, 1, 1)
        assert (row.offers, row.talks, row.money["USD"].revenue_micros) == (2, 2, 45_000_001)
    (figures,) = await store.books.buyer_figures(0)
    assert (figures.offered, figures.billed) == (2, 1)
    _, last = await store.books.visits(Span())
    assert [(one.node, one.calls) for one in last] == [("need", 1)]
    later = [(await store.call(call)).went_on_in for call in ("first", "second", "third")]  # type: ignore[union-attr]
    assert later == [("second", "third"), ("third",), ()]

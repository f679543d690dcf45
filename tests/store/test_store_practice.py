"""A practice call is kept whole, and nothing that others count or are told of comes of it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from engine.accounts.call_line import CallLine
from engine.accounts.call_shown import CallShown
from engine.accounts.reporting import Asked, report, span_of
from engine.cli.telling import call_line, tell_call
from engine.core.commands import Post, Record
from engine.core.events import CallArrived
from engine.core.facts import CallbackRequest, OptOut
from engine.core.records import changed
from engine.exchange.caps import Caps
from engine.exchange.webhooks import CALL_EVENTS, Webhook
from engine.store import Correction, CorrectionRefused, Granted, Refused, Store
from tests.store.store_world import (
    CALLER_NUMBER,
    CLOSING,
    DECISION,
    OPENED,
    START,
    TALKED,
    VERDICT,
    ZIP,
    Clock,
    arrived,
    open_call,
)
from tests.store.test_store_caps import ask

UTC = ZoneInfo("UTC")
ONE_A_DAY = Caps(day=1)


def practice(call: str = "call-1") -> CallArrived:
    return changed(arrived(call), practice=True)


async def keep(store: Store, first: CallArrived) -> None:
    """A call that was billed, had it counted: a practice call's machine posts nothing."""
    closing = [each for each in CLOSING if not (first.practice and isinstance(each, Post))]
    store.append(first.call, 0, first)
    facts = (OPENED, ZIP, DECISION, TALKED)
    store.append_commands(first.call, 0, [*map(Record, facts), *closing])
    await store.flush()


async def test_a_practice_call_is_kept_and_shown_as_one(store: Store) -> None:
    await keep(store, practice())
    view = await store.call("call-1")
    assert view is not None
    shown = CallShown.of(view)
    assert shown.practice is True
    assert [verdict.billable for verdict in shown.verdicts] == [True]
    assert shown.ledger == ()
    assert any("practice call" in line for line in tell_call(shown))
    (line,) = await store.calls(9, practice=True)
    assert CallLine.of(line).revenue == "0.00"
    assert call_line(CallLine.of(line)).endswith("practice")


async def test_lists_and_reports_leave_it_out_unless_they_are_asked(store: Store) -> None:
    await keep(store, arrived("real"))
    await keep(store, practice("practice"))
    assert [each.record.call for each in await store.calls(9)] == ["real"]
    assert {each.record.call for each in await store.calls(9, practice=None)} == {"real", "practice"}
    for is_asked, revenue in ((False, "45.00"), (True, "0.00")):
        span = span_of(Asked(practice=is_asked), UTC)
        (row,) = await report(store, "campaign", span, UTC)
        assert (row.calls, row.bridged, row.revenue) == (1, 1, revenue)  # type: ignore[union-attr]
        (buyer,) = await report(store, "buyer", span, UTC)
        assert (buyer.offers, buyer.reasons) == (1, {"billable": 1})  # type: ignore[union-attr]
    (figures,) = await store.books.buyer_figures(0)
    assert (figures.offered, figures.billed) == (1, 1)


async def test_it_is_no_earlier_call_of_its_caller(store: Store) -> None:
    await keep(store, practice())
    assert await store.contacts(CALLER_NUMBER, 0) == ()
    assert await store.earlier_calls(CALLER_NUMBER, 0) == ()
    assert await store.standings("roofing", 0) == {}


async def test_it_meets_caps_and_fills_none(store: Store, clock: Clock) -> None:
    await open_call(store, practice("p"))
    for call in ("p", "p"):
        place = await store.reserve(ask(call, clock, ONE_A_DAY, practice=True))
        assert isinstance(place, Granted)
    await store.release("p", "r1", used=True)
    await open_call(store, arrived("real"))
    assert isinstance(await store.reserve(ask("real", clock, ONE_A_DAY)), Granted)
    await open_call(store, practice("late"))
    refused = await store.reserve(ask("late", clock, ONE_A_DAY, practice=True))
    assert isinstance(refused, Refused)
    assert refused.code == "cap_day"


async def test_no_webhook_is_told_of_it(store: Store) -> None:
    await store.outbox.subscribe({"crm": Webhook("https://crm.example.com/calls", CALL_EVENTS)})
    await keep(store, practice())
    assert await store.outbox.letters(["waiting", "delivered", "dead"], 100) == []


async def test_what_its_caller_wants_is_not_meant(store: Store) -> None:
    await open_call(store, practice())
    wishes = (
        Record(OptOut(4_000, "ask_zip", CALLER_NUMBER, "voice")),
        Record(CallbackRequest(5_000, "ask_zip", CALLER_NUMBER, "roofing", "keys", True)),
    )
    store.append_commands("call-1", 0, wishes)
    await store.flush()
    assert not await store.wishes.is_opted_out(CALLER_NUMBER)
    assert await store.wishes.callbacks() == []


async def test_nobody_can_bill_it_afterwards(store: Store) -> None:
    await keep(store, practice())
    late = Correction("call-1", VERDICT.buyer, "revenue", 45_000_000, "it was good", "desk")
    with pytest.raises(CorrectionRefused, match="practice call"):
        await store.correct(late)
    assert await store.verify_ledger() == []


async def test_calls_of_older_journals_are_none(store: Store) -> None:
    await keep(store, arrived())
    view = await store.call("call-1")
    assert view is not None
    assert not view.record.practice
    assert view.record.started_at == START

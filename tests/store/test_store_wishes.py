"""What callers want beyond their call: kept with the journal, once; a forgotten number stays opted out."""

from __future__ import annotations

import pytest

from engine.accounts.forgetting import UnusableNumber
from engine.accounts.opting_out import opt
from engine.core.commands import Record
from engine.core.facts import CallbackRequest, OptOut
from engine.store import Store
from engine.store.tables.opt_outs import OptOutStep
from tests.store.store_world import CALLER_NUMBER, START, Clock, arrived, open_call

OTHER = "+15125550188"


async def told(store: Store, call: str = "c1") -> None:
    """A call in which the caller opts out and wants to be called back."""
    await open_call(store, arrived(call))
    wishes = (
        Record(OptOut(4_000, "ask_zip", CALLER_NUMBER, "voice")),
        Record(CallbackRequest(5_000, "ask_zip", OTHER, "roofing", "keys", False)),
    )
    for _ in range(2):  # handed in again, it stands once
        store.append_commands(call, 0, wishes)
        await store.flush()


async def test_a_callers_wishes_are_kept_once(store: Store) -> None:
    await told(store)
    (step,) = await store.wishes.opted_out()
    assert (step.number, step.call, step.made_by, step.made_at) == (
        CALLER_NUMBER,
        "c1",
        "caller",
        START + 4_000,
    )
    assert await store.wishes.is_opted_out(CALLER_NUMBER)
    assert not await store.wishes.is_opted_out(OTHER)
    assert not await store.wishes.is_opted_out("")
    (asked,) = await store.wishes.callbacks()
    assert (asked.number, asked.campaign, asked.asked_at) == (OTHER, "roofing", START + 5_000)


async def test_a_request_is_done_once(store: Store, clock: Clock) -> None:
    await told(store)
    (asked,) = await store.wishes.callbacks()
    clock.pass_ms(1_000)
    assert await store.wishes.called_back([asked.callback, 99], "the desk") == 1
    assert await store.wishes.called_back([asked.callback], "the desk") == 0
    assert await store.wishes.callbacks() == []
    (done,) = await store.wishes.callbacks(is_open=False)
    assert (done.done_by, done.done_at) == ("the desk", START + 1_000)


async def test_an_operator_takes_numbers_off_and_puts_them_back(store: Store) -> None:
    await told(store)
    back = OptOutStep("(512) 555-0123", "in", None, "the desk", "asked by mail", START)
    assert await opt(store, back)
    assert not await opt(store, back)
    assert not await store.wishes.is_opted_out(CALLER_NUMBER)
    assert await store.wishes.opted_out() == []
    assert await opt(store, OptOutStep(OTHER, "out", None, "the desk", "", START))
    assert await store.wishes.is_opted_out(OTHER)
    with pytest.raises(UnusableNumber, match="expected a telephone number"):
        await opt(store, OptOutStep("nobody", "out", None, "the desk", "", START))


async def test_a_forgotten_number_stays_opted_out_and_stands_nowhere(store: Store) -> None:
    await told(store)
    await store.wishes.forget("15125550123")
    (step,) = await store.wishes.opted_out()
    assert (step.number, step.call) == ("", "c1")
    assert await store.wishes.is_opted_out(CALLER_NUMBER)
    assert not await store.wishes.is_opted_out(OTHER)
    assert await opt(store, OptOutStep(CALLER_NUMBER, "in", None, "the desk", "", START))
    assert not await store.wishes.is_opted_out(CALLER_NUMBER)


async def test_it_is_the_same_on_postgresql(empty_url: str, clock: Clock) -> None:
    async with await Store.open(empty_url, "worker-1", clock) as store:
        await told(store)
        assert await store.wishes.is_opted_out(CALLER_NUMBER)
        (asked,) = await store.wishes.callbacks()
        assert await store.wishes.called_back([asked.callback], "the desk") == 1
        await store.wishes.forget("15125550123")
        assert await store.wishes.is_opted_out(CALLER_NUMBER)

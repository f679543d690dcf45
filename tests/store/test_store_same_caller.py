"""Of any number of calls of one caller at once, one bills and one holds the place."""

from __future__ import annotations

import asyncio

import pytest

from engine.core.commands import BillClaim, Post, Record, Release
from engine.core.events import CallerHungUp, ClaimRefused
from engine.core.facts import LedgerEntry
from engine.core.limits import RefusedDuplicates
from engine.core.records import changed
from engine.store import CallLost, Correction, Granted, Refused, ReservationRequest, Store
from engine.store.tables.same_caller import Seeker
from tests.store.store_world import (
    CALLER_NUMBER,
    CLOSING,
    ENDING,
    OPENED,
    START,
    TALKED,
    VERDICT,
    Clock,
    OpenStore,
    arrived,
)
from tests.store.test_store_caps import ask

DAY_MS = 86_400_000
REVENUE = BillClaim("revenue", "lonestar", 30 * DAY_MS)
PAYOUT = BillClaim("payout", "roofing", 30 * DAY_MS)
BOTH = (REVENUE, PAYOUT)
OTHER = "+15125550199"


async def came(store: Store, call: str, started_at: int = START, caller: str = CALLER_NUMBER) -> str:
    store.append(call, 0, arrived(call, caller, started_at))
    store.append_commands(call, 0, [Record(OPENED)])
    await store.flush(call)
    return call


async def ends(store: Store, call: str, *, billed: bool = True, leg: object = TALKED) -> None:
    store.append(call, 1, CallerHungUp(110_300))
    closing = CLOSING if billed else (Record(ENDING),)
    store.append_commands(call, 1, [Record(leg), *closing])  # type: ignore[arg-type]
    await store.flush(call)


def of_calls(refused: tuple[ClaimRefused, ...]) -> list[tuple[str, str]]:
    return [(each.kind, each.call) for each in refused]


# Who bills


async def test_of_two_calls_at_once_one_may_bill_and_the_other_hears_which(store: Store) -> None:
    await came(store, "first")
    await came(store, "second", START + 5_000)
    assert await store.claim("second", BOTH) == ()
    assert await store.claim("first", BOTH) == (
        ClaimRefused("revenue", "lonestar", "second", START + 5_000),
        ClaimRefused("payout", "roofing", "second", START + 5_000),
    )


async def test_who_claimed_has_it_however_often_it_asks(store: Store) -> None:
    await came(store, "first")
    await came(store, "second")
    assert await store.claim("first", BOTH) == ()
    assert len(await store.claim("second", BOTH)) == 2
    assert await store.claim("first", BOTH) == ()


async def test_many_workers_at_once_let_one_call_bill(open_store: OpenStore) -> None:
    workers = [await open_store(f"worker-{n}") for n in range(4)]
    for n, worker in enumerate(workers):
        await came(worker, f"call-{n}", START + n)
    answers = await asyncio.gather(*(worker.claim(f"call-{n}", BOTH) for n, worker in enumerate(workers)))
    assert sorted(len(refused) for refused in answers) == [0, 2, 2, 2]


async def test_a_claim_whose_call_was_not_billed_is_nobodys(store: Store) -> None:
    await came(store, "first")
    await came(store, "second")
    assert await store.claim("first", BOTH) == ()
    await ends(store, "first", billed=False)
    assert await store.claim("second", BOTH) == ()


async def test_a_bill_counts_until_it_is_taken_back(store: Store) -> None:
    await came(store, "first")
    await came(store, "second")
    assert await store.claim("first", BOTH) == ()
    await ends(store, "first")
    assert of_calls(await store.claim("second", BOTH)) == [("revenue", "first"), ("payout", "first")]
    await store.correct(Correction("first", "lonestar", "revenue", 0, "agreed", "desk"))
    assert of_calls(await store.claim("second", BOTH)) == [("payout", "first")]


@pytest.mark.parametrize(("apart_ms", "is_refused"), [(30 * DAY_MS - 1, True), (30 * DAY_MS, False)])
async def test_a_window_is_as_long_before_a_call_as_after_it(
    store: Store, apart_ms: int, is_refused: bool
) -> None:
    await came(store, "early")
    await came(store, "late", START + apart_ms)
    await came(store, "middle", START - apart_ms)
    assert await store.claim("late", BOTH) == ()
    assert bool(await store.claim("early", BOTH)) is is_refused


async def test_another_caller_another_buyer_and_another_campaign_are_no_duplicates(store: Store) -> None:
    await came(store, "first")
    assert await store.claim("first", BOTH) == ()
    await came(store, "stranger", caller=OTHER)
    assert await store.claim("stranger", BOTH) == ()
    await came(store, "second")
    assert await store.claim("second", (BillClaim("revenue", "redriver", DAY_MS),)) == ()
    assert await store.claim("second", (BillClaim("payout", "plumbing", DAY_MS),)) == ()


async def test_a_worker_whose_call_was_taken_over_claims_nothing(open_store: OpenStore, clock: Clock) -> None:
    old, new = await open_store("worker-1"), await open_store("worker-2")
    await came(old, "first")
    clock.pass_ms(60_000)
    assert await new.take_over("first")
    with pytest.raises(CallLost):
        await old.claim("first", BOTH)
    assert await new.claim("first", BOTH) == ()


# What a call learns of the earlier ones


async def test_a_payout_counts_in_the_campaign_that_its_buyer_was_chosen_for(store: Store) -> None:
    await came(store, "first")
    await ends(store, "first", leg=changed(TALKED, campaign="plumbing"))
    (contact,) = await store.contacts(CALLER_NUMBER, START)
    assert (contact.campaign, contact.paid) == ("plumbing", True)


async def test_a_call_that_only_its_publisher_is_paid_for_is_known_to_the_next(store: Store) -> None:
    await came(store, "first")
    unbridged = changed(TALKED, bridged_at=None, outcome="failed")
    unbilled = changed(VERDICT, billable=False, revenue_micros=0)
    paid = LedgerEntry("payout", "radio-tx", "lonestar", 30_000_000, "USD")
    store.append(call := "first", 1, CallerHungUp(110_300))
    store.append_commands(call, 1, [Record(unbridged), Record(unbilled), Post((paid,)), Record(ENDING)])
    await store.flush(call)
    (contact,) = await store.contacts(CALLER_NUMBER, START)
    assert (contact.connected, contact.billed, contact.paid) == (False, False, True)


# Who holds a place


def once(call: str, clock: Clock, buyer: str = "lonestar", **terms: object) -> ReservationRequest:
    refuses = RefusedDuplicates(30 * DAY_MS, **terms)  # type: ignore[arg-type]
    return ask(call, clock, buyer=buyer, seeker=Seeker(call, CALLER_NUMBER, START, refuses))


async def test_a_buyer_that_refuses_duplicates_has_one_call_of_a_caller_at_once(
    store: Store, clock: Clock
) -> None:
    await came(store, "first")
    await came(store, "second")
    assert isinstance(await store.reserve(once("first", clock)), Granted)
    refused = await store.reserve(once("second", clock))
    assert refused == Refused("duplicate", {"had_by": "lonestar", "in_call": "first"})
    assert isinstance(await store.reserve(once("second", clock, "redriver")), Granted)


async def test_many_workers_at_once_give_a_caller_one_place(open_store: OpenStore, clock: Clock) -> None:
    workers = [await open_store(f"worker-{n}") for n in range(4)]
    for n, worker in enumerate(workers):
        await came(worker, f"call-{n}")
    buyers = ("lonestar", "lonestar", "redriver", "redriver")
    requests = [once(f"call-{n}", clock, buyers[n], per="campaign") for n in range(4)]
    answers = await asyncio.gather(
        *(worker.reserve(request) for worker, request in zip(workers, requests, strict=True))
    )
    assert sum(isinstance(answer, Granted) for answer in answers) == 1


@pytest.mark.parametrize("after", ["connected", "billed"])
@pytest.mark.parametrize("became", ["nothing", "rejected", "connected", "billed"])
async def test_a_place_counts_for_what_it_became(store: Store, clock: Clock, after: str, became: str) -> None:
    await came(store, "first")
    await came(store, "second")
    await store.reserve(once("first", clock))
    leg, verdict = TALKED, changed(VERDICT, billable=became == "billed")
    if became in ("nothing", "rejected"):
        leg = changed(TALKED, accepted_at=None, bridged_at=None, outcome="rejected")
        leg = leg if became == "rejected" else changed(leg, answered_at=None, outcome="busy")
    store.append("first", 1, CallerHungUp(110_300))
    judged = [] if became == "nothing" else [Record(verdict)]
    over = [Record(leg), Release("r1", leg.bridged_at is not None)]
    store.append_commands("first", 1, [*over, *judged, Record(ENDING)])
    answer = await store.reserve(once("second", clock, after=after))
    is_had = became == "billed" or (became == "connected" and after == "connected")
    assert isinstance(answer, Refused) is is_had


async def test_a_leg_that_was_rejected_connects_nobody_but_may_be_billed_yet(
    store: Store, clock: Clock
) -> None:
    await came(store, "first")
    await came(store, "second")
    await store.reserve(once("first", clock))
    rejected = changed(TALKED, accepted_at=None, bridged_at=None, outcome="rejected")
    store.append("first", 1, CallerHungUp(110_300))
    store.append_commands("first", 1, [Record(rejected), Release("r1", used=False)])
    assert isinstance(await store.reserve(once("second", clock, after="billed")), Refused)
    assert isinstance(await store.reserve(once("second", clock)), Granted)

"""What a place became is what it counts for; pauses and the caps of campaigns and publishers hold as well."""

from __future__ import annotations

from typing import cast

import pytest

from engine.core.commands import Record, Release
from engine.core.events import CallerHungUp
from engine.core.limits import ScopedLimits
from engine.core.records import changed
from engine.exchange.caps import Caps, Counts, PaidCaps, Spending
from engine.store import Correction, Granted, PauseStep, Refused, ReservationRequest, Store
from tests.store.store_world import CLOSING, ENDING, OPENED, START, TALKED, VERDICT, Clock, arrived, limited

PRICE = 45_000_000
PAYOUT = 30_000_000
NOT_BILLED = changed(
    VERDICT, billable=False, reason="below_duration", revenue_micros=0, payable=False, payout_micros=0
)
REJECTED = changed(TALKED, accepted_at=None, bridged_at=None, outcome="rejected")
BUSY = changed(REJECTED, answered_at=None, outcome="busy")


def ask(call: str, clock: Clock, caps: Caps | None = None, **changes: object) -> ReservationRequest:
    buyer = str(changes.get("buyer", "lonestar"))
    others = cast("tuple[ScopedLimits, ...]", changes.pop("others", ()))
    request: dict[str, object] = {
        "reservation": "r1",
        "call": call,
        "buyer": "lonestar",
        "price_micros": PRICE,
        "now_ms": clock(),
        "lease_ms": 30_000,
        "campaign": "roofing",
        "publisher": "radio-tx",
        "payout_micros": PAYOUT,
        "scopes": (*limited(buyer, caps or Caps(), START, START, START), *others),
    }
    return ReservationRequest(**{**request, **changes})  # type: ignore[arg-type]


def scope(kind: str, caps: Caps | PaidCaps) -> ScopedLimits:
    return ScopedLimits(kind, f"the {kind}", caps.limits(), dict.fromkeys(("hour", "day", "month"), START))  # type: ignore[arg-type]


async def opened(store: Store, call: str) -> str:
    store.append(call, 0, arrived(call))
    store.append_commands(call, 0, [Record(OPENED)])
    await store.flush(call)
    return call


async def call_that(
    store: Store, clock: Clock, call: str, *facts: object, used: bool, ends: bool = True
) -> None:
    """A call that reserved without caps and then went so."""
    await opened(store, call)
    assert isinstance(await store.reserve(ask(call, clock)), Granted)
    closing = [Record(ENDING)] if ends else []
    commands = [
        *(Record(fact) for fact in facts[:1]),
        Release("r1", used),
        *(Record(fact) for fact in facts[1:]),
    ]
    store.append(call, 1, CallerHungUp(1))
    store.append_commands(call, 1, [*commands, *closing])  # type: ignore[list-item]
    await store.flush(call)


async def refusal(store: Store, clock: Clock, caps: Caps, **changes: object) -> str:
    await opened(store, "next")
    answer = await store.reserve(ask("next", clock, caps, **changes))
    return answer.code if isinstance(answer, Refused) else ""


LIMITS = {
    "calls": Caps(day=1),
    "connected": Caps(connected=Counts(day=1)),
    "billed": Caps(billed=Counts(day=1)),
    "money": Caps(spend=Spending(day_micros=2 * PRICE - 1)),
}
CODES = {
    "calls": "cap_day",
    "connected": "cap_connected_day",
    "billed": "cap_billed_day",
    "money": "cap_spend_day",
}


@pytest.mark.parametrize(
    ("facts", "used", "counts_as"),
    [
        ((BUSY,), False, ()),
        ((REJECTED, NOT_BILLED), False, ("calls",)),
        ((TALKED, NOT_BILLED), True, ("calls", "connected")),
        ((TALKED, VERDICT), True, ("calls", "connected", "billed", "money")),
        ((REJECTED, VERDICT), False, ("calls", "billed", "money", "connected")),  # answering alone was sold
    ],
    ids=["busy", "answered", "connected", "billed", "billed for answering"],
)
@pytest.mark.parametrize("limit", LIMITS)
async def test_a_finished_call_counts_for_what_it_became(
    store: Store, clock: Clock, facts: tuple[object, ...], used: bool, counts_as: tuple[str, ...], limit: str
) -> None:
    await call_that(store, clock, "first", *facts, used=used)
    expected = CODES[limit] if limit in counts_as else ""
    assert await refusal(store, clock, LIMITS[limit]) == expected


@pytest.mark.parametrize("limit", LIMITS)
async def test_a_buyer_that_lost_a_race_and_was_called_again_has_one_call(
    store: Store, clock: Clock, limit: str
) -> None:
    await opened(store, "first")
    lost = changed(REJECTED, outcome="lost_race")
    for number, (leg, used) in enumerate([(lost, False), (changed(TALKED, leg="buyer-2"), True)], start=1):
        await store.reserve(ask("first", clock, reservation=f"r{number}"))
        store.append("first", number, CallerHungUp(number))
        store.append_commands("first", number, [Record(leg), Release(f"r{number}", used)])
        clock.pass_ms(1)
    store.append("first", 3, CallerHungUp(3))
    not_twice = changed(NOT_BILLED, reason="lost_race")
    judged = [Record(not_twice), Record(changed(VERDICT, leg="buyer-2"))]
    store.append_commands("first", 3, [*judged, Record(ENDING)])
    one_more = {
        "calls": Caps(day=2),
        "connected": Caps(connected=Counts(day=2)),
        "billed": Caps(billed=Counts(day=2)),
        "money": Caps(spend=Spending(day_micros=2 * PRICE)),
    }
    await store.flush("first")
    assert await refusal(store, clock, one_more[limit]) == ""


@pytest.mark.parametrize("limit", LIMITS)
async def test_a_call_that_goes_on_counts_for_all_that_it_may_become(
    store: Store, clock: Clock, limit: str
) -> None:
    await call_that(store, clock, "first", TALKED, used=True, ends=False)
    assert await refusal(store, clock, LIMITS[limit]) == CODES[limit]


async def test_a_dead_workers_call_counts_until_somebody_closed_it(store: Store, clock: Clock) -> None:
    await opened(store, "first")
    assert isinstance(await store.reserve(ask("first", clock)), Granted)
    clock.pass_ms(30_000)
    assert await refusal(store, clock, Caps(concurrent=1, billed=Counts(total=1))) == "cap_billed_total"
    store.append("first", 1, CallerHungUp(1))
    store.append_commands("first", 1, [Release("r1", used=False), Record(ENDING)])
    await store.flush()
    assert isinstance(await store.reserve(ask("next", clock, Caps(billed=Counts(total=1)))), Granted)


async def test_a_billed_call_counts_what_was_billed_and_not_what_was_reserved(
    store: Store, clock: Clock
) -> None:
    cheaper = changed(VERDICT, revenue_micros=1_000_000)
    await call_that(store, clock, "first", TALKED, cheaper, used=True)
    assert await refusal(store, clock, Caps(spend=Spending(total_micros=PRICE + 1_000_000))) == ""


@pytest.mark.parametrize(
    ("kind", "caps", "code"),
    [
        ("campaign", Caps(concurrent=1), "campaign_cap_concurrent"),
        ("campaign", Caps(hour=1), "campaign_cap_hour"),
        ("campaign", Caps(spend=Spending(month_micros=2 * PRICE - 1)), "campaign_cap_spend_month"),
        ("publisher", Caps(day=1), "publisher_cap_day"),
        ("publisher", Caps(spend=Spending(day_micros=2 * PAYOUT - 1)), "publisher_cap_spend_day"),
    ],
)
async def test_campaigns_and_publishers_have_caps_over_all_buyers(
    store: Store, clock: Clock, kind: str, caps: Caps, code: str
) -> None:
    await opened(store, "first")
    others = (scope(kind, caps),)
    assert isinstance(await store.reserve(ask("first", clock, buyer="redriver", others=others)), Granted)
    assert await refusal(store, clock, Caps(), others=others) == code
    elsewhere = {"campaign": "plumbing", "publisher": "search", "others": others}
    assert isinstance(await store.reserve(ask("next", clock, **elsewhere)), Granted)


async def test_a_call_counts_once_in_its_campaign_however_many_buyers_it_tries(
    store: Store, clock: Clock
) -> None:
    await opened(store, "first")
    others = (scope("campaign", Caps(concurrent=1, day=1)),)
    for number, buyer in enumerate(("lonestar", "redriver")):
        request = ask("first", clock, buyer=buyer, reservation=f"r{number}", others=others)
        assert isinstance(await store.reserve(request), Granted)


@pytest.mark.parametrize("caps", [PaidCaps(day=1), PaidCaps(spend=Spending(day_micros=2 * PAYOUT - 1))])
async def test_beyond_the_payouts_cap_calls_go_on_unpaid(store: Store, clock: Clock, caps: PaidCaps) -> None:
    others = (scope("payout", caps),)
    answers = []
    for call in ("first", "second", "third"):
        await opened(store, call)
        answers.append(await store.reserve(ask(call, clock, others=others)))
    code = caps.limits()[0].code
    assert [answer.unpaid for answer in answers] == ["", f"payout_{code}", f"payout_{code}"]  # type: ignore[union-attr]
    assert await store.reserve(ask("second", clock, others=others)) == answers[1]


def step(action: str, campaign: str = "", why: str = "they moved") -> PauseStep:
    return PauseStep("lonestar", campaign, action, why, "desk", START)  # type: ignore[arg-type]


async def test_a_paused_buyer_gets_no_place_until_it_is_resumed(store: Store, clock: Clock) -> None:
    await opened(store, "first")
    assert await store.pause(step("pause"))
    assert await store.reserve(ask("first", clock)) == Refused("paused", {"why": "they moved"})
    assert await store.paused("roofing") == {"lonestar": "they moved"}
    assert not await store.pause(step("pause"))
    assert await store.pause(step("resume"))
    assert not await store.pause(step("resume"))
    assert await store.paused("roofing") == {}
    assert isinstance(await store.reserve(ask("first", clock)), Granted)


async def test_a_pause_in_one_campaign_leaves_the_others_alone(store: Store, clock: Clock) -> None:
    await opened(store, "first")
    await store.pause(step("pause", "plumbing"))
    assert isinstance(await store.reserve(ask("first", clock)), Granted)
    assert await store.paused("roofing") == {}
    assert list(await store.paused("plumbing")) == ["lonestar"]
    await store.pause(step("pause", why="all of them"))
    assert await store.paused("plumbing") == {"lonestar": "all of them"}
    assert [kept.campaign for kept in await store.pauses()] == ["", "plumbing"]


async def test_a_refunded_limit_of_money_is_free_again(store: Store, clock: Clock) -> None:
    prepaid = Caps(spend=Spending(total_micros=PRICE))
    assert isinstance(await store.reserve(ask(await opened(store, "a"), clock, prepaid)), Granted)
    store.append("a", 1, CallerHungUp(1))
    store.append_commands("a", 1, [Record(TALKED), *CLOSING])
    await store.flush("a")
    full = await store.reserve(ask(await opened(store, "b"), clock, prepaid))
    assert isinstance(full, Refused)
    await store.correct(Correction("a", "lonestar", "revenue", 0, "refunded", "desk"))
    assert isinstance(await store.reserve(ask("b", clock, prepaid)), Granted)
    await store.correct(Correction("a", "lonestar", "revenue", PRICE, "it was right", "desk"))
    assert isinstance(await store.reserve(ask(await opened(store, "c"), clock, prepaid)), Refused)


async def test_a_cap_of_money_counts_its_own_currency(store: Store, clock: Clock) -> None:
    prepaid = Caps(spend=Spending(total_micros=PRICE))
    for kind in ("buyer", "publisher"):
        asked = {"others": (scope(kind, prepaid),)} if kind != "buyer" else {}
        caps = prepaid if kind == "buyer" else None
        names = [await opened(store, f"{kind}-{n}") for n in range(4)]
        own = {"buyer": kind, "publisher": kind, "payout_micros": PRICE, **asked}
        assert isinstance(await store.reserve(ask(names[0], clock, caps, currency="USD", **own)), Granted)
        assert isinstance(await store.reserve(ask(names[1], clock, caps, currency="JPY", **own)), Granted)
        assert isinstance(await store.reserve(ask(names[2], clock, caps, currency="USD", **own)), Refused)
        assert isinstance(await store.reserve(ask(names[3], clock, caps, **own)), Refused)  # of any

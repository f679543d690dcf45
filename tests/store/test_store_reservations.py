"""Caps hold whatever is interleaved, and however many workers ask at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.store import Caps, Granted, Refused, ReservationRequest, Store
from engine.wording.sentences import refusal_sentence
from tests.store.store_world import START, Clock, OpenStore, arrived, limited, open_call

PRICE = 45_000_000
LEASE_MS = 30_000
T = TypeVar("T")


def ask(call: str, clock: Clock, caps: Caps, reservation: str = "r1") -> ReservationRequest:
    """A request at the clock's time, in windows of an hour, ten hours and a hundred hours."""
    hours = (clock() - START) // 3_600_000
    return ReservationRequest(
        reservation=reservation,
        call=call,
        buyer="lonestar",
        price_micros=PRICE,
        now_ms=clock(),
        lease_ms=LEASE_MS,
        scopes=limited(
            "lonestar", caps, *(START + hours // each * each * 3_600_000 for each in (1, 10, 100))
        ),
    )


async def open_calls(store: Store, count: int) -> list[str]:
    names = [f"call-{n}" for n in range(count)]
    for name in names:
        store.append(name, 0, arrived(name))
    await store.flush()
    return names


@pytest.mark.parametrize(
    ("caps", "code", "sentence"),
    [
        (Caps(concurrent=2), "cap_concurrent", "lonestar already has 2 calls at once, its limit"),
        (Caps(hour=2), "cap_hour", "lonestar already has 2 calls this hour, its limit"),
        (Caps(day=2), "cap_day", "lonestar already has 2 calls today, its limit"),
        (Caps(month=2), "cap_month", "lonestar already has 2 calls this month, its limit"),
        (Caps(total=2), "cap_total", "lonestar already has 2 calls in all, its limit"),
        (
            Caps(day_spend_micros=2 * PRICE + 1),
            "cap_day_spend",
            "lonestar has 90.00 today, and 45.00 more would exceed its limit of 90.000001",
        ),
        (
            Caps(month_spend_micros=2 * PRICE),
            "cap_month_spend",
            "lonestar has 90.00 this month, and 45.00 more would exceed its limit of 90.00",
        ),
    ],
)
async def test_each_cap_refuses_by_its_code_and_says_why(
    store: Store, clock: Clock, caps: Caps, code: str, sentence: str
) -> None:
    names = await open_calls(store, 3)
    answers = [await store.reserve(ask(name, clock, caps)) for name in names]
    assert [type(answer) for answer in answers] == [Granted, Granted, Refused]
    assert isinstance(answers[2], Refused)
    assert answers[2].code == code
    assert refusal_sentence("lonestar", code, answers[2].details).removesuffix(".") == sentence


async def test_without_caps_every_call_is_taken(store: Store, clock: Clock) -> None:
    for name in await open_calls(store, 5):
        assert isinstance(await store.reserve(ask(name, clock, Caps())), Granted)


async def test_one_call_is_one_call(store: Store, clock: Clock) -> None:
    names = await open_calls(store, 2)
    await store.reserve(ask(names[0], clock, Caps(concurrent=1)))
    refused = await store.reserve(ask(names[1], clock, Caps(concurrent=1)))
    assert isinstance(refused, Refused)
    assert refused.code == "cap_concurrent"
    told = refusal_sentence("lonestar", refused.code, refused.details)
    assert told == "lonestar already has 1 call at once, its limit."


async def test_windows_forget_what_was_before_them(store: Store, clock: Clock) -> None:
    names = await open_calls(store, 4)
    caps = Caps(hour=1, day=2)
    for name in names[:2]:
        assert isinstance(await store.reserve(ask(name, clock, caps)), Granted)
        await store.release(name, "r1", used=True)
        clock.pass_ms(3_600_000)
    day_full = await store.reserve(ask(names[2], clock, caps))
    assert isinstance(day_full, Refused)
    assert day_full.code == "cap_day"
    clock.pass_ms(36_000_000)
    assert isinstance(await store.reserve(ask(names[3], clock, caps)), Granted)


async def test_asking_again_for_the_same_place_takes_no_second(store: Store, clock: Clock) -> None:
    first, second = await open_calls(store, 2)
    caps = Caps(concurrent=2)
    assert await store.reserve(ask(first, clock, caps)) == await store.reserve(ask(first, clock, caps))
    assert isinstance(await store.reserve(ask(second, clock, caps)), Granted)


async def test_a_place_that_was_given_back_is_not_had_again(store: Store, clock: Clock) -> None:
    (call,) = await open_calls(store, 1)
    await store.reserve(ask(call, clock, Caps()))
    await store.release(call, "r1", used=False)
    again = await store.reserve(ask(call, clock, Caps()))
    assert isinstance(again, Refused)
    assert again.code == "released"


async def test_a_freed_call_counts_no_more_and_a_used_one_does(store: Store, clock: Clock) -> None:
    first, second, third = await open_calls(store, 3)
    caps = Caps(concurrent=1, day=1)
    await store.reserve(ask(first, clock, caps))
    await store.release(first, "r1", used=False)
    await store.release(first, "r1", used=True)  # the first settlement stands
    assert isinstance(await store.reserve(ask(second, clock, caps)), Granted)
    await store.release(second, "r1", used=True)
    await store.release(second, "r1", used=False)
    refused = await store.reserve(ask(third, clock, caps))
    assert isinstance(refused, Refused)
    assert refused.code == "cap_day"


async def test_a_dead_workers_place_comes_back_when_its_lease_is_over(store: Store, clock: Clock) -> None:
    first, second = await open_calls(store, 2)
    caps = Caps(concurrent=1)
    await store.reserve(ask(first, clock, caps))
    clock.pass_ms(LEASE_MS - 1)
    assert isinstance(await store.reserve(ask(second, clock, caps)), Refused)
    clock.pass_ms(1)
    assert isinstance(await store.reserve(ask(second, clock, caps)), Granted)
    assert isinstance(await store.reserve(ask(first, clock, caps)), Refused)


async def test_a_renewed_lease_holds_and_a_finished_one_is_not_revived(store: Store, clock: Clock) -> None:
    first, second, third = await open_calls(store, 3)
    caps = Caps(concurrent=1)
    await store.reserve(ask(first, clock, caps))
    clock.pass_ms(LEASE_MS - 1)
    await store.renew([first], clock() + LEASE_MS)
    clock.pass_ms(LEASE_MS - 1)
    assert isinstance(await store.reserve(ask(second, clock, caps)), Refused)
    clock.pass_ms(1)
    await store.renew([first], clock() + LEASE_MS)
    assert isinstance(await store.reserve(ask(third, clock, caps)), Granted)


async def test_a_call_that_outlived_its_lease_still_counts_when_it_was_used(
    store: Store, clock: Clock
) -> None:
    first, second = await open_calls(store, 2)
    caps = Caps(day=1)
    await store.reserve(ask(first, clock, caps))
    clock.pass_ms(LEASE_MS)
    await store.reserve(ask(second, clock, Caps(day=0)))  # marks the first as expired
    await store.release(first, "r1", used=True)
    assert isinstance(await store.reserve(ask(second, clock, caps)), Refused)


async def test_two_workers_at_once_never_pass_a_cap(open_store: OpenStore, clock: Clock) -> None:
    one, two = await open_store("worker-1"), await open_store("worker-2")
    names = await open_calls(one, 30)
    caps = Caps(concurrent=7, day_spend_micros=6 * PRICE)
    answers = await asyncio.gather(
        *((one, two)[n % 2].reserve(ask(name, clock, caps)) for n, name in enumerate(names))
    )
    assert sum(isinstance(answer, Granted) for answer in answers) == 6


CALLS = [f"call-{n}" for n in range(8)]


class Reservations(RuleBasedStateMachine):
    """Two workers reserve, release, renew and fall silent in any order, against a plain model of it."""

    caps = Caps(concurrent=2, hour=3, day=4, month=5, total=6, day_spend_micros=4 * PRICE)

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.folder = TemporaryDirectory()
        self.loop = asyncio.Runner()
        url = f"sqlite:///{Path(self.folder.name) / 'cordboard.db'}"
        self.stores = [self.do(Store.open(url, worker, self.clock)) for worker in ("worker-1", "worker-2")]
        for number, name in enumerate(CALLS):
            self.do(open_call(self.stores[number % 2], arrived(name)))
        # What the model knows of each granted place: made at, lease until, state
        self.places: dict[str, tuple[int, int, str]] = {}

    def do(self, work: Coroutine[object, object, T]) -> T:
        return self.loop.run(work)

    def teardown(self) -> None:
        for store in self.stores:
            self.do(store.close())
        self.loop.close()
        self.folder.cleanup()

    def counting(self, since: int = 0, besides: str = "") -> int:
        """A place whose lease is over counts on: whoever closes its call may find it used."""
        return sum(
            made >= since and state in ("used", "held")
            for call, (made, _, state) in self.places.items()
            if call != besides
        )

    def holding(self) -> int:
        return sum(state == "held" and until > self.clock() for _, until, state in self.places.values())

    def has_room(self, request: ReservationRequest) -> bool:
        caps, (scope,) = self.caps, request.scopes
        return (
            self.holding() < (caps.concurrent or 0)
            and self.counting(scope.start_of("hour"), request.call) < (caps.hour or 0)
            and self.counting(scope.start_of("day"), request.call) < (caps.day or 0)
            and self.counting(scope.start_of("month"), request.call) < (caps.month or 0)
            and self.counting(0, request.call) < (caps.total or 0)
        )

    @rule(worker=st.integers(0, 1), call=st.sampled_from(CALLS))
    def reserve(self, worker: int, call: str) -> None:
        request = ask(call, self.clock, self.caps)
        answer = self.do(self.stores[worker].reserve(request))
        _, until, state = self.places.get(call, (0, 0, "none"))
        if state == "used" or (state == "held" and until > self.clock()):
            assert isinstance(answer, Granted)
        elif state == "freed":
            assert answer.code == "released"  # type: ignore[union-attr]
        else:
            assert isinstance(answer, Granted) == self.has_room(request)
            if isinstance(answer, Granted):
                self.places[call] = (self.clock(), self.clock() + LEASE_MS, "held")

    @rule(calls=st.permutations(CALLS))
    def reserve_all_at_once(self, calls: list[str]) -> None:
        fresh = [call for call in calls if call not in self.places]
        requests = [ask(call, self.clock, self.caps) for call in fresh]

        async def together() -> list[Granted | Refused]:
            return await asyncio.gather(
                *(self.stores[n % 2].reserve(request) for n, request in enumerate(requests))
            )

        answers = self.do(together())
        for request, answer in zip(requests, answers, strict=True):
            if isinstance(answer, Granted):
                assert self.has_room(request)
                self.places[request.call] = (self.clock(), self.clock() + LEASE_MS, "held")
        for request, answer in zip(requests, answers, strict=True):
            if isinstance(answer, Refused):
                assert not self.has_room(request)

    @rule(worker=st.integers(0, 1), call=st.sampled_from(CALLS), used=st.booleans())
    def release(self, worker: int, call: str, used: bool) -> None:
        self.do(self.stores[worker].release(call, "r1", used))
        made, until, state = self.places.get(call, (0, 0, "none"))
        if state != "held":
            return
        self.places[call] = (made, until, "used" if used else "freed")

    @rule(worker=st.integers(0, 1), call=st.sampled_from(CALLS))
    def renew(self, worker: int, call: str) -> None:
        self.do(self.stores[worker].renew([call], self.clock() + LEASE_MS))
        made, until, state = self.places.get(call, (0, 0, "none"))
        if state == "held" and until > self.clock():
            self.places[call] = (made, self.clock() + LEASE_MS, "held")

    @rule(ms=st.sampled_from([1, LEASE_MS // 2, LEASE_MS, 3_600_000, 36_000_000]))
    def time_passes(self, ms: int) -> None:
        self.clock.pass_ms(ms)

    @invariant()
    def caps_are_never_passed(self) -> None:
        request = ask(CALLS[0], self.clock, self.caps)
        assert self.holding() <= 2
        assert self.counting(request.scopes[0].start_of("hour")) <= 3
        assert self.counting(request.scopes[0].start_of("day")) <= 4
        assert self.counting() <= 6


TestReservations: Callable[[], object] = Reservations.TestCase
TestReservations.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)  # type: ignore[attr-defined]

"""Random phone calls in bad weather: one bill a phone call and buyer, money balanced, no leg left ringing."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.evidence.collecting import collect
from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier, PhoneCall
from engine.rehearsal.loopback.clock import LineClock
from engine.runtime.clock import Clock
from engine.store import Store
from engine.store.ledger.entries import standing_micros
from engine.web.serving import open_engine
from tests.journeys.journey_world import (
    ACCOUNT,
    ANSWERS,
    CALLED,
    DESK,
    LONESTAR,
    REDRIVER,
    TOKEN,
    House,
    ToneVoice,
    network,
    settings,
)
from tests.journeys.other_process import environment, served
from tests.properties.rough_weather import Weather, rough_weather
from tests.waiting import until

SPEED = 16.0
CALLS = int(os.environ.get("CORDBOARD_HUNT", "40"))
AT_ONCE = 10 if CALLS < 200 else 30
SEED = int(os.environ.get("CORDBOARD_SEED", "10"))
CALLERS = [f"+1512555{number:04d}" for number in range(100, 160)]
RINGS_ON_MS = 12_000
"""A leg that the carrier is too busy to end is asked for again; its news may be late, too. While no engine lives
there is nobody who could end it, so that time doesn't count."""
MORTAL_SPEED = 4.0  # a process takes its seconds to start, and callers wait meanwhile
WITHOUT_A_LENGTH = (
    "SELECT COUNT(*) FROM carrier_legs AS l WHERE lost_at IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM carrier_records AS r WHERE r.call = l.call AND r.leg = l.leg)"
)
LEFT = (
    "SELECT COUNT(*) FROM calls WHERE ended_at IS NULL",
    WITHOUT_A_LENGTH,
    "SELECT COUNT(*) FROM carrier_records WHERE finding IS NULL",
)
TERMS = {"after: 90s": "after: 8s", "after: 60s": "after: 5s"}


class Absences:
    """When no engine lived, in the carrier's milliseconds."""

    def __init__(self, clock: LineClock) -> None:
        self._clock = clock
        self.known: list[tuple[int, int]] = []
        self._since_ms: int | None = None

    def begins(self) -> None:
        self._since_ms = self._clock.now_ms()

    def ends(self) -> None:
        if self._since_ms is not None:
            self.known.append((self._since_ms, self._clock.now_ms()))
            self._since_ms = None

    def between(self, began_ms: int, ended_ms: int) -> int:
        """How much of this span nobody was there."""
        return sum(
            max(0, min(ended_ms, until_ms) - max(began_ms, from_ms)) for from_ms, until_ms in self.known
        )


def conducts(draw: random.Random) -> list[BuyerPhone]:
    """What a buyer's phone does, call after call."""
    return [
        draw.choice(
            [
                BuyerPhone.answers(after_s=0.5, talk_s=draw.choice([3, 9, 15, 30])),
                BuyerPhone.answers(after_s=1.5, talk_s=draw.choice([9, 15])),
                BuyerPhone.answers(after_s=0.5, talk_s=None),
                BuyerPhone.busy(),
                BuyerPhone.noanswer(),
                BuyerPhone.rejects(),
                BuyerPhone.hangs_up_during_whisper(),
            ]
        )
        for _ in range(4 * CALLS)
    ]


async def rough_call(carrier: LoopbackCarrier, clock: Clock, url: str, draw: random.Random) -> PhoneCall:
    """A caller whose streams break, and whose buyers' do; hung up in the end, if nobody else has."""
    caller = Caller.keys(ANSWERS) if draw.random() < 0.8 else Caller()
    call = carrier.begin_call(draw.choice(CALLERS), CALLED, caller, voice_url=f"{url}/carriers/twilio/voice")
    for _ in range(draw.randrange(5)):
        await clock.sleep(draw.randrange(200, 8_000))
        up = [one for one in carrier.calls.values() if not one.is_over and one.line is not None]
        ours = [one for one in up if one is call or (one.person == "buyer" and draw.random() < 0.3)]
        if ours:
            draw.choice(ours).break_stream(away_s=draw.choice([0, 0, 1, 4, 7, 12]))
    await clock.sleep(draw.randrange(5_000, 60_000))
    call.end("caller")
    return call


async def test_whatever_the_weather_a_phone_call_is_billed_once_a_buyer(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    loop = asyncio.get_running_loop()
    clock = Clock(SPEED, loop.time)
    weather = Weather(random.Random(SEED + 1), clock)
    flows = network(tmp_path / "flows", TERMS)
    async with rough_weather(weather) as url:
        carrier = LoopbackCarrier(
            ACCOUNT,
            TOKEN,
            speed=SPEED,
            status_url=f"{url}/carriers/twilio/status",
            other_buyers=BuyerPhone.busy(),
        )
        async with carrier:
            for number in (LONESTAR, REDRIVER, DESK):
                carrier.buyer(number, *conducts(draw))
            weather.carrier = carrier.api_url
            chosen = settings(tmp_path, url, public_url=url)
            async with await open_engine(chosen, flows, clock=clock, voice=ToneVoice()) as engine:
                weather.engine = f"http://{engine.http_address}"
                house = House(engine, carrier, tmp_path)
                for _ in range(0, CALLS, AT_ONCE):
                    each = [random.Random(draw.random()) for _ in range(AT_ONCE)]
                    await asyncio.gather(*(rough_call(carrier, clock, url, own) for own in each))
                    await house.quiet()
                await _all_is_well(house)
    assert all(weather.seen[what] for what in ("429", "lost", "late", "twice", "asked twice")), weather.seen


@pytest.mark.real_time
@pytest.mark.skipif("CORDBOARD_HUNT" not in os.environ, reason="only on a hunt: every life starts a process")
async def test_a_worker_that_dies_again_and_again_bills_a_phone_call_once_a_buyer(tmp_path: Path) -> None:
    draw = random.Random(SEED + 2)
    clock = Clock(MORTAL_SPEED, asyncio.get_running_loop().time)
    weather = Weather(random.Random(SEED + 3), clock)
    flows = network(tmp_path / "flows", TERMS)
    over, nobody = asyncio.Event(), Absences(LineClock(MORTAL_SPEED))
    async with rough_weather(weather) as url:
        carrier = LoopbackCarrier(
            ACCOUNT, TOKEN, speed=MORTAL_SPEED, status_url=f"{url}/carriers/twilio/status",
            other_buyers=BuyerPhone.busy(),
        )  # fmt: skip
        async with carrier:
            for number in (LONESTAR, REDRIVER, DESK):
                carrier.buyer(number, *conducts(draw))
            weather.carrier = carrier.api_url
            env = environment(tmp_path, url, CORDBOARD_PUBLIC_URL=url, CORDBOARD_LEASE_S="10")
            lives = asyncio.create_task(
                _lives(weather, [str(flows), str(MORTAL_SPEED), "400"], env, draw, over, nobody)
            )
            await until(lambda: weather.engine or lives.done())
            for _ in range(0, CALLS, AT_ONCE):
                each = [random.Random(draw.random()) for _ in range(AT_ONCE)]
                await asyncio.gather(*(rough_call(carrier, clock, url, own) for own in each))
                await carrier.settled()
            over.set()
            await until(lambda: _nothing_is_left(tmp_path) or lives.done())
            lives.cancel()
            await asyncio.wait([lives])
            assert lives.cancelled()
        database = f"sqlite:///{tmp_path / 'cordboard.db'}"
        async with await Store.open(database, "reader", lambda: 0, must_exist=True) as store:
            await _is_well(store, carrier, tmp_path, nobody)
    assert len(nobody.known) > 1


async def _lives(
    weather: Weather,
    serving: list[str],
    env: Mapping[str, str],
    draw: random.Random,
    over: asyncio.Event,
    nobody: Absences,
) -> None:
    """One engine after the other, each killed in the middle of its work; the last one lives on."""
    while True:
        async with served("tests.journeys.serving", *serving, env=env) as engine:
            nobody.ends()
            weather.engine = f"http://{engine.http}"
            life = asyncio.create_task(over.wait())
            await asyncio.wait([life], timeout=draw.randrange(15, 60) / MORTAL_SPEED)
            if life.done():
                await asyncio.Event().wait()
            life.cancel()
            await engine.killed()
            nobody.begins()


def _nothing_is_left(folder: Path) -> bool:
    """Whether every call is closed, and every carrier has said how long its lost legs lasted."""
    with sqlite3.connect(folder / "cordboard.db", timeout=60) as database:
        left = [database.execute(query).fetchone()[0] for query in LEFT]
    database.close()
    return left == [0] * len(LEFT)


async def _all_is_well(house: House) -> None:
    assert house.open_legs() == []
    assert house.engine.calls == {}
    assert {state for _, state in house.reservations()} <= {"used", "freed"}
    await _is_well(house.engine.store, house.carrier, house.folder)
    assert await house.all_replay() > 0


async def _is_well(
    store: Store, carrier: LoopbackCarrier, folder: Path, nobody: Absences | None = None
) -> None:
    """One bill a phone call and buyer, one payout a phone call and campaign, each for a talk that the carrier had
    as well, and no phone that rang on unheard."""
    bills: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    phone_call_of: dict[str, str] = {}
    names = _names_of_legs(folder)
    for summary in await store.calls(1_000_000):
        call, phone_call = summary.record.call, summary.record.carrier_call
        view = await store.call(call)
        assert view is not None
        phone_call_of[call] = phone_call
        assert view.record.ended_at is not None
        assert all(leg.outcome for leg in view.legs)
        for entry in view.ledger:
            if entry.kind in ("revenue", "payout"):
                whose = entry.buyer if entry.kind == "revenue" else view.record.campaign
                bills[phone_call][entry.kind, whose] += 1
        by_carriers = (await collect(store, call)).corrected if view.carrier_records else ()
        again = {each.leg: each for each in by_carriers}
        judged = [again.get(each.leg, each) for each in view.verdicts]
        for buyer in {each.buyer for each in judged}:
            own = [each for each in judged if each.buyer == buyer]
            assert standing_micros(view.ledger, "revenue", buyer) == sum(one.revenue_micros for one in own), (
                call
            )
            assert standing_micros(view.ledger, "payout", buyer) == sum(one.payout_micros for one in own), (
                call
            )
        for each in judged:
            if each.billable and (call, each.leg) in names:
                lasted_s = carrier.calls[names[call, each.leg]].duration_s
                assert lasted_s >= each.timer.needed_ms / 1000 - 2, (call, each.leg)
    assert {call: counts for call, counts in bills.items() if max(counts.values()) > 1} == {}
    assert bills
    assert _rang_on(carrier, {sid: phone_call_of[call] for (call, _), sid in names.items()}, nobody) == []


def _names_of_legs(folder: Path) -> dict[tuple[str, str], str]:
    """What the carrier calls each leg."""
    with sqlite3.connect(folder / "cordboard.db", timeout=60) as database:
        rows = database.execute("SELECT call, leg, carrier_call FROM carrier_legs").fetchall()
    database.close()
    return {(call, leg): sid for call, leg, sid in rows}


def _rang_on(carrier: LoopbackCarrier, caller_of: Mapping[str, str], nobody: Absences | None) -> list[str]:
    """Buyers' phones that rang or talked for seconds after their caller's call was over."""
    found = []
    for buyer in carrier.buyer_calls:
        caller = carrier.calls.get(caller_of.get(buyer.sid, ""))
        if caller is None or caller.ended_ms is None or buyer.ended_ms is None:
            continue  # never named: it was given up before the carrier said anything of it
        rang_on_ms = buyer.ended_ms - caller.ended_ms
        alone_ms = nobody.between(caller.ended_ms, buyer.ended_ms) if nobody is not None else 0
        if rang_on_ms - alone_ms > RINGS_ON_MS:
            found.append(f"{buyer.sid} ({buyer.to}): {rang_on_ms} ms, {alone_ms} ms of it nobody lived")
    return found

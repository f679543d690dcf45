"""Random phone calls in bad weather: one bill a phone call and buyer, money balanced, no leg left ringing."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter, defaultdict
from pathlib import Path

from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier, PhoneCall
from engine.runtime.clock import Clock
from engine.web.serving import open_engine
from tests.journeys.journey_world import (
    ACCOUNT,
    ALL_AT_ONCE,
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
from tests.properties.rough_weather import Weather, rough_weather

SPEED = 16.0
CALLS = int(os.environ.get("CORDBOARD_HUNT", "40"))
AT_ONCE = 10 if CALLS < 200 else 30
SEED = int(os.environ.get("CORDBOARD_SEED", "10"))
CALLERS = [f"+1512555{number:04d}" for number in range(100, 160)]
TERMS = {"after: 90s": "after: 8s", "after: 60s": "after: 5s"}


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


async def rough_call(house: House, url: str, draw: random.Random) -> PhoneCall:
    """A caller whose streams break, and whose buyers' do; hung up in the end, if nobody else has."""
    clock, carrier = house.engine.clock, house.carrier
    caller = Caller().presses(ALL_AT_ONCE) if draw.random() < 0.8 else Caller()
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
                    await asyncio.gather(*(rough_call(house, url, own) for own in each))
                    await house.quiet()
                await _all_is_well(house)
    assert all(weather.seen[what] for what in ("429", "lost", "late", "twice", "asked twice")), weather.seen


async def _all_is_well(house: House) -> None:
    assert house.open_legs() == []
    assert house.engine.calls == {}
    assert {state for _, state in house.reservations()} <= {"used", "freed"}
    bills: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for summary in await house.engine.store.calls(100_000):
        shown = await house.shown_by_name(summary.record.call)
        assert shown["ended_at"] is not None
        assert all(leg["outcome"] for leg in shown["legs"])
        owed = sum(float(one["amount"]) for one in shown["ledger"] if one["kind"] == "revenue")
        for one in shown["ledger"]:
            if one["kind"] in ("revenue", "payout") and one["corrects"] is None:
                bills[summary.record.carrier_call][one["kind"], one["buyer"]] += 1
        if not shown["carrier_records"]:  # else a correction may stand beside the verdict
            judged = sum(float(one["revenue"]) for one in shown["verdicts"] if one["billable"])
            assert owed == judged, summary.record.call
    several = {call: counts for call, counts in bills.items() if max(counts.values()) > 1}
    assert several == {}
    assert bills
    assert await house.all_replay() > 0

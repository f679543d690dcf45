"""A hiccup of the carrier's REST side costs no buyer, and no phone rings on unheard."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from engine.carriers import BY_NAME
from engine.carriers.contract import CarrierAccount
from engine.core.events import LegAnswered, LegRinging
from engine.media.tokens import StreamTokens
from engine.rehearsal.loopback import BuyerPhone, Caller, LoopbackCarrier
from engine.rehearsal.loopback.serving import RestServer
from engine.runtime.clock import Clock
from engine.runtime.legs.telephone import Ring, RingFailed, Switchboard
from engine.runtime.settings import Settings
from engine.web.serving import open_engine
from tests.carriers.at_door import AtDoor
from tests.journeys.journey_world import (
    ACCOUNT,
    ALL_AT_ONCE,
    LONESTAR,
    SHORT_BILLS,
    SPEED,
    TOKEN,
    House,
    ToneVoice,
    answering,
    network,
    settings,
)
from tests.properties.rough_weather import Weather, rough_weather
from tests.waiting import until


class Once(Weather):
    """What is to go wrong goes wrong once."""

    def brings(self, what: str, percent: int) -> bool:
        is_so = percent == 100 and not self.seen[what]
        self.seen[what] += is_so
        return is_so


@contextlib.asynccontextmanager
async def rough_house(folder: Path, **goes_wrong: int) -> AsyncIterator[tuple[House, Weather]]:
    clock = Clock(SPEED, asyncio.get_running_loop().time)
    weather = Once(random.Random(1), clock, busy=0, unanswered=0, lost=0, late=0, twice=0, slow=0)
    for name, value in goes_wrong.items():
        setattr(weather, name, value)
    flows = network(folder / "flows", SHORT_BILLS)
    async with (
        rough_weather(weather) as url,
        LoopbackCarrier(ACCOUNT, TOKEN, speed=SPEED) as carrier,
    ):
        weather.carrier = carrier.api_url
        chosen = settings(folder, url, public_url=url)
        async with await open_engine(chosen, flows, clock=clock, voice=ToneVoice()) as engine:
            weather.engine = f"http://{engine.http_address}"
            yield House(engine, carrier, folder), weather


async def placed(house: House, weather: Weather, talk_s: float = 5) -> list[tuple[str, str]]:
    """A good caller's legs: whose, and how each ended."""
    house.carrier.buyer(LONESTAR, answering(talk_s=talk_s))
    url = f"{house.engine.public_url}/carriers/twilio/voice"
    await house.carrier.call("+15125550123", "+15550100", Caller().presses(ALL_AT_ONCE), voice_url=url)
    await house.quiet()
    assert house.open_legs() == []
    assert await house.all_replay() == 1
    return [(leg["buyer"], leg["outcome"]) for leg in (await house.shown())["legs"]]


async def test_a_carrier_that_is_busy_is_asked_again_in_time(tmp_path: Path) -> None:
    async with rough_house(tmp_path, busy=100) as (house, weather):
        assert await placed(house, weather) == [("lonestar", "completed")]
        assert weather.seen["429"] == 1


async def test_a_leg_whose_request_was_not_answered_is_taken(tmp_path: Path) -> None:
    async with rough_house(tmp_path, unanswered=100) as (house, weather):
        assert await placed(house, weather) == [("lonestar", "completed")]
        assert len(house.carrier.buyer_calls) == 1


async def test_a_phone_that_rings_without_our_knowing_is_told_to_stop(tmp_path: Path) -> None:
    async with rough_house(tmp_path, unanswered=100) as (house, _):
        house.carrier.buyer(LONESTAR, BuyerPhone.noanswer())
        rang = asyncio.Event()
        house.engine.watch(lambda call, event, commands: isinstance(event, LegRinging) and rang.set())
        url = f"{house.engine.public_url}/carriers/twilio/voice"
        keys = Caller().presses(ALL_AT_ONCE)
        call = house.carrier.begin_call("+15125550123", "+15550100", keys, voice_url=url)
        await rang.wait()
        call.end("caller")
        await house.quiet()
        (ghost,) = house.carrier.buyer_calls
        assert (ghost.status, ghost.ended_by) == ("canceled", "engine")


async def test_what_failed_for_ours_does_not_count_against_the_buyer(tmp_path: Path) -> None:
    async with rough_house(tmp_path, busy=100, retry_after=600) as (house, weather):
        weather.retry_after = "600"  # far beyond the time that a phone rings
        assert await placed(house, weather) == [("lonestar", "failed"), ("lonestar", "completed")]
        (bill,) = [one for one in (await house.shown())["ledger"] if one["kind"] == "revenue"]
        assert bill["buyer"] == "lonestar"
        offers = (await house.engine.store.standings("roofing", 0))["lonestar"].offered
        assert offers == 1


async def test_a_leg_of_a_call_that_is_over_is_hung_up_by_its_first_news(tmp_path: Path) -> None:
    async with rough_house(tmp_path, unanswered=100, late=100) as (house, _):
        house.carrier.buyer(LONESTAR, BuyerPhone.noanswer())
        url = f"{house.engine.public_url}/carriers/twilio/voice"
        keys = Caller().presses(ALL_AT_ONCE)
        call = house.carrier.begin_call("+15125550123", "+15550100", keys, voice_url=url)
        await until(lambda: house.carrier.buyer_calls)
        call.end("caller")  # before anything was heard of the leg
        await house.quiet()
        assert {one.ended_by for one in house.carrier.buyer_calls} == {"engine"}


async def test_a_stream_that_breaks_in_the_whisper_is_no_refusal(tmp_path: Path) -> None:
    async with rough_house(tmp_path) as (house, _):
        undecided = BuyerPhone.answers(after_s=0.5, presses=[], talk_s=None)
        house.carrier.buyer(LONESTAR, undecided, answering(talk_s=5))
        answered = asyncio.Event()
        house.engine.watch(lambda call, event, commands: isinstance(event, LegAnswered) and answered.set())
        url = f"{house.engine.public_url}/carriers/twilio/voice"
        keys = Caller().presses(ALL_AT_ONCE)
        house.carrier.begin_call("+15125550123", "+15550100", keys, voice_url=url)
        await answered.wait()
        house.carrier.buyer_calls[0].break_stream(away_s=60)
        await house.quiet()
        shown = await house.shown()
        assert [(leg["buyer"], leg["outcome"]) for leg in shown["legs"]] == [
            ("lonestar", "rejected"),
            ("lonestar", "completed"),
        ]
        assert [one["reason"] for one in shown["verdicts"]] == ["failed_for_us", "billable"]
        assert house.open_legs() == []


@contextlib.asynccontextmanager
async def refusing(status: int, code: int) -> AsyncIterator[CarrierAccount]:
    """An account at a carrier that refuses every call with one code."""
    app = FastAPI()

    @app.post("/2010-04-01/Accounts/AC1/Calls.json")
    async def refuse() -> JSONResponse:
        return JSONResponse({"code": code, "message": "no"}, status)

    rest = RestServer(app)
    await rest.open()
    known = {"twilio_account_sid": "AC1", "twilio_auth_token": "secret", "twilio_api_url": rest.url}
    account = BY_NAME["twilio"].open(Settings(**known), AtDoor())
    yield account
    await account.close()
    await rest.close()


@pytest.mark.parametrize(
    ("status", "code", "is_ours"),
    [
        (400, 21211, False),  # no number
        (400, 21214, False),  # it can't be reached
        (400, 13225, False),
        (400, 21215, True),  # our account may not call that country
        (400, 21205, True),
        (401, 20003, True),
        (500, 0, True),
    ],
)
async def test_a_refusal_is_the_buyers_only_where_the_number_is_none(
    status: int, code: int, is_ours: bool
) -> None:
    ring = Ring("twilio", "call", "buyer-1", LONESTAR, "", "+15550100", "", 20_000)
    async with refusing(status, code) as account:
        telephone = Switchboard({"twilio": account}, StreamTokens(), Clock(), lambda carrier: "ws://x")
        with pytest.raises(RingFailed) as failed:
            await telephone.ring(ring, lambda: True)
    assert failed.value.is_ours is is_ours

"""Buyers told as they are called: by a signed webhook that holds nothing up, by headers of a SIP call."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engine.core.commands import TellBuyer, Told
from engine.runtime.clock import Clock
from engine.runtime.outward.pinging import AskingCall
from engine.runtime.outward.requests import Outward, Secrets
from engine.runtime.outward.tellings import MOST_HEADERS, tell_buyer, with_headers
from tests.runtime.bidders import Bidders, http, never, says, serving

ASKING = AskingCall("c1", "+15125550123", lambda: 5_000)
TOLD = (Told("zip", "78701"), Told("zip.state", "TX"), Told("owner", True), Told("ssn", "4242", True))


@pytest.fixture
async def outward() -> AsyncIterator[Outward]:
    made = Outward(Clock(), Secrets({"CORDBOARD_SECRET_LONESTAR": "between us"}))
    yield made
    await made.close()


def command(server: Bidders, timeout_ms: int = 2_000) -> TellBuyer:
    return TellBuyer(
        leg="buyer-1",
        buyer="lonestar",
        campaign="roofing",
        price_micros=45_000_000,
        url=server.url("crm"),
        timeout_ms=timeout_ms,
        secret="LONESTAR",
        told=TOLD,
    )


async def test_the_webhook_gets_the_answers_the_caller_and_a_signature(outward: Outward) -> None:
    async with serving(crm=says(http({}))) as server:
        told = await tell_buyer(command(server), outward, ASKING)
    assert (told.leg, told.outcome, told.detail) == ("buyer-1", "delivered", "HTTP 200")
    (asked,) = server.asked
    assert asked.json == {
        "call": "c1",
        "leg": "buyer-1",
        "buyer": "lonestar",
        "campaign": "roofing",
        "caller": "+15125550123",
        "price": "45.00",
        "answers": {"zip": "78701", "zip.state": "TX", "owner": True, "ssn": "4242"},
    }
    assert asked.headers["x-cordboard-signature"].startswith("t=")


@pytest.mark.parametrize(
    ("reply", "outcome", "detail"),
    [(http({}, "500 Oops"), "failed", "HTTP 500"), (None, "failed", "RemoteProtocolError")],
)
async def test_what_goes_wrong_is_told_and_raises_nothing(
    outward: Outward, reply: bytes | None, outcome: str, detail: str
) -> None:
    async with serving(crm=says(reply)) as server:
        told = await tell_buyer(command(server), outward, ASKING)
    assert (told.outcome, told.detail) == (outcome, detail)


async def test_who_does_not_answer_is_given_up(outward: Outward) -> None:
    async with serving(crm=never) as server:
        told = await tell_buyer(command(server, timeout_ms=50), outward, ASKING)
    assert told.outcome == "timeout"


def test_a_sip_call_carries_the_answers_as_headers() -> None:
    assert with_headers("sip:calls@pbx.example.com;transport=tls", TOLD[:3]) == (
        "sip:calls@pbx.example.com;transport=tls"
        "?X-Cordboard-Zip=78701&X-Cordboard-Zip-State=TX&X-Cordboard-Owner=true"
    )


def test_no_answer_breaks_out_of_its_header() -> None:
    address = with_headers("sip:a@b.example.com", (Told("note", "a&X-Evil=1\r\nVia: x?;"),))
    assert address == "sip:a@b.example.com?X-Cordboard-Note=a%26X-Evil%3D1%0D%0AVia%3A%20x%3F%3B"


def test_a_telephone_number_carries_none() -> None:
    assert with_headers("+15550111", TOLD) == "+15550111"


def test_headers_stay_within_what_the_carrier_takes() -> None:
    many = tuple(Told(f"a{number}", "x" * 90) for number in range(30))
    headers = with_headers("sip:a@b.example.com", many).partition("?")[2]
    assert 800 < len(headers) <= MOST_HEADERS

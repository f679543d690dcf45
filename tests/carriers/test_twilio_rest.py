"""Twilio's REST side, against a real HTTP server on a loopback port."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qs, quote

import pytest

from engine.carriers import BY_NAME
from engine.carriers.contract import (
    CallLength,
    CarrierAccount,
    CarrierRefused,
    CarrierUnreachable,
    LegToRing,
    StreamAt,
)
from engine.carriers.twilio.rest import TwilioRest
from engine.runtime.settings import Settings
from tests.carriers.at_door import AtDoor

Answer = tuple[int, dict[str, object] | bytes] | None
"""Status and JSON, or what is sent as it is; None hangs up without an answer."""


@asynccontextmanager
async def twilio(*answers: Answer) -> AsyncIterator[tuple[str, list[tuple[str, str, str]]]]:
    """Gives each request the next answer; notes request line, authorization and body."""
    left, requests = list(answers), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        body = (await reader.readexactly(int(fields.get("content-length", "0")))).decode()
        requests.append((head.split("\r\n")[0], fields["authorization"], body))
        answer = left.pop(0)
        if answer is not None:
            text = answer[1] if isinstance(answer[1], bytes) else json.dumps(answer[1]).encode()
            writer.write(
                b"HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (answer[0], len(text))
            )
            writer.write(text)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


@asynccontextmanager
async def client(url: str) -> AsyncIterator[TwilioRest]:
    rest = TwilioRest("AC1", "secret", base_url=url)
    try:
        yield rest
    finally:
        await rest.close()


AT = StreamAt("wss://x.test/media/twilio/pass", "token-1", 0)
LEG = LegToRing("c1", "buyer-1", "+15550111", "+15550100", 20, lambda: AT)


@asynccontextmanager
async def ringing(url: str) -> AsyncIterator[CarrierAccount]:
    known = {"twilio_account_sid": "AC1", "twilio_auth_token": "secret", "twilio_api_url": url}
    account = BY_NAME["twilio"].open(Settings(**known), AtDoor())
    try:
        yield account
    finally:
        await account.close()


async def new_call(rest: TwilioRest) -> str:
    return await rest.create_call({"To": "+15550111", "From": "+15550100"})


async def test_a_call_is_created_with_what_twilio_asks_for() -> None:
    async with twilio((201, {"sid": "CA9"})) as (url, requests), ringing(url) as account:
        assert await account.ring(LEG) == "CA9"
    line, authorization, body = requests[0]
    assert line == "POST /2010-04-01/Accounts/AC1/Calls.json HTTP/1.1"
    assert authorization == "Basic " + base64.b64encode(b"AC1:secret").decode()
    sent = parse_qs(body)
    (document,) = sent.pop("Twiml")
    assert 'url="wss://x.test/media/twilio/pass"' in document
    assert "/carriers/twilio/leg/c1/buyer-1/0</Redirect>" in document
    assert sent == {
        "To": ["+15550111"],
        "From": ["+15550100"],
        "Timeout": ["20"],
        "StatusCallback": ["https://calls.example.com/carriers/twilio/status/c1/buyer-1"],
        "StatusCallbackMethod": ["POST"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }


async def test_a_refusal_tells_twilios_code() -> None:
    answer = (400, {"code": 21211, "message": "The 'To' number is not valid"})
    async with twilio(answer) as (url, _), client(url) as rest:
        with pytest.raises(CarrierRefused) as refused:
            await new_call(rest)
    assert (refused.value.status, refused.value.code) == (400, 21211)
    assert "secret" not in str(refused.value)


async def test_a_call_whose_answer_is_lost_is_not_placed_again() -> None:
    async with twilio(None, (201, {"sid": "CA9"})) as (url, requests), client(url) as rest:
        with pytest.raises(CarrierUnreachable):
            await new_call(rest)
    assert len(requests) == 1


async def test_hanging_up_is_tried_twice() -> None:
    async with twilio(None, (200, {"sid": "CA9"})) as (url, requests), client(url) as rest:
        await rest.end_call("CA9")
    assert [body for _, _, body in requests] == ["Status=completed"] * 2


@pytest.mark.parametrize(
    "answer", [(404, {"code": 20404}), (400, {"code": 21220, "message": "not in-progress"})]
)
async def test_hanging_up_a_call_that_is_over_is_fine(answer: Answer) -> None:
    async with twilio(answer) as (url, _), client(url) as rest:
        await rest.end_call("CA9")


async def test_hanging_up_may_be_refused() -> None:
    async with twilio((401, {"code": 20003, "message": "Authenticate"})) as (url, _), client(url) as rest:
        with pytest.raises(CarrierRefused):
            await rest.end_call("CA9")


async def test_nobody_there_is_unreachable() -> None:
    async with client("http://127.0.0.1:1") as rest:
        with pytest.raises(CarrierUnreachable):
            await rest.end_call("CA9")


@pytest.mark.parametrize("deep", [b"[" * 60_000, b'{"code":' * 60_000, b"[" * 65 + b"]" * 65])
async def test_an_answer_that_nests_without_end_has_no_fields(deep: bytes) -> None:
    async with twilio((400, deep)) as (url, _), client(url) as rest:
        with pytest.raises(CarrierRefused) as refused:
            await new_call(rest)
    assert (refused.value.status, refused.value.code) == (400, 0)


async def test_an_answer_without_a_sid_is_no_call() -> None:
    async with twilio((200, {})) as (url, _), client(url) as rest:
        with pytest.raises(CarrierUnreachable):
            await new_call(rest)


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ({"status": "completed", "duration": "105"}, CallLength("completed", 105)),
        ({"status": "in-progress", "duration": None}, CallLength("in-progress", None)),
        ({"status": "no-answer", "duration": "0"}, CallLength("no-answer", 0)),
        ({"status": "completed", "duration": "²"}, CallLength("completed", None)),
        ({"status": "completed", "duration": "9" * 5000}, CallLength("completed", None)),
    ],
)
async def test_twilio_is_asked_how_long_a_call_lasted(fields: dict[str, object], length: CallLength) -> None:
    async with twilio((200, fields)) as (url, requests), client(url) as rest:
        assert await rest.call_length("CA9") == length
    assert requests[0][0] == "GET /2010-04-01/Accounts/AC1/Calls/CA9.json HTTP/1.1"


@pytest.mark.parametrize("sid", ["CA\x125", "../Calls", "CA?x=1#y", "CA é"])
async def test_a_call_of_any_name_is_asked_for_by_that_name(sid: str) -> None:
    async with (
        twilio((200, {"status": "completed", "duration": "1"})) as (url, requests),
        client(url) as rest,
    ):
        await rest.call_length(sid)
    assert requests[0][0] == f"GET /2010-04-01/Accounts/AC1/Calls/{quote(sid, safe='')}.json HTTP/1.1"


async def test_twilio_is_asked_what_picked_up_while_the_call_goes_on() -> None:
    told = "https://calls.example.com/carriers/twilio/answerer/c1/buyer-1"
    async with twilio((201, {"sid": "CA9"})) as (url, requests), ringing(url) as account:
        await account.ring(replace(LEG, detects_machines=True))
    form = parse_qs(requests[0][2])
    assert {name: held for name, held in form.items() if "Machine" in name or "Amd" in name} == {
        "MachineDetection": ["Enable"],
        "MachineDetectionTimeout": ["6"],
        "AsyncAmd": ["true"],
        "AsyncAmdStatusCallback": [told],
        "AsyncAmdStatusCallbackMethod": ["POST"],
    }

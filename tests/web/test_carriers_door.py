"""What carriers post: read where it can be signed, and whatever stands in it, parsed or refused in a line."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from engine.carriers.requests import MAX_FIELDS, CarrierForm, CarrierWebhook
from engine.store.tables.carrier_records import CarrierRecord
from engine.web.carriers import MAX_BODY_BYTES
from tests.journeys.journey_world import TOKEN, House, network, open_house, voice_form
from tests.runtime.kept_calls import kept_call
from tests.web.raw_http import RawAnswer, answered, asked, opened, request

VOICE = "/carriers/twilio/voice"
URL_ENCODED = b"application/x-www-form-urlencoded"
Pairs = list[tuple[str, str]]


class Values(dict[str, list[str]]):
    """A form as the signing package reads one with repeated fields."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, network(tmp_path / "flows")) as opened_house:
        yield opened_house


def pairs(**more: str) -> Pairs:
    return [*voice_form().items(), *more.items()]


def signed_for(house: House, path: str, form: Pairs) -> bytes:
    values = Values()
    for name, value in form:
        values.setdefault(name, []).append(value)
    url = f"http://{house.engine.http_address}{path}"
    return str(RequestValidator(TOKEN).compute_signature(url, values)).encode()


async def post(
    house: House, path: str, form: Pairs, kind: bytes = URL_ENCODED, signature: bytes | None = None
) -> RawAnswer:
    """The form as the carrier posts it, signed by Twilio's own package."""
    signature = signed_for(house, path, form) if signature is None else signature
    headers = {
        b"Host": house.engine.http_address.encode(),
        b"Content-Type": kind,
        b"X-Twilio-Signature": signature,
    }
    body = urlencode(form).encode()
    answer = await asked(
        house.engine.http_address, request(path.encode(), method=b"POST", headers=headers, body=body)
    )
    assert answer is not None
    return answer


async def test_of_a_field_that_comes_twice_the_first_counts(house: House) -> None:
    twice = await post(
        house, VOICE, [*pairs(), ("To", "+15550199"), ("SipHeader_X-A", "1"), ("SipHeader_X-A", "1")]
    )
    assert (twice.status, b"<Stream" in twice.body) == (200, True)
    form = CarrierWebhook("POST", "", "", (), {}, "", b"a=1&a=2&b=&c").form()
    assert [form.field(name) for name in ("a", "b", "c", "d")] == ["1", "", "", ""]


async def test_letters_of_every_script_are_signed_and_read(house: House) -> None:
    assert (await post(house, VOICE, pairs(CallerName="Jörg Müller 東京 \x1b"))).status == 200


async def test_nothing_is_read_of_what_cannot_be_signed(house: House) -> None:
    for signature in ({}, {b"X-Twilio-Signature": b"bm8="}):
        headers = {
            b"Content-Type": b"multipart/form-data; boundary=x",
            b"Content-Length": b"55000",
            **signature,
        }
        reader, writer = await opened(house.engine.http_address)
        writer.write(request(VOICE.encode(), method=b"POST", headers=headers))  # and not a byte of its body
        assert (answer := await answered(reader)) is not None
        assert answer.status == 403
        writer.transport.abort()


@pytest.mark.parametrize(
    "kind", [b"multipart/form-data; boundary=x", b"application/json", b"text/plain", b""]
)
async def test_only_url_encoded_forms_are_read(house: House, kind: bytes) -> None:
    assert (await post(house, VOICE, pairs(), kind)).status == 415


async def test_a_form_is_no_longer_than_one_of_ours(house: House) -> None:
    many = await post(house, VOICE, pairs(**{f"x{number}": "" for number in range(MAX_FIELDS)}))
    long = await post(house, VOICE, pairs(x="y" * MAX_BODY_BYTES))
    assert (many.status, long.status) == (413, 413)


async def test_of_forms_with_forged_signatures_one_is_read_in_a_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, read = 0, Counter[int]()
    reading = CarrierWebhook.form

    def counted(webhook: CarrierWebhook) -> CarrierForm:
        read[turn] += 1
        return reading(webhook)

    monkeypatch.setattr(CarrierWebhook, "form", counted)
    forged = b"A" * 27 + b"="
    posts = asyncio.gather(*(post(house, VOICE, pairs(x="%" * 2000), signature=forged) for _ in range(30)))
    while not posts.done():
        turn += 1
        await asyncio.sleep(0)
    assert {answer.status for answer in posts.result()} == {403}
    assert read.total() == 30
    assert max(read.values()) <= 2  # a turn of ours may see the end of one and the beginning of the next


@pytest.mark.parametrize(
    "odd",
    [
        {"CallSid": ""},
        {"CallSid": "CA\x1b[2J"},
        {"CallSid": "x" * 129},
        {"To": ""},
        {"To": "+1\r\n"},
        {"From": "\u202e+1"},
        {"From": "9" * 300},
        {"From": "\0"},
    ],
)
async def test_a_call_that_no_record_could_keep_is_refused(house: House, odd: dict[str, str]) -> None:
    assert (await post(house, VOICE, list({**voice_form(), **odd}.items()))).status == 400
    assert len(house.engine.arrivals) == 0


@pytest.mark.parametrize("said", ["²", "٣", "9" * 5000, "-1", "1e3", "\x1b", " 7"])
async def test_a_duration_that_is_no_time_is_passed_over_in_a_line(
    house: House, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    await kept_call(house.engine.store, "call-1")
    caplog.set_level(logging.WARNING)
    path = "/carriers/twilio/status/call-1/buyer-1"
    form = [("CallStatus", "completed"), ("CallDuration", said)]
    assert (await post(house, path, form)).status == 204
    (line,) = caplog.messages
    assert line.startswith("call call-1: the carrier's CallDuration of its leg buyer-1 is no time: ")
    assert line.isprintable()
    assert len(line) < 120
    view = await house.engine.store.call("call-1")
    assert view is not None
    assert view.carrier_records == ()


async def test_a_duration_is_kept(house: House) -> None:
    await kept_call(house.engine.store, "call-1")
    path = "/carriers/twilio/status/call-1/buyer-9"
    await post(house, path, [("CallStatus", "completed"), ("CallDuration", "42"), ("CallDuration", "43")])
    view = await house.engine.store.call("call-1")
    assert view is not None
    (kept,) = view.carrier_records
    assert isinstance(kept, CarrierRecord)
    assert (kept.leg, kept.duration_ms) == ("buyer-9", 42_000)


@pytest.mark.parametrize("leg", ["%1b%5B2J", "%00", "x" * 129, "%E2%80%AE", "a%0d%0ab"])
async def test_a_leg_that_has_no_name_is_refused(house: House, leg: str) -> None:
    path = f"/carriers/twilio/status/call-1/{leg}"
    assert (await post(house, path, [("CallDuration", "42")])).status == 404
    assert (await post(house, path, [("CallDuration", "42")], signature="é".encode() * 14)).status == 403


@pytest.mark.parametrize("name", ["CA\x125cf", "../../Accounts", "CA" + "e" * 127, "é", "\x1b[2J"])
async def test_a_carriers_call_that_has_no_name_is_refused(
    house: House, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a call that is over, too, whose leg would be ended by that name."""
    await kept_call(house.engine.store, "call-1")
    for path in ("/carriers/twilio/status/call-1/buyer-1", "/carriers/twilio/status"):
        form = [("CallStatus", "ringing"), ("CallSid", name)]
        assert (await post(house, path, form)).status == 400
    assert caplog.messages == []

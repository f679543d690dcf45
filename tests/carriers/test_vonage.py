"""Vonage: its proofs good, spoilt and old; its NCCOs and requests as its own package reads them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx
import jwt
import pytest

from engine.carriers.contract import CarrierRefused, LegNews, LegToRing, StreamAt, TurnedAway
from engine.carriers.requests import CarrierWebhook, WebhookAnswer
from engine.carriers.vonage.account import VonageAccount, VonageSettings, endpoint
from engine.carriers.vonage.rest import private_key
from engine.carriers.vonage.stream import VonageStream, WideVonageStream
from engine.media.linear import from_mulaw
from engine.media.messages import Audio, Malformed, Started
from engine.media.streams import Upgrade
from engine.rehearsal.loopback import tone
from engine.rehearsal.loopback.vonage.part import VonagePart
from tests.carriers.at_door import AtDoor

SECRET = "signature-secret-of-an-account-00"
BODY = b'{"uuid":"aa-11","from":"15125550123","to":"15550100"}'
PART = VonagePart(secret=SECRET)


def account(door: AtDoor) -> VonageAccount:
    return VonageAccount(VonageSettings(**PART.settings("https://api.example.com")), door)  # type: ignore[arg-type]


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> dict[str, str]:
    return {"authorization": f"Bearer {jwt.encode(claims, secret, algorithm=algorithm)}"}


def asked(route: str, body: bytes, headers: dict[str, str], query: str = "") -> CarrierWebhook:
    kind = {"content-type": "application/json"}
    url = f"https://calls.example.com/carriers/vonage/{route}"
    return CarrierWebhook("POST", route, query, (url,), {**kind, **headers}, "192.0.2.1", body)


def claims(door: AtDoor, **more: object) -> dict[str, Any]:
    return {"iat": int(door.now), "payload_hash": hashlib.sha256(BODY).hexdigest(), **more}


# Proof


def test_a_token_of_now_for_this_body_holds() -> None:
    door = AtDoor("vonage")
    assert account(door).holds(asked("voice", BODY, signed(claims(door))))


@pytest.mark.parametrize(
    "spoilt",
    [
        {"payload_hash": hashlib.sha256(b"{}").hexdigest()},
        {"payload_hash": None},
        {"payload_hash": ""},
        {"iat": None},
        {"iat": "1795000000"},
        {"iat": True},
        {"iat": 1_795_000_000 - 301},
        {"iat": 1_795_000_000 + 301},
    ],
    ids=str,
)
def test_a_token_for_another_body_or_time_does_not(spoilt: dict[str, object]) -> None:
    door = AtDoor("vonage")
    told = {name: value for name, value in {**claims(door), **spoilt}.items() if value is not None}
    assert not account(door).holds(asked("voice", BODY, signed(told)))


def test_another_secret_or_no_signature_at_all_does_not() -> None:
    door = AtDoor("vonage")
    ours = account(door)
    assert not ours.holds(asked("voice", BODY, signed(claims(door), "x" * 33)))
    assert not ours.holds(asked("voice", BODY, signed(claims(door), "", "none")))
    assert not ours.holds(asked("voice", BODY, {"authorization": "Bearer x.y.z"}))
    assert not ours.holds(asked("voice", BODY, {}))
    assert not VonageAccount(VonageSettings(), door).holds(asked("voice", BODY, signed(claims(door))))


def test_a_websocket_needs_its_address_and_a_token_of_now() -> None:
    door = AtDoor("vonage")
    ours = account(door)
    good = Upgrade("/media/vonage/p", signed({"iat": int(door.now)}), "192.0.2.1")
    old = Upgrade("/media/vonage/p", signed({"iat": int(door.now) - 301}), "192.0.2.1")
    bare = Upgrade("/media/vonage/p", {}, "192.0.2.1")
    assert ours.upgrade_holds(good, is_expected=True)
    assert not ours.upgrade_holds(good, is_expected=False)
    assert not ours.upgrade_holds(old, is_expected=True)
    assert not ours.upgrade_holds(bare, is_expected=True)


def test_vonages_own_package_takes_the_same_token_for_signed() -> None:
    package = pytest.importorskip("vonage_jwt")
    token = signed(claims(AtDoor("vonage")))["authorization"].removeprefix("Bearer ")
    assert package.verify_signature(token, SECRET)
    assert not package.verify_signature(token, "x" * 32)


def test_a_private_key_is_an_rsa_key_in_pem_or_none() -> None:
    written = PART.private_key.replace("\n", "\\n")
    assert private_key("") is None
    assert private_key(written) is not None
    with pytest.raises(ValueError, match="RSA key in PEM"):
        private_key("secret")


# Streams


@pytest.mark.parametrize(("stream", "rate_hz"), [(VonageStream(), 8000), (WideVonageStream(), 16_000)])
def test_sound_goes_in_frames_of_20_ms_and_its_tail_before_a_mark(stream: VonageStream, rate_hz: int) -> None:
    start = {"event": "websocket:connected", "content-type": f"audio/l16;rate={rate_hz}", "call": "aa-11"}
    assert isinstance(stream.decode(json.dumps(start)), Started)
    voice, size = tone(440, 50), rate_hz // 25
    said = stream.audio(base64.b64encode(voice))
    tail, mark = stream.mark("m")
    assert isinstance(said, tuple)
    assert [len(each) for each in (*said, tail)] == [size, size, size]
    assert b"".join([*said, tail])[: len(voice) * size // 160] == from_mulaw(voice, rate_hz)  # type: ignore[list-item]
    assert mark == '{"action":"notify","payload":{"name":"m"}}'
    heard = stream.decode(from_mulaw(voice, rate_hz))
    assert heard == Audio(base64.b64encode(voice))


def test_a_stream_of_another_rate_does_not_start() -> None:
    start = {"event": "websocket:connected", "content-type": "audio/l16;rate=16000", "call": "aa-11"}
    assert isinstance(VonageStream().decode(json.dumps(start)), Malformed)


# Webhooks


async def answered(door: AtDoor, route: str, told: dict[str, object], query: str = "") -> WebhookAnswer:
    ours = account(door)
    answer = await ours.answer(asked(route, json.dumps(told).encode(), {}, query))
    await ours.close()
    return answer


async def test_an_nccos_event_url_brings_the_caller_back_with_what_was_sent() -> None:
    door = AtDoor("vonage")
    first = await answered(door, "voice", json.loads(BODY), "zip=78701")
    (action,) = json.loads(first.body)
    then = httpx.URL(action["eventUrl"][0])
    assert then.path == "/carriers/vonage/after/0/aa-11"
    route, query = then.path.removeprefix("/carriers/vonage/"), then.query.decode()
    waiting = await answered(door, route, {"status": "ringing", "uuid": "of-the-socket"}, query)
    again = await answered(door, route, {"status": "disconnected", "uuid": "of-the-socket"}, query)
    assert (waiting.status, waiting.body) == (204, "")
    (follows,) = json.loads(again.body)
    assert follows["endpoint"][0]["headers"] == {"token": "tok_en-2", "call": "aa-11"}
    assert [each[0] for each in door.told] == ["welcome", "after"]
    arriving = door.told[0][1]
    assert (arriving.caller, arriving.called, dict(arriving.query)) == (  # type: ignore[attr-defined]
        "+15125550123",
        "+15550100",
        {"zip": "78701"},
    )


async def test_who_is_turned_away_hears_why_and_is_let_go() -> None:
    told = json.loads(BODY)
    busy = await answered(AtDoor("vonage", welcomes=TurnedAway("no_room", "Busy.")), "voice", told)
    taken = await answered(AtDoor("vonage", welcomes=TurnedAway("taken")), "voice", told)
    assert json.loads(busy.body) == [{"action": "talk", "text": "Busy."}]
    assert json.loads(taken.body) == []


@pytest.mark.parametrize(
    ("status", "more", "news"),
    [
        ("started", {}, LegNews("dialled", "bb", said="started")),
        ("ringing", {}, LegNews("ringing", "bb", said="ringing")),
        ("answered", {}, LegNews("answered", "bb", said="answered")),
        ("busy", {}, LegNews("ended", "bb", "busy", 0, None, "busy")),
        ("timeout", {}, LegNews("ended", "bb", "noanswer", 0, None, "timeout")),
        ("failed", {"detail": "cannot_route"}, LegNews("ended", "bb", "failed", 0, None, "cannot_route")),
        (
            "completed",
            {"duration": "95", "disconnected_by": "user"},
            LegNews("ended", "bb", "completed", 95_000, "buyer", "completed"),
        ),
    ],
)
async def test_events_of_a_leg_become_its_news(status: str, more: dict[str, object], news: LegNews) -> None:
    door = AtDoor("vonage")
    await answered(door, "status/c1/l1", {"uuid": "bb", "status": status, **more})
    assert door.told == [("leg_news", "c1", "l1", news)]


async def test_an_end_without_a_name_is_malformed() -> None:
    door = AtDoor("vonage")
    refused = await answered(door, "events", {"status": "completed", "direction": "inbound"})
    assert (refused.status, door.told) == (400, [("malformed",)])


# What Vonage's own package says of what we send


async def test_nccos_are_what_vonages_models_take() -> None:
    ncco = pytest.importorskip("vonage_voice.models.ncco")
    first = await answered(AtDoor("vonage"), "voice", json.loads(BODY))
    (action,) = json.loads(first.body)
    (socket,) = action["endpoint"]
    models = pytest.importorskip("vonage_voice.models.connect_endpoints")
    socket = models.WebsocketEndpoint(contentType=socket.pop("content-type"), **socket)
    known = {**action, "endpoint": [socket], "from_": action["from"]}
    written = ncco.Connect(**known).model_dump(by_alias=True, exclude_none=True)
    assert written["endpoint"][0]["content-type"] == "audio/l16;rate=8000"
    assert (written["eventType"], written["from"]) == ("synchronous", "15550100")


async def test_requests_for_a_call_are_what_vonages_models_take() -> None:
    models = pytest.importorskip("vonage_voice.models.requests")
    door = AtDoor("vonage")
    ours = account(door)
    sent: list[dict[str, Any]] = []

    async def dial(body: dict[str, Any]) -> str:
        sent.append(body)
        return "bb"

    ours.rest.dial = dial  # type: ignore[method-assign, assignment]
    placing = LegToRing("c1", "l1", "+15550111", "+15550100", 400, lambda: StreamAt("wss://x", "t", 0))
    assert await ours.ring(placing) == "bb"
    (body,) = sent
    models.CreateCallRequest(**{**body, "from_": body.pop("from")})
    assert body["ringing_timer"] == 120
    assert body["event_url"] == ["https://calls.example.com/carriers/vonage/status/c1/l1"]


def test_a_sip_address_gives_its_headers_apart() -> None:
    assert endpoint("sip:desk@pbx.example.com?X-Zip=78701") == {
        "type": "sip",
        "uri": "sip:desk@pbx.example.com",
        "headers": {"Zip": "78701"},
    }


def test_a_refusal_says_which_number_it_is_about() -> None:
    from engine.carriers.vonage.rest import refusal

    def refused(name: str) -> CarrierRefused:
        told = {"title": "Bad Request", "invalid_parameters": [{"name": name, "reason": "invalid"}]}
        return refusal(httpx.Response(400, json=told), None)

    assert [refused(name).of for name in ("to", "from.number", "answer_url")] == ["dialled", "shown", "us"]

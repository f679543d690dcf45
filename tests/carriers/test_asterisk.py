"""What is Asterisk's own: proofs by SHA1 within SHA1, its dialplan's words, ARI's refusals, commands on the stream."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from engine.carriers.asterisk.account import AsteriskAccount, AsteriskSettings
from engine.carriers.asterisk.stream import AsteriskStream
from engine.carriers.contract import (
    CallLength,
    CarrierRefused,
    CarrierUnreachable,
    LegNews,
    LegsToJoin,
    LegToRing,
    StreamAt,
    TurnedAway,
)
from engine.carriers.requests import URL_ENCODED, CarrierWebhook, WebhookAnswer
from engine.media.messages import Ignored, Key, Malformed, Started
from engine.media.streams import Upgrade
from tests.carriers.at_door import AtDoor

SECRET = "s3cret"
START = {
    "event": "MEDIA_START",
    "connection_id": "cordboard",
    "channel": "WebSocket/cordboard/0x7f",
    "channel_id": "peer-1.2",
    "format": "ulaw",
    "optimal_frame_size": 160,
    "ptime": 20,
    "channel_variables": {
        "__CORDBOARD_CALL": "peer-1.1",
        "__CORDBOARD_TOKEN": "tok",
        "BRIDGEPEER": "PJSIP/x",
    },
}


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def signed(route: str, body: str, at: int, secret: str = SECRET) -> bytes:
    said = f"{body}&Time={at}"
    return f"{said}&Proof={sha1(f'{secret}:' + sha1(f'{secret}:{route}:{said}'))}".encode()


def account(door: AtDoor, **more: Any) -> AsteriskAccount:
    known = {
        "asterisk_secret": SECRET,
        "asterisk_ari_password": "p",
        "asterisk_dials": "PJSIP/{digits}@trunk",
    }
    return AsteriskAccount(AsteriskSettings(**(known | more)), door)


def webhook(route: str, body: bytes) -> CarrierWebhook:
    headers = {"content-type": URL_ENCODED}
    return CarrierWebhook(
        "POST", route, "", (f"https://x/carriers/asterisk/{route}",), headers, "192.0.2.1", body
    )


async def told(door: AtDoor, route: str, body: str, **more: Any) -> WebhookAnswer:
    """The answer to what a dialplan asks, proven."""
    asked = webhook(route, signed(route, body, int(door.now)))
    at = account(door, **more)
    assert at.may_hold(asked)
    assert at.holds(asked)
    return await at.answer(asked)


# Proof


@pytest.mark.parametrize(
    ("route", "body", "late_s", "secret"),
    [
        ("ended", "Call=1", 0, SECRET),
        ("voice", "Call=1", 301, SECRET),
        ("voice", "Call=1", -301, SECRET),
        ("voice", "Call=1", 0, "another"),
    ],
    ids=["another route", "too old", "from the future", "another secret"],
)
def test_a_proof_holds_for_one_route_a_while_and_one_secret(
    route: str, body: str, late_s: int, secret: str
) -> None:
    door = AtDoor("asterisk")
    assert account(door).holds(webhook("voice", signed("voice", body, int(door.now))))
    spoilt = signed(route, body, int(door.now) - late_s, secret)
    assert not account(door).holds(webhook("voice", spoilt))


@pytest.mark.parametrize(
    "body", [b"", b"Call=1", b"Call=1&Time=1&Proof=", b"Proof=" + b"0" * 40, b"\xff&Time=1&Proof=0"]
)
def test_what_has_no_proof_does_not_hold(body: bytes) -> None:
    assert not account(AtDoor("asterisk")).holds(webhook("voice", body))
    assert not account(AtDoor("asterisk"), asterisk_secret="").may_hold(webhook("voice", body))


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ("cordboard:s3cret", True),
        ("cordboard:s3cre", False),
        ("other:s3cret", False),
        ("cordboard:", False),
        ("", False),
    ],
)
def test_an_upgrade_needs_the_secret_as_its_password(given: str, holds: bool) -> None:
    shown = base64.b64encode(given.encode()).decode()
    upgrade = Upgrade("/media/asterisk?pass=x", {"authorization": f"Basic {shown}"}, "192.0.2.1")
    assert account(AtDoor("asterisk")).upgrade_holds(upgrade, is_expected=True) is holds
    assert not account(AtDoor("asterisk"), asterisk_secret="").upgrade_holds(upgrade, is_expected=True)


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Bearer s3cret", "Basic " + "A" * 4000])
def test_an_odd_authorization_is_refused(header: str) -> None:
    upgrade = Upgrade("/media/asterisk", {"authorization": header}, "192.0.2.1")
    assert not account(AtDoor("asterisk")).upgrade_holds(upgrade, is_expected=True)


# The dialplan


async def test_a_caller_gets_a_stream_with_its_pass_and_sip_headers_are_handed_on() -> None:
    door = AtDoor("asterisk")
    body = "Call=peer-1.1&From=15125550123&To=%2B15550100&X-Cordboard-Zip=78701"
    answer = await told(door, "voice", body, asterisk_shows_callers=True)
    assert answer.body == "stream|tok_en-1|0|p|wss://x/media/p"
    assert answer.media_type == "text/plain"
    ((_, arriving),) = door.told
    assert (arriving.carrier_call, arriving.caller, arriving.called) == (
        "peer-1.1",
        "15125550123",
        "+15550100",
    )  # type: ignore[attr-defined]
    assert arriving.sip_headers == {"X-Cordboard-Zip": "78701"}  # type: ignore[attr-defined]
    assert arriving.leave  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (TurnedAway("no_room", "All lines are busy."), "sound|no_room"),
        (TurnedAway("cut_off", "We were cut off."), "sound|cut_off"),
        (TurnedAway("taken"), "hangup"),
        (TurnedAway("over"), "hangup"),
    ],
)
async def test_who_is_turned_away_hears_a_sound_or_is_hung_up(away: TurnedAway, said: str) -> None:
    assert (await told(AtDoor("asterisk", welcomes=away), "voice", "Call=1.1&From=1&To=2")).body == said
    assert (await told(AtDoor("asterisk", follows=away), "after/0", "Call=1.1&From=1&To=2")).body == said


@pytest.mark.parametrize(
    ("cause", "lasted", "outcome", "duration_ms"),
    [
        (17, "", "busy", 0),
        (21, "", "busy", 0),
        (19, "", "noanswer", 0),
        (18, "", "noanswer", 0),
        (16, "", "noanswer", 0),
        (1, "", "failed", 0),
        (127, "", "failed", 0),
        (16, "9017", "completed", 9017),
        (16, "99999999999", "completed", 7 * 24 * 3600 * 1000),
    ],
)
async def test_how_a_leg_ended_is_told_by_its_cause(
    cause: int, lasted: str, outcome: str, duration_ms: int
) -> None:
    door = AtDoor("asterisk")
    answer = await told(door, "leg/call/leg-1/ended", f"Call=n&Cause={cause}&By=party&Lasted={lasted}")
    assert answer.body == "ok"
    ((_, *ours, news),) = door.told
    assert ours == ["call", "leg-1"]
    assert isinstance(news, LegNews)
    assert (news.state, news.outcome, news.duration_ms, news.ended_by) == (
        "ended",
        outcome,
        duration_ms,
        "buyer",
    )


@pytest.mark.parametrize("route", ["", "x", "after/x", "leg/call", "leg/call/leg-1/x"])
async def test_an_unknown_route_is_not_there(route: str) -> None:
    assert (await told(AtDoor("asterisk"), route, "Call=1.1&From=1&To=2")).status == 404


async def test_a_call_without_a_name_is_malformed() -> None:
    door = AtDoor("asterisk")
    assert (await told(door, "voice", "Call=a%2Fb&From=1&To=2")).status == 400
    assert door.told == [("malformed",)]


# The stream


def test_a_start_names_the_leg_and_its_token_by_inherited_variables() -> None:
    began: list[tuple[str, str]] = []
    stream = AsteriskStream(lambda call, named: began.append((call, named)))
    started = stream.decode(json.dumps(START))
    assert isinstance(started, Started)
    assert (started.carrier_call, started.parameters) == ("peer-1.1", {"token": "tok"})
    assert began == [("peer-1.1", "peer-1.2")]


@pytest.mark.parametrize(
    "change",
    [{"format": "slin16"}, {"channel_variables": None}, {"channel_variables": {}}, {"channel_id": 7}],
)
def test_a_start_that_lacks_something_is_malformed(change: dict[str, object]) -> None:
    stream = account(AtDoor("asterisk")).open_stream(Upgrade("/media/asterisk", {}, "192.0.2.1"))
    assert isinstance(stream.decode(json.dumps(START | change)), Malformed)


def test_what_the_queue_tells_is_passed_over_and_sound_goes_in_whole_frames() -> None:
    stream = account(AtDoor("asterisk")).open_stream(Upgrade("/media/asterisk", {}, "192.0.2.1"))
    assert isinstance(stream.decode(b"\x00" * 160), Ignored)
    stream.decode(json.dumps(START))
    for event in ("MEDIA_XOFF", "MEDIA_XON", "QUEUE_DRAINED", "MEDIA_BUFFERING_COMPLETED", "STATUS", "ERROR"):
        assert isinstance(stream.decode(json.dumps({"event": event, "channel_id": "x"})), Ignored)
    assert stream.decode(json.dumps({"event": "DTMF_END", "digit": "#"})) == Key("#")
    assert stream.audio(base64.b64encode(b"\x01" * 200)) == b"\x01" * 160
    mark = '{"command":"MARK_MEDIA","correlation_id":"p1.1"}'
    assert stream.mark("p1.1") == (b"\x01" * 40 + b"\xff" * 120, mark)
    assert stream.mark("p1.2") == (mark.replace("p1.1", "p1.2"),)
    stream.audio(base64.b64encode(b"\x01" * 10))
    assert stream.clear() == '{"command":"FLUSH_MEDIA"}'
    assert stream.mark("p1.3") == (mark.replace("p1.1", "p1.3"),)


# ARI


@pytest.fixture
def ari(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[httpx.Request], httpx.Response]], None]:
    """Answers what is asked of ARI."""
    client = httpx.AsyncClient

    def answering(answer: Callable[[httpx.Request], httpx.Response]) -> None:
        monkeypatch.setattr(
            httpx, "AsyncClient", lambda **known: client(**known | {"transport": httpx.MockTransport(answer)})
        )

    return answering


def leg(to: str = "+15550111") -> LegToRing:
    return LegToRing("call", "leg-1", to, "+15550100", 20, lambda: StreamAt("ws://x/p", "tok", 0))


async def test_a_leg_is_dialled_into_the_dialplan_by_a_name_of_ours(ari: Any) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"id": "x"})

    ari(answer)
    assert await account(AtDoor("asterisk")).ring(leg()) == "cordboard-call-leg-1"
    (request,) = asked
    assert request.url.path == "/ari/channels/cordboard-call-leg-1"
    body = json.loads(request.content)
    assert (body["endpoint"], body["callerId"], body["timeout"]) == ("PJSIP/15550111@trunk", "+15550100", 20)
    assert body["variables"]["CORDBOARD_LEG"] == "call/leg-1"
    assert body["variables"]["CORDBOARD_URL"] == "https://calls.example.com/carriers/asterisk"


@pytest.mark.parametrize(
    ("there", "error"), [(404, CarrierRefused), (200, CarrierUnreachable), (502, CarrierUnreachable)]
)
async def test_whether_a_failed_request_was_obeyed_is_asked(
    ari: Any, there: int, error: type[Exception]
) -> None:
    ari(lambda request: httpx.Response(500 if request.method == "POST" else there, json={"message": "no"}))
    with pytest.raises(error) as raised:
        await account(AtDoor("asterisk")).ring(leg())
    assert getattr(raised.value, "of", "dialled") == "dialled"


@pytest.mark.parametrize(
    ("value", "length"),
    [("09017", CallLength("over", 9)), ("0", CallLength("over", 0)), ("", CallLength("over", None))],
)
async def test_how_long_a_channel_lasted_is_what_the_dialplan_kept(
    ari: Any, value: str, length: CallLength
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/variable"):
            assert request.url.params["variable"] == "CORDBOARD_LASTED_n"
            return httpx.Response(200, json={"value": value})
        return httpx.Response(404, json={"message": "Channel not found"})

    ari(answer)
    at = account(AtDoor("asterisk"))
    assert await at.length("n") == length
    await at.end("n")


async def test_a_leg_is_told_once_whom_it_is_joined_with(ari: Any) -> None:
    ended: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        ended.append(request.url.path)
        return httpx.Response(204)

    ari(answer)
    door = AtDoor("asterisk", follows=TurnedAway("over"))
    at = account(door)
    legs = LegsToJoin("call", "leg", "peer-1.1", "leg-channel", at_most_s=60)
    with pytest.raises(CarrierRefused):
        await at.join(legs)
    at.open_stream(Upgrade("/media/asterisk", {}, "192.0.2.1")).decode(
        json.dumps(START | {"channel_variables": {"CORDBOARD_CALL": "leg-channel"}})
    )
    await at.join(legs)
    assert ended == ["/ari/channels/peer-1.2"]
    asked = webhook("leg/call/leg-1/after/0", b"Call=leg-channel")
    caller = webhook("after/0", b"Call=peer-1.1&From=1&To=2")
    assert (await at.answer(caller)).body == "hold"
    assert [(await at.answer(asked)).body for _ in range(2)] == ["join|peer-1.1|L(60000)", "hangup"]
    assert (await at.answer(caller)).body == "hangup"


@pytest.mark.parametrize("dials", ["PJSIP", "{number}", "PJSIP/trunk", "PJSIP/{number}{digits}@trunk"])
def test_how_buyers_are_dialled_names_their_number_once(dials: str) -> None:
    with pytest.raises(ValidationError):
        AsteriskSettings(asterisk_dials=dials)


@pytest.mark.parametrize("dials", ["PJSIP/trunk", "{address}"])
def test_how_addresses_are_dialled_names_them_once(dials: str) -> None:
    with pytest.raises(ValidationError):
        AsteriskSettings(asterisk_dials_sip=dials)


async def test_a_sip_address_is_dialled_where_it_is_said_how(ari: Any) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["endpoint"])
        return httpx.Response(200, json={"id": "x"})

    ari(answer)
    at = account(AtDoor("asterisk"), asterisk_dials_sip="PJSIP/trunk/{address}")
    await at.ring(leg("sip:desk@pbx.example.com"))
    assert asked == ["PJSIP/trunk/sip:desk@pbx.example.com"]
    with pytest.raises(CarrierRefused):
        await account(AtDoor("asterisk")).ring(leg("sip:desk@pbx.example.com"))

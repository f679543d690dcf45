"""Bandwidth: its proofs; its BXML and requests as its own package reads them; its webhooks."""

from __future__ import annotations

import base64
import json
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from engine.carriers.bandwidth.account import BandwidthAccount, BandwidthSettings
from engine.carriers.bandwidth.documents import Proof, hang_up, say_and_hang_up, start_stream
from engine.carriers.bandwidth.stream import BandwidthStream
from engine.carriers.contract import CarrierUnreachable, LegNews, LegToRing, StreamAt, TurnedAway
from engine.carriers.requests import CarrierWebhook, WebhookAnswer
from engine.media.messages import Audio, Malformed, Started
from engine.media.streams import Upgrade
from tests.carriers.at_door import AtDoor

GIVEN = {
    "bandwidth_account_id": "9900000",
    "bandwidth_username": "api",
    "bandwidth_password": "opens-the-api",
    "bandwidth_application_id": "app-1",
    "bandwidth_webhook_password": "shown-at-webhooks",
}
GOOD = {"authorization": f"Basic {base64.b64encode(b'cordboard:shown-at-webhooks').decode()}"}
TOLD = {"eventType": "initiate", "callId": "c-1", "from": "+15125550123", "to": "+15550100"}


def account(door: AtDoor, **given: str) -> BandwidthAccount:
    return BandwidthAccount(BandwidthSettings(**{**GIVEN, **given}), door)  # type: ignore[arg-type]


def asked(route: str, told: object, headers: dict[str, str], query: str = "") -> CarrierWebhook:
    kind = {"content-type": "application/json"}
    url = f"https://calls.example.com/carriers/bandwidth/{route}"
    body = json.dumps(told).encode()
    return CarrierWebhook("POST", route, query, (url,), {**kind, **headers}, "192.0.2.1", body)


# Proof


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Basic",
        "Basic ",
        "Bearer " + GOOD["authorization"].removeprefix("Basic "),
        f"Basic {base64.b64encode(b'cordboard:shown-at-webhook').decode()}",
        f"Basic {base64.b64encode(b'someone:shown-at-webhooks').decode()}",
        "Basic é",
    ],
)
def test_only_the_name_and_the_password_prove_a_webhook_or_a_socket(shown: str) -> None:
    ours = account(AtDoor("bandwidth"))
    spoilt = {"authorization": shown} if shown else {}
    assert ours.holds(asked("voice", TOLD, GOOD))
    assert not ours.holds(asked("voice", TOLD, spoilt))
    assert ours.upgrade_holds(Upgrade("/media/bandwidth/p", GOOD, "192.0.2.1"), is_expected=True)
    assert not ours.upgrade_holds(Upgrade("/media/bandwidth/p", GOOD, "192.0.2.1"), is_expected=False)
    assert not ours.upgrade_holds(Upgrade("/media/bandwidth/p", spoilt, "192.0.2.1"), is_expected=True)


def test_without_a_password_of_ours_nothing_is_proven() -> None:
    bare = account(AtDoor("bandwidth"), bandwidth_webhook_password="")
    for shown in ("Basic ", f"Basic {base64.b64encode(b'cordboard:').decode()}"):
        assert not bare.holds(asked("voice", TOLD, {"authorization": shown}))
    assert not bare.is_set_up


# Streams


def started(**changes: object) -> str:
    track = {"name": "inbound", "mediaFormat": {"encoding": "PCMU", "sampleRate": 8000}}
    about = {"accountId": "9900000", "callId": "c-1", "streamId": "s-1", "tracks": [track], **changes}
    return json.dumps({"eventType": "start", "metadata": about, "streamParams": {"token": "tok"}})


def test_a_start_needs_the_partys_track_in_mu_law() -> None:
    assert isinstance(BandwidthStream().decode(started()), Started)
    opus = {"name": "inbound", "mediaFormat": {"encoding": "OPUS", "sampleRate": 8000}}
    for tracks in ([], [opus], None, [{"name": "outbound"}]):
        assert isinstance(BandwidthStream().decode(started(tracks=tracks)), Malformed)


def test_the_quick_and_the_slow_way_read_the_same_sound() -> None:
    stream = BandwidthStream()
    stream.decode(started())
    frame = b'{"eventType":"media","track":"inbound","payload":"//8="}'
    assert stream.audio_in(frame) == b"//8="
    assert stream.decode_slowly(frame) == Audio(b"//8=")
    assert stream.mark("m") is None


# Webhooks


async def answered(
    door: AtDoor, route: str, told: dict[str, object], sent: list[tuple[str, str]] | None = None
) -> WebhookAnswer:
    ours = account(door)

    async def follow(call: str, bxml: str) -> None:
        assert sent is not None, "nothing is sent by REST"
        sent.append((call, bxml))

    ours.rest.follow = follow  # type: ignore[method-assign]
    answer = await ours.answer(asked(route, told, GOOD, "zip=78701"))
    await ours.close()
    return answer


async def test_a_stream_that_is_over_is_followed_by_another_by_rest() -> None:
    door, sent = AtDoor("bandwidth"), list[tuple[str, str]]()
    first = await answered(door, "voice", TOLD)
    stream = ElementTree.fromstring(first.body)[0]
    events = httpx.URL(stream.get("streamEventUrl", ""))
    assert (events.path, events.query) == ("/carriers/bandwidth/after/0", b"zip=78701")
    begun = await answered(door, "after/0", {**TOLD, "eventType": "mediaStreamStarted"}, sent)
    over = await answered(door, "after/0", {**TOLD, "eventType": "mediaStreamStopped"}, sent)
    assert (begun.status, over.status) == (204, 204)
    ((call, bxml),) = sent
    assert call == "c-1"
    assert "/carriers/bandwidth/after/1?zip=78701" in bxml
    assert [each[0] for each in door.told] == ["welcome", "after"]


async def test_who_is_turned_away_after_a_stream_is_told_why_by_rest() -> None:
    sent = list[tuple[str, str]]()
    door = AtDoor("bandwidth", follows=TurnedAway("cut_off", "Sorry."))
    await answered(door, "after/0", {**TOLD, "eventType": "mediaStreamRejected"}, sent)
    assert sent == [("c-1", say_and_hang_up("Sorry."))]


async def test_a_carrier_that_stays_away_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.carriers.bandwidth.webhooks.PAUSE_S", 0.0)
    ours = account(AtDoor("bandwidth"))
    tries = []

    async def follow(call: str, bxml: str) -> None:
        tries.append(call)
        raise CarrierUnreachable("no route")

    ours.rest.follow = follow  # type: ignore[method-assign]
    told = {**TOLD, "eventType": "mediaStreamStopped"}
    assert (await ours.answer(asked("after/0", told, GOOD))).status == 503
    assert tries == ["c-1"] * 3


async def test_keys_come_by_webhook_and_nonsense_is_malformed() -> None:
    door = AtDoor("bandwidth")
    assert (await answered(door, "keys", {**TOLD, "digit": "#"})).status == 204
    assert (await answered(door, "keys", {**TOLD, "digit": "12"})).status == 400
    assert (await answered(door, "keys", {"digit": "1"})).status == 400
    assert door.told == [("pressed", "c-1", "#"), ("malformed",), ("malformed",)]


TIMES = {"answerTime": "2026-05-01T10:00:00.500Z", "endTime": "2026-05-01T10:01:35.500Z"}


@pytest.mark.parametrize(
    ("cause", "times", "outcome", "duration_ms"),
    [
        ("hangup", TIMES, "completed", 95_000),
        ("hangup", {}, "noanswer", 0),
        ("busy", {}, "busy", 0),
        ("rejected", {}, "busy", 0),
        ("timeout", {}, "noanswer", 0),
        ("cancel", {}, "noanswer", 0),
        ("error", {}, "failed", 0),
        ("hangup", {"answerTime": "yesterday"}, "completed", None),
    ],
)
async def test_a_disconnect_becomes_the_end_of_its_leg(
    cause: str, times: dict[str, object], outcome: Any, duration_ms: int | None
) -> None:
    door = AtDoor("bandwidth")
    await answered(door, "status/c1/l1", {**TOLD, "eventType": "disconnect", "cause": cause, **times})
    news = LegNews("ended", "c-1", outcome, duration_ms, None, cause)
    assert door.told == [("leg_news", "c1", "l1", news)]


# What Bandwidth's own package says of what we send


def same(ours: str, theirs: str) -> bool:
    """The same XML, whatever the order of attributes."""
    return ElementTree.canonicalize(ours) == ElementTree.canonicalize(theirs)


def test_bxml_is_what_bandwidths_package_writes() -> None:
    package = pytest.importorskip("bandwidth.models.bxml")
    shown = {"username": "cordboard", "password": "p&q"}
    stream = package.StartStream(
        destination="wss://x/media/p",
        mode="bidirectional",
        tracks="inbound",
        destination_username="cordboard",
        destination_password="p&q",
        stream_event_url="https://x/after/0?a=1&b=2",
        stream_event_method="POST",
        stream_params=[package.StreamParam(name="token", value="tok")],
        **shown,
    )
    gather = package.StartGather(dtmf_url="https://x/keys", dtmf_method="POST", **shown)
    verbs = [stream, gather, package.Pause(duration=86_400)]
    proof = Proof("cordboard", "p&q")
    ours = start_stream("wss://x/media/p", "tok", "https://x/after/0?a=1&b=2", "https://x/keys", proof)
    assert same(ours, package.Response(verbs).to_bxml())
    assert same(hang_up(), package.Response([package.Hangup()]).to_bxml())


async def test_requests_for_a_call_are_what_bandwidths_models_take() -> None:
    models = pytest.importorskip("bandwidth.models.create_call")
    ours, sent = account(AtDoor("bandwidth")), list[dict[str, Any]]()

    async def dial(body: dict[str, Any]) -> str:
        sent.append(body)
        return "c-2"

    ours.rest.dial = dial  # type: ignore[method-assign, assignment]
    placing = LegToRing("c1", "l1", "+15550111", "+15550100", 400, lambda: StreamAt("wss://x", "t", 0))
    assert await ours.ring(placing) == "c-2"
    known = models.CreateCall.from_dict(sent[0])
    assert (known.var_from, known.to, known.call_timeout) == ("+15550100", "+15550111", 300)
    assert known.additional_properties == {}

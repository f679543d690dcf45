"""jambonz: its proofs good, spoilt and old; its marks; its webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from engine.carriers.contract import LegNews, LegToRing, StreamAt, TurnedAway
from engine.carriers.jambonz.account import JambonzAccount, JambonzSettings, destination
from engine.carriers.jambonz.stream import MOST_MARKS, JambonzStream
from engine.carriers.requests import CarrierWebhook, WebhookAnswer
from engine.media.linear import from_mulaw
from engine.media.messages import Malformed, MarkPlayed, Started
from engine.media.streams import Upgrade
from tests.carriers.at_door import AtDoor

SECRET = "wh_secret_of_an_account"
GIVEN = {
    "jambonz_account_sid": "ac-1",
    "jambonz_api_key": "opens-the-api",
    "jambonz_webhook_secret": SECRET,
}
TOLD = {"call_sid": "aa-1", "from": "+15125550123", "to": "+15550100", "call_status": "trying"}
BODY = json.dumps(TOLD).encode()


def account(door: AtDoor, **given: str) -> JambonzAccount:
    return JambonzAccount(JambonzSettings(**{**GIVEN, **given}), door)  # type: ignore[arg-type]


def signature(at_s: int, body: bytes = BODY, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()


def asked(route: str, body: bytes, header: str | None, query: str = "") -> CarrierWebhook:
    headers = {"content-type": "application/json"}
    if header is not None:
        headers["jambonz-signature"] = header
    url = f"https://calls.example.com/carriers/jambonz/{route}"
    return CarrierWebhook("POST", route, query, (url,), headers, "192.0.2.1", body)


# Proof

AT = 1_795_000_000


@pytest.mark.parametrize(
    ("header", "holds"),
    [
        (f"t={AT},v1={signature(AT)}", True),
        (f"v1={signature(AT)}, t={AT}", True),
        (f"t={AT},v1={'0' * 64},v1={signature(AT)}", True),
        (f"t={AT - 299},v1={signature(AT - 299)}", True),
        (f"t={AT - 301},v1={signature(AT - 301)}", False),
        (f"t={AT + 301},v1={signature(AT + 301)}", False),
        (f"t={AT},v1={signature(AT - 1)}", False),
        (f"t={AT},v1={signature(AT, b'{}')}", False),
        (f"t={AT},v1={signature(AT, BODY, 'another')}", False),
        (f"t={AT}", False),
        (f"v1={signature(AT)}", False),
        (f"t={AT},v1=", False),
        (f"t=,v1={signature(AT)}", False),
        ("", False),
        (None, False),
    ],
)
def test_a_signature_holds_for_its_body_and_for_five_minutes(header: str | None, holds: bool) -> None:
    assert account(AtDoor("jambonz")).holds(asked("voice", BODY, header)) is holds


def test_jambonzs_own_package_takes_the_same_header_for_signed() -> None:
    package = pytest.importorskip("jambonz_sdk._signature")
    header = f"t={AT},v1={signature(AT)}"
    assert account(AtDoor("jambonz")).holds(asked("voice", BODY, header))
    assert package.verify_signature(BODY, header, SECRET, tolerance=10**10)


def test_without_a_secret_nothing_is_signed() -> None:
    bare = account(AtDoor("jambonz"), jambonz_webhook_secret="")
    assert not bare.holds(asked("voice", BODY, f"t={AT},v1={signature(AT, BODY, '')}"))
    assert not bare.is_set_up


async def test_a_websocket_needs_its_address_and_the_password_of_its_document() -> None:
    ours = account(AtDoor("jambonz"))
    answer = await ours.answer(asked("voice", BODY, None))
    listen = json.loads(answer.body)[1]
    given = listen["wsAuth"]
    assert SECRET not in answer.body

    def upgrade(shown: str) -> Upgrade:
        basic = f"Basic {base64.b64encode(shown.encode()).decode()}"
        return Upgrade("/media/jambonz/p", {"authorization": basic}, "192.0.2.1")

    good = upgrade(f"{given['username']}:{given['password']}")
    assert ours.upgrade_holds(good, is_expected=True)
    assert not ours.upgrade_holds(good, is_expected=False)
    assert not ours.upgrade_holds(upgrade(f"{given['username']}:"), is_expected=True)
    assert not ours.upgrade_holds(Upgrade("/media/jambonz/p", {}, "192.0.2.1"), is_expected=True)
    await ours.close()


# Streams


def start(**changes: object) -> str:
    return json.dumps({"sampleRate": 8000, "mixType": "mono", "callSid": "aa-1", "token": "tok", **changes})


def begun() -> JambonzStream:
    stream = JambonzStream()
    assert isinstance(stream.decode(start()), Started)
    return stream


def test_the_first_text_is_the_start_and_no_other_rate_is_taken() -> None:
    assert isinstance(JambonzStream().decode(start(sampleRate=16_000)), Malformed)
    assert isinstance(begun().decode(start()), Malformed)


def test_no_sound_of_ours_is_taken_for_a_mark() -> None:
    samples = from_mulaw(bytes(range(256)))
    assert b"\xff\xff" not in [samples[at : at + 2] for at in range(0, len(samples), 2)]


def test_no_more_marks_are_sent_than_jambonz_keeps() -> None:
    stream = begun()
    for number in range(MOST_MARKS):
        assert stream.mark(f"m{number}") != ()
    assert stream.mark("one too many") == ()
    back = {"type": "mark", "data": {"name": "m0", "event": "cleared"}}
    assert stream.decode(json.dumps(back)) == MarkPlayed("m0")
    assert stream.mark("again") == ('{"type":"mark","data":{"name":"again"}}',)


def test_the_tail_of_the_sound_goes_before_its_mark() -> None:
    stream = begun()
    assert stream.audio(base64.b64encode(b"\x00" * 170)) == from_mulaw(b"\x00" * 160)
    tail, mark = stream.mark("m")
    assert tail == from_mulaw(b"\x00" * 10 + b"\xff" * 150)
    assert isinstance(mark, str)


# Webhooks


async def answered(door: AtDoor, route: str, told: dict[str, object], query: str = "") -> WebhookAnswer:
    ours = account(door)
    answer = await ours.answer(asked(route, json.dumps(told).encode(), None, query))
    await ours.close()
    return answer


async def test_a_caller_whose_listen_is_over_is_brought_back_with_what_was_sent() -> None:
    door = AtDoor("jambonz")
    first = await answered(door, "voice", TOLD, "zip=78701")
    answer, listen, redirect = json.loads(first.body)
    then = "https://calls.example.com/carriers/jambonz/after/0?zip=78701"
    assert [answer["verb"], redirect["actionHook"]["url"]] == ["answer", then]
    assert "actionHook" not in listen  # it would be asked of a listen that was replaced, too
    assert listen["metadata"] == {"token": "tok_en-1"}
    again = await answered(door, "after/0", TOLD, "zip=78701")
    assert json.loads(again.body)[1]["metadata"] == {"token": "tok_en-2"}
    assert [each[0] for each in door.told] == ["welcome", "after"]


async def test_who_is_turned_away_hears_why_and_is_let_go() -> None:
    busy = await answered(AtDoor("jambonz", welcomes=TurnedAway("no_room", "Busy.")), "voice", TOLD)
    taken = await answered(AtDoor("jambonz", welcomes=TurnedAway("taken")), "voice", TOLD)
    assert json.loads(busy.body) == [{"verb": "say", "text": "Busy."}, {"verb": "hangup"}]
    assert json.loads(taken.body) == [{"verb": "hangup"}]


@pytest.mark.parametrize(
    ("told", "news"),
    [
        ({"call_status": "trying"}, LegNews("dialled", "aa-1", said="trying")),
        ({"call_status": "early-media"}, LegNews("ringing", "aa-1", said="early-media")),
        ({"call_status": "in-progress"}, LegNews("answered", "aa-1", said="in-progress")),
        ({"call_status": "busy"}, LegNews("ended", "aa-1", "busy", 0, None, "busy")),
        ({"call_status": "no-answer"}, LegNews("ended", "aa-1", "noanswer", 0, None, "no-answer")),
        (
            {"call_status": "failed", "sip_status": 603},
            LegNews("ended", "aa-1", "busy", 0, None, "failed"),
        ),
        (
            {"call_status": "failed", "sip_status": 404},
            LegNews("ended", "aa-1", "failed", 0, None, "failed"),
        ),
        (
            {"call_status": "completed", "duration": 95, "call_termination_by": "caller"},
            LegNews("ended", "aa-1", "completed", 95_000, "buyer", "completed"),
        ),
        (
            {"call_status": "completed"},
            LegNews("ended", "aa-1", "completed", None, None, "completed"),
        ),
    ],
)
async def test_statuses_of_a_leg_become_its_news(told: dict[str, object], news: LegNews) -> None:
    door = AtDoor("jambonz")
    await answered(door, "status/c1/l1", {**TOLD, **told})
    assert door.told == [("leg_news", "c1", "l1", news)]


async def test_two_legs_meet_in_one_conference() -> None:
    room = await answered(AtDoor("jambonz"), "join/cordboard-c1-l1/65/leg/c1/l1/0", TOLD)
    conference, redirect = json.loads(room.body)
    assert conference == {"verb": "conference", "name": "cordboard-c1-l1", "endConferenceOnExit": True}
    assert redirect["actionHook"]["url"].endswith("/carriers/jambonz/leg/c1/l1/0")


async def test_nothing_else_is_served_as_a_conference() -> None:
    for route in ("join/cordboard-c1-l1/65", "join/cordboard-c1-l1/x/leg/c1/l1/0", "join/l1/65/voice"):
        assert (await answered(AtDoor("jambonz"), route, TOLD)).status == 404


async def test_a_request_for_a_call_names_its_hooks_and_a_sip_addresss_headers() -> None:
    ours, sent = account(AtDoor("jambonz")), list[dict[str, Any]]()

    async def dial(body: dict[str, Any]) -> str:
        sent.append(body)
        return "bb-1"

    ours.rest.dial = dial  # type: ignore[method-assign, assignment]
    to = "sip:desk@pbx.example.com?X-Zip=78701"
    placing = LegToRing("c1", "l1", to, "+15550100", 20, lambda: StreamAt("wss://x", "t", 0))
    assert await ours.ring(placing) == "bb-1"
    (body,) = sent
    assert body["to"] == {"type": "sip", "sipUri": "sip:desk@pbx.example.com"}
    assert body["headers"] == {"X-Zip": "78701"}
    assert body["call_hook"]["url"].endswith("/carriers/jambonz/answer/c1/l1")
    assert destination("+15550111") == ({"type": "phone", "number": "+15550111"}, {})
    await ours.close()

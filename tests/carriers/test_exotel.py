"""Exotel: linear sound in whole frames, streams that announce callers, proof by what it brings back."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from engine.carriers.contract import LegNews
from engine.carriers.exotel.account import ExotelAccount, ExotelSettings
from engine.carriers.exotel.proof import ExotelProof
from engine.carriers.exotel.stream import ExotelStream
from engine.carriers.requests import CarrierWebhook, UnreadableBody
from engine.media.linear import from_mulaw, to_mulaw
from engine.media.messages import Audio, Key, Malformed, MarkPlayed, Silent, Started, Stopped
from engine.media.streams import Upgrade
from engine.rehearsal.loopback.tones import tone
from tests.carriers.at_door import AtDoor

PASSWORD = "the-applet's-password"
FORMAT = {"encoding": "audio/x-raw", "sample_rate": "8000", "bit_rate": "16"}


def start(along: dict[str, str] | None = None, media_format: dict[str, str] | None = None) -> str:
    content = {
        "stream_sid": "MZ1",
        "call_sid": "c0ffee",
        "account_sid": "account",
        "from": "+15125550123",
        "to": "+15550100",
        "custom_parameters": along or {},
        "media_format": media_format or FORMAT,
    }
    return json.dumps({"event": "start", "sequence_number": "1", "stream_sid": "MZ1", "start": content})


def started() -> ExotelStream:
    stream = ExotelStream()
    assert isinstance(stream.decode(start()), Started)
    return stream


def media(payload: str) -> bytes:
    content = {"chunk": "2", "timestamp": "200", "payload": payload}
    said = {"event": "media", "sequence_number": "3", "stream_sid": "MZ1", "media": content}
    return json.dumps(said).encode()


def sound_of(messages: tuple[bytes, ...]) -> list[bytes]:
    """The linear sound of each message."""
    found = [json.loads(each) for each in messages]
    return [base64.b64decode(each["media"]["payload"]) for each in found if each["event"] == "media"]


# Streams


def test_linear_sound_is_read_by_both_paths() -> None:
    stream, voice = started(), tone(440, 100)
    message = media(base64.b64encode(from_mulaw(voice)).decode())
    payload = stream.audio_in(message)
    assert payload is not None
    assert base64.b64decode(payload) == voice
    assert stream.decode_slowly(message) == Audio(payload)


def test_keys_marks_silence_and_the_end_are_read() -> None:
    stream = started()
    assert stream.decode(b'{"event":"dtmf","stream_sid":"MZ1","dtmf":{"digit":"5","duration":"100"}}') == Key(
        "5"
    )
    assert stream.decode(b'{"event":"mark","stream_sid":"MZ1","mark":{"name":"p.1"}}') == MarkPlayed("p.1")
    assert stream.decode(media("")) == Silent()
    assert stream.decode(b'{"event":"stop","stop":{"reason":"callended"}}') == Stopped()
    assert isinstance(stream.decode(media("AAA")), Malformed)


def test_a_start_announces_its_caller() -> None:
    found = ExotelStream().decode(start({"zip": "78701"}))
    assert isinstance(found, Started)
    assert (found.caller, found.called, found.carrier_call) == ("+15125550123", "+15550100", "c0ffee")
    assert found.parameters == {"zip": "78701"}


def test_a_token_comes_by_the_start_or_by_the_upgrade() -> None:
    for stream, along in ((ExotelStream(), {"token": "tok"}), (ExotelStream("tok", was_asked_for=True), {})):
        found = stream.decode(start(along))
        assert isinstance(found, Started)
        assert found.parameters["token"] == "tok"


def test_a_stream_that_we_asked_for_is_no_new_caller_without_its_token() -> None:
    assert isinstance(ExotelStream(was_asked_for=True).decode(start()), Malformed)


def test_another_rate_is_refused() -> None:
    wide = {**FORMAT, "sample_rate": "16000"}
    assert isinstance(ExotelStream().decode(start(media_format=wide)), Malformed)


def test_small_pieces_are_gathered_and_a_mark_sends_the_rest() -> None:
    stream, talk = started(), tone(440, 430)
    said: list[bytes] = []
    for at in range(0, len(talk), 160):
        said += stream.audio(base64.b64encode(talk[at : at + 160]))
    assert [len(each) for each in sound_of(tuple(said))] == [3200, 3200]
    *rest, mark = stream.mark("prompt-1.7")
    assert json.loads(mark)["mark"] == {"name": "prompt-1.7"}
    heard = to_mulaw(b"".join(sound_of((*said, *rest))))
    assert heard == talk.ljust(-(-len(talk) // 160) * 160, b"\xff")


def test_no_message_is_longer_than_exotel_takes() -> None:
    stream, prompt = started(), tone(440, 20_000)
    pieces = sound_of(stream.audio(base64.b64encode(prompt)))
    assert all(len(each) % 320 == 0 and len(each) <= 100_000 for each in pieces)
    assert to_mulaw(b"".join(pieces)) == prompt


def test_what_waits_is_not_sent_after_a_clear() -> None:
    stream = started()
    assert stream.audio(base64.b64encode(tone(440, 100))) == ()
    assert json.loads(stream.clear()) == {"event": "clear", "stream_sid": "MZ1"}
    assert sound_of(stream.mark("m")) == []


# Proof


def account(door: AtDoor | None = None) -> ExotelAccount:
    given = {
        "exotel_account_sid": "account",
        "exotel_api_key": "key",
        "exotel_api_token": "token",
        "exotel_password": PASSWORD,
    }
    return ExotelAccount(ExotelSettings(**given), door or AtDoor("exotel"))  # type: ignore[arg-type]


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


@pytest.mark.parametrize(
    ("headers", "holds"),
    [
        (basic("cordboard", PASSWORD), True),
        (basic("cordboard", PASSWORD + "x"), False),
        (basic("someone", PASSWORD), False),
        ({"authorization": "Basic ???"}, False),
        ({"authorization": "Bearer x"}, False),
        ({}, False),
    ],
)
def test_a_stream_is_known_by_its_password(headers: dict[str, str], holds: bool) -> None:
    upgrade = Upgrade("/media/exotel", {"host": "calls.example.com", **headers}, "192.0.2.1")
    assert account().upgrade_holds(upgrade, is_expected=False) is holds
    assert account().upgrade_holds(upgrade, is_expected=True)


def test_without_a_password_nobody_is_known() -> None:
    nobody = ExotelProof("cordboard", "")
    assert not nobody.is_basic(basic("cordboard", ""))
    assert not nobody.is_of_leg("call", "leg", nobody.of_leg("call", "leg"))


def asked(route: str, **more: object) -> CarrierWebhook:
    url = f"https://calls.example.com/carriers/exotel/{route}"
    webhook = CarrierWebhook("POST", route, "", (url,), {}, "192.0.2.1")
    return replace(webhook, **more)  # type: ignore[arg-type]


async def test_an_applet_is_told_where_its_stream_goes_and_by_which_password() -> None:
    asking = asked("voice", method="GET", headers=basic("cordboard", PASSWORD))
    assert account().holds(asking)
    assert not account().holds(replace(asking, headers=basic("cordboard", "")))
    told = json.loads((await account().answer(asking)).body)
    assert told == {"url": "wss://cordboard:the-applet%27s-password@calls.example.com/media/exotel"}


def callback(leg: str = "leg-1") -> str:
    proof = ExotelProof("cordboard", PASSWORD).of_leg("call-1", "leg-1")
    return f"status/call-1/{leg}/{proof}"


FORMS = {
    "application/json": json.dumps(
        {
            "CallSid": "c0ffee",
            "EventType": "terminal",
            "Status": "completed",
            "Legs": [{"OnCallDuration": 42}],
        }
    ),
    "application/x-www-form-urlencoded": (
        "CallSid=c0ffee&EventType=terminal&Status=completed&Legs%5B0%5D%5BOnCallDuration%5D=42"
    ),
    "multipart/form-data; boundary=b": "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (
            ("CallSid", "c0ffee"),
            ("EventType", "terminal"),
            ("Status", "completed"),
            ("Legs[0][OnCallDuration]", "42"),
        )
    )
    + "--b--\r\n",
}


@pytest.mark.parametrize("kind", FORMS)
async def test_a_legs_end_is_told_in_whichever_form(kind: str) -> None:
    door = AtDoor("exotel")
    told = asked(callback(), headers={"content-type": kind}, body=FORMS[kind].encode())
    assert account(door).holds(told)
    await account(door).answer(told)
    ended = LegNews("ended", "c0ffee", "completed", 42_000, None, "completed")
    assert door.told == [("leg_news", "call-1", "leg-1", ended)]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("busy", "busy"),
        ("no-answer", "noanswer"),
        ("canceled", "noanswer"),
        ("failed", "failed"),
        ("x", "failed"),
    ],
)
async def test_who_was_not_reached_lasted_no_time(status: str, outcome: str) -> None:
    door = AtDoor("exotel")
    body = json.dumps({"CallSid": "c0ffee", "EventType": "terminal", "Status": status}).encode()
    await account(door).answer(asked(callback(), headers={"content-type": "application/json"}, body=body))
    assert door.told == [
        ("leg_news", "call-1", "leg-1", LegNews("ended", "c0ffee", outcome, 0, None, status))
    ]  # type: ignore[arg-type]


async def test_an_answer_is_told_and_a_callback_of_no_call_is_malformed() -> None:
    door = AtDoor("exotel")
    kind = {"content-type": "application/json"}
    answered = json.dumps({"CallSid": "c0ffee", "EventType": "answered", "Status": "in-progress"}).encode()
    await account(door).answer(asked(callback(), headers=kind, body=answered))
    assert (await account(door).answer(asked(callback(), headers=kind, body=b"{}"))).status == 400
    assert door.told == [
        ("leg_news", "call-1", "leg-1", LegNews("answered", "c0ffee", said="answered")),
        ("malformed",),
    ]


def test_a_callback_is_known_by_its_own_address() -> None:
    assert account().may_hold(asked(callback()))
    assert not account().may_hold(asked(callback("leg-2")))
    assert not account().may_hold(asked(callback()[:-1] + "x"))
    assert not account().may_hold(asked("status/call-1/leg-1/"))
    with pytest.raises(UnreadableBody):
        account().holds(asked(callback(), headers={"content-type": "text/plain"}, body=b"x"))

"""The Twilio adapter: every documented message, both ways, and whatever else may come."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.carriers.twilio.stream import MAX_PAYLOAD_BYTES, TwilioStream
from engine.media.messages import (
    Audio,
    Connected,
    Ignored,
    Key,
    Malformed,
    MarkPlayed,
    Message,
    Silent,
    Started,
    Stopped,
)
from tests.media.media_world import start_message

CALL, STREAM = "CA" + "1" * 32, "MZ" + "2" * 32


def started() -> TwilioStream:
    stream = TwilioStream()
    assert isinstance(stream.decode(json.dumps(start_message(CALL, STREAM, "secret"))), Started)
    return stream


def media(payload: str, track: str = "inbound") -> dict[str, object]:
    inner = {"track": track, "chunk": "1", "timestamp": "5", "payload": payload}
    return {"event": "media", "sequenceNumber": "3", "media": inner, "streamSid": STREAM}


def compact(message: object) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


GOLDENS: list[tuple[str, Message]] = [
    ('{"event":"connected","protocol":"Call","version":"1.0.0"}', Connected()),
    (
        '{"event":"media","media":{"track":"inbound","chunk":"1","timestamp":"5","payload":"//9/"}}',
        Audio(b"//9/"),
    ),
    (
        '{"event":"dtmf","streamSid":"MZ22","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}',
        Key("1"),
    ),
    ('{"event":"mark","sequenceNumber":"4","streamSid":"MZ22","mark":{"name":"p1.3"}}', MarkPlayed("p1.3")),
    (
        '{"event":"stop","sequenceNumber":"5","stop":{"accountSid":"AC0","callSid":"CA1"},"streamSid":"MZ22"}',
        Stopped(),
    ),
]


@pytest.mark.parametrize(("wire", "neutral"), GOLDENS)
def test_each_documented_message_has_its_neutral_form(wire: str, neutral: Message) -> None:
    assert started().decode(wire) == neutral
    assert started().decode(wire.encode()) == neutral


def test_the_start_tells_stream_call_account_and_parameters() -> None:
    message = TwilioStream().decode(compact(start_message(CALL, STREAM, "secret")))
    assert message == Started(
        STREAM, CALL, "AC" + "0" * 32, {"token": "secret"}, "audio/x-mulaw", rate_hz=8000
    )


@pytest.mark.parametrize("spaced", [False, True])
def test_inbound_audio_takes_the_fast_path(spaced: bool) -> None:
    payload = base64.b64encode(bytes(range(160))).decode()
    wire = json.dumps(media(payload)).encode() if spaced else compact(media(payload))
    assert started().audio_in(wire) == payload.encode()


def test_another_order_of_fields_is_read_all_the_same() -> None:
    message = dict(reversed(list(media("//9/").items())))
    stream = started()
    assert stream.audio_in(compact(message)) is None
    assert stream.decode(compact(message)) == Audio(b"//9/")


def test_only_the_inbound_track_counts() -> None:
    assert isinstance(started().decode(compact(media("//9/", track="outbound"))), Ignored)


def test_a_frame_without_sound_says_that_the_line_lives() -> None:
    assert isinstance(started().decode(compact(media(""))), Silent)


@pytest.mark.parametrize("empty", [b"", ""])
def test_a_message_of_no_bytes_is_passed_over(empty: bytes | str) -> None:
    assert isinstance(started().decode(empty), Ignored)
    assert isinstance(TwilioStream().decode(empty), Ignored)


def test_events_of_later_versions_are_ignored_and_not_malformed() -> None:
    assert isinstance(started().decode('{"event":"weather"}'), Ignored)


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"\xff\xfe\x00", "neither JSON nor text"),
        (b"{", "not JSON"),
        (b"[" * 60_000, "not JSON"),
        (b"[" * 65 + b"]" * 65, "not JSON"),
        (b"9" * 5000, "not JSON"),
        (b"[]", "the message is not an object"),
        (b"{}", "event is missing or not text"),
        (b'{"event":7}', "event is missing or not text"),
        (b'{"event":"media"}', "media is missing"),
        (b'{"event":"media","media":[]}', "media is not an object"),
        (compact(media("not base64")), "the payload is not base64"),
        (compact(media("//9")), "the payload is not base64"),
        (compact(media("A" * (MAX_PAYLOAD_BYTES + 4))), "a payload of 16004 bytes, over 16000"),
        (b'{"event":"dtmf","dtmf":{"digit":"12"}}', "no such key"),
        (b'{"event":"mark","mark":{"name":null}}', "name is missing or not text"),
        (compact(start_message(CALL, STREAM, None)), "a second start on one stream"),
    ],
)
def test_what_breaks_the_protocol_is_malformed_with_a_reason(wire: bytes, why: str) -> None:
    assert started().decode(wire) == Malformed(why)


@pytest.mark.parametrize(("wire", "neutral"), GOLDENS[1:])
def test_nothing_may_come_before_the_start(wire: str, neutral: Message) -> None:
    message = TwilioStream().decode(wire)
    assert isinstance(message, Malformed)
    assert message.why.endswith("before start")


def test_a_stream_that_is_not_telephone_sound_is_malformed() -> None:
    message = start_message(CALL, STREAM, None)
    message["start"]["mediaFormat"]["encoding"] = "audio/opus"  # type: ignore[index]
    assert TwilioStream().decode(compact(message)) == Malformed("the stream is not 8 kHz mu-law")


def test_what_we_say_is_what_twilio_documents() -> None:
    stream = started()
    assert json.loads(stream.audio(b"//9/")) == {
        "event": "media",
        "streamSid": STREAM,
        "media": {"payload": "//9/"},
    }
    assert json.loads(stream.clear()) == {"event": "clear", "streamSid": STREAM}
    assert json.loads(stream.mark('a "b"')) == {
        "event": "mark",
        "streamSid": STREAM,
        "mark": {"name": 'a "b"'},
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
EVENTS = st.sampled_from(["connected", "start", "media", "dtmf", "mark", "stop", "other"])
NEAR_MESSAGES = st.builds(
    lambda event, parts: {"event": event, **parts},
    EVENTS,
    st.dictionaries(
        st.sampled_from(["start", "media", "dtmf", "mark", "stop", "streamSid"]),
        JSON | st.dictionaries(st.sampled_from(["track", "payload", "digit", "name", "mediaFormat"]), JSON),
    ),
)


@given(st.binary(max_size=200) | JSON.map(compact) | NEAR_MESSAGES.map(compact), st.booleans())
def test_decode_never_raises(wire: bytes, is_started: bool) -> None:
    stream = started() if is_started else TwilioStream()
    stream.decode(wire)
    stream.decode(wire.decode("utf-8", errors="replace"))


SPLICES = st.sampled_from(
    [b"", b'"', b"\\", b" ", b"  ", b"{", b"}", b",", b"0", b"=", b"A", b"\n", b'"payload":"AAAA"', b'"a":1,']
)


@given(
    st.binary(max_size=40).map(lambda sound: base64.b64encode(sound).decode()) | st.text(max_size=8),
    st.sampled_from(["inbound", "outbound", ""]),
    st.booleans(),
    st.integers(0, 400),
    st.integers(0, 3),
    SPLICES,
)
def test_the_fast_path_says_what_the_slow_path_says(
    payload: str, track: str, spaced: bool, at: int, cut: int, splice: bytes
) -> None:
    wire = json.dumps(media(payload, track)).encode() if spaced else compact(media(payload, track))
    wire = wire[:at] + splice + wire[at + cut :]
    stream = started()
    fast = stream.audio_in(wire)
    assert fast is None or stream.decode_slowly(wire) == Audio(fast)

"""Twilio Media Streams, both ways: JSON text messages, mu-law 8 kHz in base64, bidirectional.

Source: Twilio, Media Streams, websocket messages. Nearly every message of a call is a 20 ms `media` frame,
so those are recognised by one pattern over the bytes and their payload is sliced out; whatever does not fit
the pattern to the letter goes through `json.loads`, which says the same of it, only slower.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.core.nesting import check_nesting
from engine.core.outside_text import is_keepable
from engine.media.carriers.contract import Capabilities
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

MAX_PAYLOAD_BYTES = 16_000
"""Base64 bytes in one inbound frame: 1.5 s of sound, where Twilio sends 20 ms."""

STREAM_PATH = "/media/twilio"

KEYS = frozenset("0123456789*#ABCD")

_NUMBER = rb' ?(?:"[0-9]{1,20}"|0|[1-9][0-9]{0,19})'
_MEDIA = re.compile(
    rb'\{ ?"event": ?"media", ?"sequenceNumber":'
    + _NUMBER
    + rb', ?"media": ?\{"track": ?"inbound", ?"chunk":'
    + _NUMBER
    + rb', ?"timestamp":'
    + _NUMBER
    + rb', ?"payload": ?"([A-Za-z0-9+/]+={0,2})"\}, ?"streamSid": ?"[A-Za-z0-9]*"\}'
)
_PAYLOAD = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class _Wrong(Exception):
    """Carries why a message is malformed from where it is seen to `decode`."""


@dataclass(frozen=True, slots=True)
class Twilio:
    """The carrier; one `TwilioStream` is opened for each socket."""

    name: str = "twilio"
    path: str = STREAM_PATH
    signature_header: str | None = "X-Twilio-Signature"
    capabilities: Capabilities = field(
        default=Capabilities(has_keys=True, has_marks=True, ordered=True, binary_audio=False)
    )

    def open_stream(self) -> TwilioStream:
        return TwilioStream()


class TwilioStream:
    """One socket's protocol state: whether the stream has started, and its name once it has."""

    __slots__ = ("_audio_head", "_stream")

    def __init__(self) -> None:
        self._stream: str | None = None
        self._audio_head = b""

    def audio_in(self, message: bytes | str) -> bytes | None:
        """The payload of a started stream's inbound frame, sliced out of the bytes."""
        if self._stream is None or isinstance(message, str):
            return None
        found = _MEDIA.fullmatch(message)
        if found is None:
            return None
        payload = found[1]
        size = len(payload)
        return payload if size <= MAX_PAYLOAD_BYTES and not size & 3 else None

    def decode(self, message: bytes | str) -> Message:
        payload = self.audio_in(message)
        return Audio(payload) if payload is not None else self.decode_slowly(message)

    def decode_slowly(self, message: bytes | str) -> Message:
        """`decode` without the fast path: the reference that the fast path is held to."""
        if not message:
            return Ignored("an empty message")
        try:
            return self._read(_object(_parse(message), "the message"))
        except _Wrong as wrong:
            return Malformed(str(wrong))

    def _read(self, fields: Mapping[str, object]) -> Message:
        event = _text(fields, "event")
        reader = _READERS.get(event)
        if reader is None:
            return Ignored(f"unknown event {event[:40]!r}")
        if event == "start" and self._stream is not None:
            raise _Wrong("a second start on one stream")
        if event not in ("connected", "start") and self._stream is None:
            raise _Wrong(f"{event} before start")
        message = reader(fields)
        if isinstance(message, Started):
            self._begin(message.stream)
        return message

    def _begin(self, stream: str) -> None:
        self._stream = stream
        self._audio_head = b'{"event":"media","streamSid":%s,"media":{"payload":"' % _quoted(stream)

    # What we say. Before the start there is no stream to name, and Twilio would refuse the message.

    def audio(self, payload_b64: bytes) -> bytes:
        return self._audio_head + payload_b64 + b'"}}'

    def clear(self) -> bytes:
        return b'{"event":"clear","streamSid":%s}' % _quoted(self._stream or "")

    def mark(self, name: str) -> bytes:
        return b'{"event":"mark","streamSid":%s,"mark":{"name":%s}}' % (
            _quoted(self._stream or ""),
            _quoted(name),
        )


def _quoted(text: str) -> bytes:
    return json.dumps(text).encode("ascii")


def _parse(message: bytes | str) -> object:
    try:
        text = message if isinstance(message, str) else message.decode("utf-8")
    except UnicodeDecodeError:
        raise _Wrong("neither JSON nor text") from None
    try:
        # A name given twice keeps its last value, as everywhere in JSON.
        check_nesting(text)
        parsed: object = json.loads(text)
    except ValueError:
        raise _Wrong("not JSON") from None
    return parsed


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _Wrong(f"{what} is not an object")
    return value


def _inner(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    if name not in fields:
        raise _Wrong(f"{name} is missing")
    return _object(fields[name], name)


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise _Wrong(f"{name} is missing or not text")
    if not is_keepable(value):
        raise _Wrong(f"{name} holds a NUL or half a character")
    return value


def _read_connected(_fields: Mapping[str, object]) -> Message:
    return Connected()


def _read_start(fields: Mapping[str, object]) -> Message:
    start = _inner(fields, "start")
    media = _inner(start, "mediaFormat")
    encoding, rate_hz = _text(media, "encoding"), media.get("sampleRate")
    if encoding != "audio/x-mulaw" or rate_hz != 8000:
        raise _Wrong("the stream is not 8 kHz mu-law")
    parameters = _object(start.get("customParameters", {}), "customParameters")
    return Started(
        stream=_text(start, "streamSid"),
        carrier_call=_text(start, "callSid"),
        account=_text(start, "accountSid"),
        parameters={
            name: value
            for name, value in parameters.items()
            if isinstance(value, str) and is_keepable(name + value)
        },
        encoding=encoding,
        rate_hz=8000,
    )


def _read_media(fields: Mapping[str, object]) -> Message:
    media = _inner(fields, "media")
    track = _text(media, "track")
    if track != "inbound":
        return Ignored(f"audio of track {track[:40]!r}")
    if media.get("payload") == "":
        return Silent()
    payload = _text(media, "payload")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise _Wrong(f"a payload of {len(payload)} bytes, over {MAX_PAYLOAD_BYTES}")
    if len(payload) & 3 or not _PAYLOAD.fullmatch(payload):
        raise _Wrong("the payload is not base64")
    return Audio(payload.encode("ascii"))


def _read_dtmf(fields: Mapping[str, object]) -> Message:
    digit = _text(_inner(fields, "dtmf"), "digit").upper()
    if digit not in KEYS:
        raise _Wrong("no such key")
    return Key(digit)


def _read_mark(fields: Mapping[str, object]) -> Message:
    return MarkPlayed(_text(_inner(fields, "mark"), "name"))


def _read_stop(_fields: Mapping[str, object]) -> Message:
    return Stopped()


_READERS: Mapping[str, Callable[[Mapping[str, object]], Message]] = {
    "connected": _read_connected,
    "start": _read_start,
    "media": _read_media,
    "dtmf": _read_dtmf,
    "mark": _read_mark,
    "stop": _read_stop,
}

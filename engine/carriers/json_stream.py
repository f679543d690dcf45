"""Streams whose messages are JSON texts with the sound in base64: what they have in common.

Nearly every message of a call is a 20 ms media frame, so those are recognised by one pattern over the bytes
and their payload is sliced out; whatever does not fit the pattern to the letter goes through `json.loads`,
which says the same of it, only slower.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import ClassVar

from engine.core.nesting import check_nesting
from engine.core.outside_text import is_keepable
from engine.media.messages import Audio, Ignored, Key, Malformed, Message, Silent, Started

MAX_PAYLOAD_BYTES = 16_000
"""Base64 bytes in one inbound frame: 1.5 s of sound, where carriers send 20 ms."""

KEYS = frozenset("0123456789*#ABCD")
NUMBER = rb' ?(?:"[0-9]{1,20}"|0|[1-9][0-9]{0,19})'
PAYLOAD = rb"[A-Za-z0-9+/]+={0,2}"
_PAYLOAD = re.compile(PAYLOAD.decode())

Fields = Mapping[str, object]
Reader = Callable[[Fields], Message]


class WrongMessage(Exception):
    """Why a message is malformed, from where it is seen to `decode`."""


class JsonStream:
    """One socket's protocol state: whether the stream has started, and its name once it has.

    A dialect names the field that says what a message is (`event_field`), the events that may come before the
    start (`early`), how each event is read (`readers`), and the pattern of its media frames, whose last group
    is the payload.
    """

    __slots__ = ("_stream",)

    event_field: ClassVar[str] = "event"
    early: ClassVar[frozenset[str]] = frozenset({"connected", "start"})
    media: ClassVar[re.Pattern[bytes]]
    readers: ClassVar[Mapping[str, Reader]]

    def __init__(self) -> None:
        self._stream: str | None = None

    def audio_in(self, message: bytes | str) -> bytes | None:
        """The payload of a started stream's inbound frame, sliced out of the bytes."""
        if self._stream is None or isinstance(message, str):
            return None
        found = self.media.fullmatch(message)
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
            return self._read(object_of(parsed(message), "the message"))
        except WrongMessage as wrong:
            return Malformed(str(wrong))

    def _read(self, fields: Fields) -> Message:
        event = text_of(fields, self.event_field)
        reader = self.readers.get(event)
        if reader is None:
            return Ignored(f"unknown event {event[:40]!r}")
        if event not in self.early and self._stream is None:
            raise WrongMessage(f"{event} before start")
        message = reader(fields)
        if isinstance(message, Started):
            if self._stream is not None:
                raise WrongMessage("a second start on one stream")
            self._begin(message)
        return message

    def _begin(self, started: Started) -> None:
        self._stream = started.stream

    def farewell(self) -> bytes | None:
        """Nothing: the socket is closed."""
        return None


def quoted(text: str) -> bytes:
    return json.dumps(text).encode("ascii")


def parsed(message: bytes | str) -> object:
    try:
        text = message if isinstance(message, str) else message.decode("utf-8")
    except UnicodeDecodeError:
        raise WrongMessage("neither JSON nor text") from None
    try:
        # A name given twice keeps its last value, as everywhere in JSON.
        check_nesting(text)
        found: object = json.loads(text)
    except ValueError:
        raise WrongMessage("not JSON") from None
    return found


def object_of(value: object, what: str) -> Fields:
    if not isinstance(value, dict):
        raise WrongMessage(f"{what} is not an object")
    return value


def inner(fields: Fields, name: str) -> Fields:
    if name not in fields:
        raise WrongMessage(f"{name} is missing")
    return object_of(fields[name], name)


def text_of(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise WrongMessage(f"{name} is missing or not text")
    if not is_keepable(value):
        raise WrongMessage(f"{name} holds a NUL or half a character")
    return value


def optional_text(fields: Fields, name: str) -> str:
    """The same, "" where there is none."""
    value = fields.get(name)
    return value if isinstance(value, str) and is_keepable(value) else ""


def texts_of(fields: Fields) -> dict[str, str]:
    """Those of the values that are texts."""
    return {
        name: value for name, value in fields.items() if isinstance(value, str) and is_keepable(name + value)
    }


def inbound_sound(media: Fields) -> Message:
    """The payload of a media message's inner part, checked."""
    track = text_of(media, "track")
    if track != "inbound":
        return Ignored(f"audio of track {track[:40]!r}")
    return sound_of(media, "payload")


def sound_of(fields: Fields, name: str) -> Message:
    """Base64 of this name, checked."""
    if fields.get(name) == "":
        return Silent()
    payload = text_of(fields, name)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WrongMessage(f"a payload of {len(payload)} bytes, over {MAX_PAYLOAD_BYTES}")
    if len(payload) & 3 or not _PAYLOAD.fullmatch(payload):
        raise WrongMessage("the payload is not base64")
    return Audio(payload.encode("ascii"))


def key_of(fields: Fields, name: str) -> Message:
    digit = text_of(fields, name).upper()
    if digit not in KEYS:
        raise WrongMessage("no such key")
    return Key(digit)

"""Exotel's Voicebot streams: JSON texts, 16-bit linear sound at 8 kHz in base64, both ways.

Exotel plays whole frames of 320 bytes, and plays badly what comes in less than 3,200 bytes at a time. So what
goes out is gathered until there is that much of it, and a mark sends on what is still waiting.

Source: developer.exotel.com, AgentStream, WebSocket protocol and Voicebot applet.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from engine.carriers.json_stream import (
    MAX_PAYLOAD_BYTES,
    NUMBER,
    PAYLOAD,
    Fields,
    JsonStream,
    Reader,
    WrongMessage,
    inner,
    key_of,
    optional_text,
    quoted,
    text_of,
    texts_of,
)
from engine.core.whole_numbers import whole_number
from engine.media import mulaw
from engine.media.linear import from_mulaw, to_mulaw
from engine.media.messages import Audio, Connected, MarkPlayed, Message, Silent, Started, Stopped

TOKEN = "token"  # noqa: S105
FRAME_BYTES = 160
"""20 ms of mu-law: the 320 bytes of linear sound of which a message must be a multiple."""
LEAST_BYTES = 10 * FRAME_BYTES
"""The 3,200 bytes of linear sound below which a message plays badly."""
MOST_BYTES = 300 * FRAME_BYTES
"""Just below the 100,000 bytes beyond which a message is not taken."""

_BASE64 = re.compile(PAYLOAD.decode())
_MEDIA = re.compile(
    rb'\{ ?"event": ?"media", ?"sequence_number":'
    + NUMBER
    + rb', ?"stream_sid": ?"[A-Za-z0-9_-]*", ?"media": ?\{"chunk":'
    + NUMBER
    + rb', ?"timestamp":'
    + NUMBER
    + rb', ?"payload": ?"('
    + PAYLOAD
    + rb')"\}\}'
)


def _read_start(fields: Fields) -> Message:
    start = inner(fields, "start")
    media = inner(start, "media_format")
    encoding = text_of(media, "encoding")
    rate_hz = whole_number(str(media.get("sample_rate")))
    if encoding != "audio/x-raw" or rate_hz != mulaw.RATE_HZ:
        raise WrongMessage("the stream is not linear sound at 8 kHz")
    along = start.get("custom_parameters")
    return Started(
        stream=text_of(start, "stream_sid"),
        carrier_call=text_of(start, "call_sid"),
        account=optional_text(start, "account_sid"),
        parameters=texts_of(along) if isinstance(along, dict) else {},
        encoding=encoding,
        rate_hz=rate_hz,
        caller=optional_text(start, "from"),
        called=optional_text(start, "to"),
    )


def _read_media(fields: Fields) -> Message:
    media = inner(fields, "media")
    if media.get("payload") == "":
        return Silent()
    payload = text_of(media, "payload")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WrongMessage(f"a payload of {len(payload)} bytes, over {MAX_PAYLOAD_BYTES}")
    if len(payload) & 3 or not _BASE64.fullmatch(payload):
        raise WrongMessage("the payload is not base64")
    heard = _as_mulaw(payload.encode("ascii"))
    return Audio(heard) if heard else Silent()


def _as_mulaw(linear_b64: bytes) -> bytes:
    return binascii.b2a_base64(to_mulaw(binascii.a2b_base64(linear_b64)), newline=False)


class ExotelStream(JsonStream):
    """One socket's protocol state, and the sound that waits to go out.

    A stream that `was_asked_for` by us has to bring its token, in its start or by the upgrade's query.
    """

    __slots__ = ("_token", "_waiting", "_was_asked_for")

    media = _MEDIA
    readers: ClassVar[Mapping[str, Reader]] = {
        "connected": lambda _: Connected(),
        "start": _read_start,
        "media": _read_media,
        "dtmf": lambda fields: key_of(inner(fields, "dtmf"), "digit"),
        "mark": lambda fields: MarkPlayed(text_of(inner(fields, "mark"), "name")),
        "stop": lambda _: Stopped(),
    }

    def __init__(self, token: str = "", *, was_asked_for: bool = False) -> None:
        """`token` is the upgrade's, "" without one."""
        super().__init__()
        self._token = token
        self._was_asked_for = was_asked_for
        self._waiting = b""

    def audio_in(self, message: bytes | str) -> bytes | None:
        """The sound of a started stream's frame, as mu-law in base64."""
        payload = super().audio_in(message)
        return None if payload is None else _as_mulaw(payload) or None

    def _read(self, fields: Fields) -> Message:
        message = super()._read(fields)
        if not isinstance(message, Started):
            return message
        token = message.parameters.get(TOKEN) or self._token
        if token:
            return replace(message, parameters={**message.parameters, TOKEN: token})
        if self._was_asked_for:
            raise WrongMessage("the start of a stream that we asked for has no token")
        return message

    # What we say

    def audio(self, payload_b64: bytes) -> tuple[bytes, ...]:
        self._waiting += binascii.a2b_base64(payload_b64)
        return self._sent(self._waiting) if len(self._waiting) >= LEAST_BYTES else ()

    def _sent(self, sound: bytes) -> tuple[bytes, ...]:
        """Whole frames of it; what is over waits on."""
        whole = len(sound) // FRAME_BYTES * FRAME_BYTES
        self._waiting = sound[whole:]
        return tuple(
            self._written(sound[at : min(at + MOST_BYTES, whole)]) for at in range(0, whole, MOST_BYTES)
        )

    def _written(self, sound: bytes) -> bytes:
        payload = binascii.b2a_base64(from_mulaw(sound), newline=False)
        return b'{"event":"media","stream_sid":%s,"media":{"payload":"%s"}}' % (self._named, payload)

    def clear(self) -> bytes:
        self._waiting = b""
        return b'{"event":"clear","stream_sid":%s}' % self._named

    def mark(self, name: str) -> tuple[bytes, ...]:
        """Behind all that is before it: what still waits goes out, its last frame filled up with silence."""
        left = -len(self._waiting) % FRAME_BYTES
        waiting = self._waiting + bytes([mulaw.SILENCE]) * left
        mark = b'{"event":"mark","stream_sid":%s,"mark":{"name":%s}}' % (self._named, quoted(name))
        return (*self._sent(waiting), mark)

    @property
    def _named(self) -> bytes:
        return quoted(self._stream or "")

"""Twilio Media Streams, both ways: JSON text messages, mu-law 8 kHz in base64, bidirectional.

Source: Twilio, Media Streams, websocket messages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from engine.carriers.json_stream import (
    KEYS,
    MAX_PAYLOAD_BYTES,
    NUMBER,
    PAYLOAD,
    Fields,
    JsonStream,
    Reader,
    WrongMessage,
    inbound_sound,
    inner,
    key_of,
    object_of,
    quoted,
    text_of,
    texts_of,
)
from engine.media.messages import Connected, MarkPlayed, Message, Started, Stopped

__all__ = ["KEYS", "MAX_PAYLOAD_BYTES", "TwilioStream"]

_MEDIA = re.compile(
    rb'\{ ?"event": ?"media", ?"sequenceNumber":'
    + NUMBER
    + rb', ?"media": ?\{"track": ?"inbound", ?"chunk":'
    + NUMBER
    + rb', ?"timestamp":'
    + NUMBER
    + rb', ?"payload": ?"('
    + PAYLOAD
    + rb')"\}, ?"streamSid": ?"[A-Za-z0-9-]*"\}'
)


def _read_start(fields: Fields) -> Message:
    start = inner(fields, "start")
    media = inner(start, "mediaFormat")
    encoding, rate_hz = text_of(media, "encoding"), media.get("sampleRate")
    if encoding != "audio/x-mulaw" or rate_hz != 8000:
        raise WrongMessage("the stream is not 8 kHz mu-law")
    return Started(
        stream=text_of(start, "streamSid"),
        carrier_call=text_of(start, "callSid"),
        account=text_of(start, "accountSid"),
        parameters=texts_of(object_of(start.get("customParameters", {}), "customParameters")),
        encoding=encoding,
        rate_hz=8000,
    )


class TwilioStream(JsonStream):
    """One socket's protocol state: whether the stream has started, and its name once it has."""

    __slots__ = ("_audio_head",)

    media = _MEDIA
    readers: ClassVar[Mapping[str, Reader]] = {
        "connected": lambda _: Connected(),
        "start": _read_start,
        "media": lambda fields: inbound_sound(inner(fields, "media")),
        "dtmf": lambda fields: key_of(inner(fields, "dtmf"), "digit"),
        "mark": lambda fields: MarkPlayed(text_of(inner(fields, "mark"), "name")),
        "stop": lambda _: Stopped(),
    }

    def __init__(self) -> None:
        super().__init__()
        self._audio_head = b""

    def _begin(self, started: Started) -> None:
        super()._begin(started)
        self._audio_head = b'{"event":"media","streamSid":%s,"media":{"payload":"' % quoted(started.stream)

    # What we say. Before the start there is no stream to name, and Twilio would refuse the message.

    def audio(self, payload_b64: bytes) -> bytes:
        return self._audio_head + payload_b64 + b'"}}'

    def clear(self) -> bytes:
        return b'{"event":"clear","streamSid":%s}' % quoted(self._stream or "")

    def mark(self, name: str) -> bytes:
        return b'{"event":"mark","streamSid":%s,"mark":{"name":%s}}' % (
            quoted(self._stream or ""),
            quoted(name),
        )

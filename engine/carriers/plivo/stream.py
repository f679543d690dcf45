"""Plivo's audio streams: JSON texts, mu-law in base64, both ways.

What we ask to ride along (`extraHeaders`) takes letters and digits alone, so a token goes as hex.

Source: docs.plivo.com, XML audio stream; `plivo_stream/types.py` of its stream SDK.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from engine.carriers.json_stream import (
    NUMBER,
    PAYLOAD,
    Fields,
    JsonStream,
    Reader,
    WrongMessage,
    inbound_sound,
    inner,
    key_of,
    optional_text,
    quoted,
    text_of,
)
from engine.media.messages import Ignored, MarkPlayed, Message, Started

_MEDIA = re.compile(
    rb'\{ ?"sequenceNumber":'
    + NUMBER
    + rb', ?"streamId": ?"[A-Za-z0-9-]*", ?"event": ?"media", ?"media": ?\{"track": ?"inbound", ?"timestamp":'
    + NUMBER
    + rb', ?"chunk":'
    + NUMBER
    + rb', ?"payload": ?"('
    + PAYLOAD
    + rb')"\}(?:, ?"extra_headers": ?"[^"\\]*")?\}'
)
_TOKEN = re.compile(r"token\W{1,5}([0-9a-f]{2,400})")


def written_headers(token: str) -> str:
    """The token as `extraHeaders` takes it."""
    return f"token={token.encode().hex()}"


def read_token(extra_headers: str) -> str:
    """The token in what came back, however Plivo has put it; "" where there is none."""
    found = _TOKEN.search(extra_headers)
    if found is None or len(found[1]) % 2:
        return ""
    try:
        return bytes.fromhex(found[1]).decode("ascii")
    except ValueError:
        return ""


def _read_start(fields: Fields) -> Message:
    start = inner(fields, "start")
    media = inner(start, "mediaFormat")
    encoding, rate_hz = text_of(media, "encoding"), media.get("sampleRate")
    if encoding != "audio/x-mulaw" or rate_hz != 8000:
        raise WrongMessage("the stream is not 8 kHz mu-law")
    token = read_token(optional_text(fields, "extra_headers"))
    return Started(
        stream=text_of(start, "streamId"),
        carrier_call=text_of(start, "callId"),
        account=optional_text(start, "accountId"),
        parameters={"token": token} if token else {},
        encoding=encoding,
        rate_hz=8000,
    )


class PlivoStream(JsonStream):
    """One socket's protocol state. Its end has no message: the socket closes."""

    __slots__ = ()

    early = frozenset({"start"})
    media = _MEDIA
    readers: ClassVar[Mapping[str, Reader]] = {
        "start": _read_start,
        "media": lambda fields: inbound_sound(inner(fields, "media")),
        "dtmf": lambda fields: key_of(inner(fields, "dtmf"), "digit"),
        "playedStream": lambda fields: MarkPlayed(text_of(fields, "name")),
        "clearedAudio": lambda _: Ignored("the clear was obeyed"),
    }

    # What we say. The content type goes with every piece: Plivo's documents name different defaults.

    def audio(self, payload_b64: bytes) -> bytes:
        return (
            b'{"event":"playAudio","media":{"contentType":"audio/x-mulaw","sampleRate":8000,"payload":"'
            + payload_b64
            + b'"}}'
        )

    def clear(self) -> bytes:
        return b'{"event":"clearAudio","streamId":%s}' % quoted(self._stream or "")

    def mark(self, name: str) -> bytes:
        return b'{"event":"checkpoint","streamId":%s,"name":%s}' % (quoted(self._stream or ""), quoted(name))

"""Bandwidth's media streams: JSON texts, mu-law in base64, both ways. It has neither keys nor marks.

Source: dev.bandwidth.com, BXML, StartStream.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from engine.carriers.json_stream import (
    PAYLOAD,
    Fields,
    JsonStream,
    Reader,
    WrongMessage,
    inbound_sound,
    inner,
    optional_text,
    text_of,
    texts_of,
)
from engine.media.messages import Message, Started, Stopped

_MEDIA = re.compile(
    rb'\{ ?"eventType": ?"media", ?"track": ?"inbound", ?"payload": ?"(' + PAYLOAD + rb')" ?\}'
)


def _read_start(fields: Fields) -> Message:
    start = inner(fields, "metadata")
    if not _has_inbound(start.get("tracks")):
        raise WrongMessage("no inbound track of 8 kHz mu-law")
    along = fields.get("streamParams")
    return Started(
        stream=text_of(start, "streamId"),
        carrier_call=text_of(start, "callId"),
        account=optional_text(start, "accountId"),
        parameters=texts_of(along) if isinstance(along, dict) else {},
        encoding="PCMU",
        rate_hz=8000,
    )


def _has_inbound(tracks: object) -> bool:
    for track in tracks if isinstance(tracks, list) else []:
        match track:
            case {"name": "inbound", "mediaFormat": {"encoding": "PCMU", "sampleRate": 8000 | "8000"}}:
                return True
    return False


class BandwidthStream(JsonStream):
    """One socket's protocol state."""

    __slots__ = ()

    event_field = "eventType"
    early = frozenset({"start"})
    media = _MEDIA
    readers: ClassVar[Mapping[str, Reader]] = {
        "start": _read_start,
        "media": inbound_sound,
        "stop": lambda _: Stopped(),
    }

    # What we say

    def audio(self, payload_b64: bytes) -> bytes:
        return (
            b'{"eventType":"playAudio","media":{"contentType":"audio/pcmu","payload":"' + payload_b64 + b'"}}'
        )

    def clear(self) -> bytes:
        return b'{"eventType":"clear"}'

    def mark(self, name: str) -> None:
        return None

"""The carrier's end of Bandwidth's media streams. Source: dev.bandwidth.com, BXML, StartStream."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable

from engine.rehearsal.loopback.tones import SILENT_FRAME
from engine.rehearsal.loopback.wires import (
    AudioCleared,
    AudioSent,
    FromEngine,
    Stream,
    Unreadable,
    WireMessage,
    content_of,
)


class BandwidthWire:
    """A whole stream, both ways. A key isn't said on it, but given to `press`; there are no marks."""

    returns_cleared = False
    subprotocols: tuple[str, ...] = ()

    def __init__(self, stream: Stream, press: Callable[[str], None]) -> None:
        self._stream = stream
        self._press = press

    def opening(self) -> tuple[WireMessage, ...]:
        start = {"eventType": "start", "metadata": self._metadata()}
        return (json.dumps({**start, "streamParams": dict(self._stream.parameters)}),)

    def media(self, frame: bytes | None) -> str:
        """By hand: it goes out fifty times a second and line."""
        payload = base64.b64encode(SILENT_FRAME if frame is None else frame).decode()
        return f'{{"eventType":"media","track":"inbound","payload":"{payload}"}}'

    def key(self, digit: str) -> None:
        self._press(digit)

    def mark(self, name: str, *, was_cleared: bool = False) -> None:
        return None

    def stop(self) -> str:
        return json.dumps({"eventType": "stop", "metadata": self._metadata()})

    def _metadata(self) -> dict[str, object]:
        stream = self._stream
        return {
            "accountId": stream.account,
            "callId": stream.call,
            "streamId": stream.sid,
            "streamName": stream.sid,
            "tracks": [{"name": "inbound", "mediaFormat": {"encoding": "PCMU", "sampleRate": 8000}}],
        }

    def read(self, message: WireMessage) -> FromEngine:
        if isinstance(message, bytes):
            return Unreadable(None, f"a binary message of {len(message)} bytes")
        content = content_of(message)
        if isinstance(content, Unreadable):
            return content
        match content:
            case {"eventType": "clear"}:
                return AudioCleared()
            case {"eventType": "playAudio", "media": {"contentType": "audio/pcmu", "payload": str(payload)}}:
                try:
                    return AudioSent(base64.b64decode(payload, validate=True))
                except (binascii.Error, ValueError):
                    return Unreadable(None, "media.payload is not base64")
        return Unreadable(None, f"{str(message)[:80]!r}; expected playAudio or clear, whole")

"""The carrier's end of Plivo's audio streams. Source: docs.plivo.com, XML audio stream."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from engine.rehearsal.loopback.tones import FRAME_MS, SILENT_FRAME
from engine.rehearsal.loopback.wires import (
    AudioCleared,
    AudioSent,
    FromEngine,
    MarkPlaced,
    Stream,
    Unreadable,
    WireMessage,
    content_of,
)


class PlivoWire:
    """A whole stream, both ways. It has no stop: the socket closes."""

    returns_cleared = False
    subprotocols: tuple[str, ...] = ()

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._sequence = 0
        self._chunk = 0
        self._along = stream.parameters.get("extra_headers", "")

    def opening(self) -> tuple[WireMessage, ...]:
        stream = self._stream
        start = {
            "callId": stream.call,
            "streamId": stream.sid,
            "accountId": stream.account,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000},
        }
        self._sequence += 1
        begun = {"sequenceNumber": self._sequence, "event": "start", "start": start}
        return (json.dumps({**begun, "extra_headers": self._along}),)

    def media(self, frame: bytes | None) -> str:
        """By hand: it goes out fifty times a second and line."""
        payload = base64.b64encode(SILENT_FRAME if frame is None else frame).decode()
        self._sequence += 1
        self._chunk += 1
        return (
            f'{{"sequenceNumber":{self._sequence},"streamId":"{self._stream.sid}","event":"media",'
            f'"media":{{"track":"inbound","timestamp":"{self._chunk * FRAME_MS}","chunk":{self._chunk},'
            f'"payload":"{payload}"}},"extra_headers":"{self._along}"}}'
        )

    def key(self, digit: str) -> str:
        return self._event("dtmf", {"dtmf": {"track": "inbound", "digit": digit, "timestamp": "0"}})

    def mark(self, name: str, *, was_cleared: bool = False) -> str:
        return self._event("playedStream", {"name": name})

    def stop(self) -> None:
        return None

    def _event(self, event: str, content: Mapping[str, object]) -> str:
        self._sequence += 1
        said = {"event": event, "sequenceNumber": self._sequence, "streamId": self._stream.sid}
        return json.dumps({**said, **content})

    def read(self, message: WireMessage) -> FromEngine:
        if isinstance(message, bytes):
            return Unreadable(None, f"a binary message of {len(message)} bytes")
        content = content_of(message)
        if isinstance(content, Unreadable):
            return content
        event = content.get("event") if isinstance(content, dict) else None
        if event in ("clearAudio", "checkpoint") and content.get("streamId") != self._stream.sid:
            return Unreadable(None, f"{event} for stream {content.get('streamId')!r}")
        match content:
            case {"event": "clearAudio"}:
                return AudioCleared()
            case {"event": "checkpoint", "name": str(name)}:
                return MarkPlaced(name)
            case {
                "event": "playAudio",
                "media": {"contentType": "audio/x-mulaw", "sampleRate": 8000, "payload": str(payload)},
            }:
                try:
                    return AudioSent(base64.b64decode(payload, validate=True))
                except (binascii.Error, ValueError):
                    return Unreadable(None, "media.payload is not base64")
        return Unreadable(None, f"event {event!r}; expected playAudio, checkpoint or clearAudio, whole")

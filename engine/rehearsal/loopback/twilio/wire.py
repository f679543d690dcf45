"""The carrier's end of Twilio's media protocol as text in, text out: no socket, no clock.

Numbers that count (sequenceNumber, chunk, timestamp) travel as strings, those of mediaFormat as numbers;
`dtmf.track` is "inbound_track" where every other track is "inbound".
Source: Twilio, Media Streams, websocket messages.
"""

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

_SILENT_PAYLOAD = base64.b64encode(SILENT_FRAME).decode()

PROTOCOL_ERROR = 31924
INVALID_MESSAGE = 31951
BINARY_MESSAGE = 31950


class StreamWriter:
    """Writes the messages of one stream in order and keeps its counters."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> str:
        return _text({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self) -> str:
        stream = self._stream
        start = {
            "accountSid": stream.account,
            "streamSid": stream.sid,
            "callSid": stream.call,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(stream.parameters),
        }
        return self._event("start", "start", start)

    def media(self, frame: bytes | None) -> str:
        """One 20 ms frame; None is silence. Written by hand: it goes out fifty times a second and line."""
        payload = _SILENT_PAYLOAD if frame is None else base64.b64encode(frame).decode()
        self._sequence += 1
        timestamp_ms = self._chunk * FRAME_MS
        self._chunk += 1
        return (
            f'{{"event":"media","sequenceNumber":"{self._sequence}","media":{{"track":"inbound",'
            f'"chunk":"{self._chunk}","timestamp":"{timestamp_ms}","payload":"{payload}"}},'
            f'"streamSid":"{self._stream.sid}"}}'
        )

    def key(self, digit: str) -> str:
        return self._event("dtmf", "dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        return self._event("mark", "mark", {"name": name})

    def stop(self) -> str:
        return self._event("stop", "stop", {"accountSid": self._stream.account, "callSid": self._stream.call})

    def _event(self, event: str, key: str, content: Mapping[str, object]) -> str:
        self._sequence += 1
        return _text(
            {
                "event": event,
                "sequenceNumber": str(self._sequence),
                key: content,
                "streamSid": self._stream.sid,
            }
        )


def read(message: str | bytes, stream_sid: str) -> FromEngine:
    """What the engine asks of the carrier; never raises."""
    if isinstance(message, bytes):
        return Unreadable(BINARY_MESSAGE, f"a binary message of {len(message)} bytes; Twilio takes text only")
    content = content_of(message, PROTOCOL_ERROR)
    if isinstance(content, Unreadable):
        return content
    if not isinstance(content, dict):
        return Unreadable(PROTOCOL_ERROR, f"not a JSON object: {message[:80]!r}")
    event = content.get("event")
    if not isinstance(event, str) or event not in {"media", "mark", "clear"}:
        return Unreadable(INVALID_MESSAGE, f"event {event!r}; expected media, mark or clear")
    if content.get("streamSid") != stream_sid:
        return Unreadable(
            INVALID_MESSAGE, f"{event} for stream {content.get('streamSid')!r}; this is {stream_sid}"
        )
    if event == "clear":
        return AudioCleared()
    wanted = "payload" if event == "media" else "name"
    body = content.get(event)
    value = body.get(wanted) if isinstance(body, dict) else None
    if not isinstance(value, str):
        return Unreadable(INVALID_MESSAGE, f"{event} without a text {event}.{wanted}")
    return MarkPlaced(value) if event == "mark" else _audio(value)


def _audio(payload: str) -> AudioSent | Unreadable:
    try:
        return AudioSent(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError):
        return Unreadable(INVALID_MESSAGE, f"media.payload is not base64: {payload[:40]!r}")


def _text(content: Mapping[str, object]) -> str:
    return json.dumps(content, separators=(",", ":"))


class TwilioWire(StreamWriter):
    """A whole stream, both ways."""

    returns_cleared = True
    subprotocols: tuple[str, ...] = ()

    def opening(self) -> tuple[WireMessage, ...]:
        return self.connected(), self.start()

    def mark(self, name: str, *, was_cleared: bool = False) -> str:
        return super().mark(name)

    def read(self, message: WireMessage) -> FromEngine:
        return read(message, self._stream.sid)

"""The carrier's end of Exotel's Voicebot streams. Source: developer.exotel.com, WebSocket protocol."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Mapping
from functools import lru_cache

from engine.rehearsal.loopback.tones import FRAME_MS, SILENT_FRAME, decode, encode
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

FRAMES_EACH = 5
"""Exotel sends some 100 ms at a time."""
FRAME_BYTES = 320
MOST_BYTES = 100_000


class ExotelWire:
    """A whole stream, both ways."""

    returns_cleared = False
    subprotocols: tuple[str, ...] = ()

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._sequence = 0
        self._chunk = 0
        self._gathered: list[bytes] = []

    def opening(self) -> tuple[WireMessage, ...]:
        stream = self._stream
        start = {
            "stream_sid": stream.sid,
            "call_sid": stream.call,
            "account_sid": stream.account,
            "from": stream.from_,
            "to": stream.to,
            "custom_parameters": dict(stream.parameters),
            "media_format": {"encoding": "audio/x-raw", "sample_rate": "8000", "bit_rate": "16"},
        }
        return json.dumps({"event": "connected"}), self._event("start", start)

    def media(self, frame: bytes | None) -> str | None:
        """A message for every FRAMES_EACH frames; an empty frame goes at once."""
        if frame != b"":
            self._gathered.append(SILENT_FRAME if frame is None else frame)
            if len(self._gathered) < FRAMES_EACH:
                return None
        sound, self._gathered = b"".join(self._gathered) if frame != b"" else b"", []
        self._chunk += 1
        payload = base64.b64encode(_linear(sound)).decode()
        timestamp = str(self._chunk * FRAMES_EACH * FRAME_MS)
        return self._event("media", {"chunk": str(self._chunk), "timestamp": timestamp, "payload": payload})

    def key(self, digit: str) -> str:
        return self._event("dtmf", {"digit": digit, "duration": "100"})

    def mark(self, name: str, *, was_cleared: bool = False) -> str:
        return self._event("mark", {"name": name})

    def stop(self) -> str:
        return self._event("stop", {"call_sid": self._stream.call, "reason": "callended"})

    def _event(self, event: str, content: Mapping[str, object]) -> str:
        self._sequence += 1
        said = {"event": event, "sequence_number": str(self._sequence), "stream_sid": self._stream.sid}
        return json.dumps({**said, event: content})

    def read(self, message: WireMessage) -> FromEngine:
        if isinstance(message, bytes):
            return Unreadable(None, f"a binary message of {len(message)} bytes")
        content = content_of(message)
        if isinstance(content, Unreadable):
            return content
        event = content.get("event") if isinstance(content, dict) else None
        if event in ("media", "mark", "clear") and content.get("stream_sid") != self._stream.sid:
            return Unreadable(None, f"{event} for stream {content.get('stream_sid')!r}")
        match content:
            case {"event": "clear"}:
                return AudioCleared()
            case {"event": "mark", "mark": {"name": str(name)}}:
                return MarkPlaced(name)
            case {"event": "media", "media": {"payload": str(payload)}}:
                return _sound(payload)
        return Unreadable(None, f"event {event!r}; expected media, mark or clear, whole")


def _sound(payload: str) -> FromEngine:
    try:
        linear = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        return Unreadable(None, "media.payload is not base64")
    if not linear or len(linear) % FRAME_BYTES or len(linear) > MOST_BYTES:
        return Unreadable(None, f"{len(linear)} bytes of sound; expected a multiple of 320, up to 100,000")
    samples = struct.unpack(f"<{len(linear) // 2}h", linear)
    return AudioSent(bytes(map(_code, samples)))


_code = lru_cache(maxsize=1024)(encode)
_SAMPLES = tuple(decode(code) for code in range(256))


def _linear(sound: bytes) -> bytes:
    """By the tables of the rehearsal, so that an error in the engine's can't hide."""
    return struct.pack(f"<{len(sound)}h", *(_SAMPLES[code] for code in sound))

"""The carrier's end of Vonage's websockets. Source: developer.vonage.com, Voice API, WebSockets."""

from __future__ import annotations

import json

from engine.media.linear import from_mulaw, to_mulaw
from engine.rehearsal.loopback.tones import FRAME_BYTES, SILENT_FRAME
from engine.rehearsal.loopback.wires import (
    AudioCleared,
    AudioSent,
    FromEngine,
    MarkPlaced,
    NothingToHear,
    Stream,
    Unreadable,
    WireMessage,
    content_of,
)

SOUND = "content-type"
NARROW, WIDE = "audio/l16;rate=8000", "audio/l16;rate=16000"
RATES = {NARROW: 8000, WIDE: 16000}


class VonageWire:
    """A whole stream, both ways, at the rate that the order names. It has no stop: the socket closes."""

    returns_cleared = False
    subprotocols: tuple[str, ...] = ()

    def __init__(self, stream: Stream) -> None:
        along = dict(stream.parameters)
        self._sound = along.pop(SOUND, NARROW)
        self._rate_hz = RATES[self._sound]
        self._along = {"call": stream.call, **along}  # an order without a call's name is of no call's NCCO

    def opening(self) -> tuple[WireMessage, ...]:
        return (json.dumps({"event": "websocket:connected", SOUND: self._sound, **self._along}),)

    def media(self, frame: bytes | None) -> bytes:
        return from_mulaw(SILENT_FRAME if frame is None else frame, self._rate_hz)

    def key(self, digit: str) -> str:
        return json.dumps({"event": "websocket:dtmf", "digit": digit, "duration": 260})

    def mark(self, name: str, *, was_cleared: bool = False) -> str:
        return json.dumps({"event": "websocket:notify", "payload": {"name": name}})

    def stop(self) -> None:
        return None

    def read(self, message: WireMessage) -> FromEngine:
        if isinstance(message, bytes):
            size = FRAME_BYTES * 2 * self._rate_hz // 8000
            if len(message) != size:
                return Unreadable(None, f"a frame of {len(message)} bytes; expected {size}")
            return AudioSent(to_mulaw(message, self._rate_hz))
        content = content_of(message)
        if isinstance(content, Unreadable):
            return content
        match content:
            case {"action": "clear"}:
                return AudioCleared()
            case {"action": "notify", "payload": {"name": str(name)}}:
                return MarkPlaced(name)
            case {"action": "notify", "payload": dict()}:
                return NothingToHear()
        return Unreadable(None, f"{str(message)[:80]!r}; expected the action clear or notify")

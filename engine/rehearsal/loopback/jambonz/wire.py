"""The carrier's end of jambonz's listen verb. Source: jambonz/schema, listen; jambonz/freeswitch-modules."""

from __future__ import annotations

import json

from engine.media.linear import from_mulaw, to_mulaw
from engine.rehearsal.loopback.tones import SILENT_FRAME
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

MOST_MARKS = 30
_MARK = b"\xff\xff"
"""A sample of minus one, which jambonz takes for a mark."""


class JambonzWire:
    """A whole stream, both ways. It has no stop: the socket closes. Cleared marks come back as such."""

    returns_cleared = True
    subprotocols: tuple[str, ...] = ("audio.drachtio.org",)

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._marks = 0

    def opening(self) -> tuple[WireMessage, ...]:
        stream = self._stream
        about = {
            "sampleRate": 8000,
            "mixType": "mono",
            "callSid": stream.call,
            "callId": stream.sid,
            "accountSid": stream.account,
            "direction": "inbound",
            "from": stream.from_,
            "to": stream.to,
        }
        return (json.dumps({**about, **stream.parameters}),)

    def media(self, frame: bytes | None) -> bytes:
        return from_mulaw(SILENT_FRAME if frame is None else frame)

    def key(self, digit: str) -> str:
        return json.dumps({"event": "dtmf", "dtmf": digit, "duration": "1120"})

    def mark(self, name: str, *, was_cleared: bool = False) -> str:
        self._marks -= 1
        event = "cleared" if was_cleared else "playout"
        return json.dumps({"type": "mark", "data": {"name": name, "event": event}})

    def stop(self) -> None:
        return None

    def read(self, message: WireMessage) -> FromEngine:
        if isinstance(message, bytes):
            if len(message) % 2:
                return Unreadable(None, f"half a sample in {len(message)} bytes")
            if any(message[at : at + 2] == _MARK for at in range(0, len(message), 2)):
                return Unreadable(None, "a sample of minus one, which is a mark")
            return AudioSent(to_mulaw(message))
        content = content_of(message)
        if isinstance(content, Unreadable):
            return content
        match content:
            case {"type": "killAudio"}:
                return AudioCleared()
            case {"type": "mark", "data": {"name": str(name)}}:
                if self._marks >= MOST_MARKS:
                    return Unreadable(None, f"more than {MOST_MARKS} marks are out")
                self._marks += 1
                return MarkPlaced(name)
        return Unreadable(None, f"{str(message)[:80]!r}; expected killAudio or mark")

"""The carrier's end of Asterisk's media websocket. Source: docs.asterisk.org, Channel Drivers, WebSocket."""

from __future__ import annotations

import json
from collections import deque

from engine.rehearsal.loopback.tones import FRAME_BYTES, FRAME_MS, RATE_HZ, SILENT_FRAME
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

LONGEST_TEXT = 128
MOST_QUEUED = 1000 * FRAME_BYTES


class AsteriskWire:
    """A whole stream, both ways. It has no stop: the socket closes. `_queued` is what came and was not passed
    by a mark yet, so never less than what is still to be played."""

    returns_cleared = False
    subprotocols: tuple[str, ...] = ("media",)

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._queued = 0
        self._unmarked = 0
        self._marks: deque[tuple[str, int]] = deque()

    def opening(self) -> tuple[WireMessage, ...]:
        stream = self._stream
        start = {
            "event": "MEDIA_START",
            "connection_id": "cordboard",
            "channel": f"WebSocket/cordboard/{stream.sid}",
            "channel_id": stream.sid,
            "format": "ulaw",
            "optimal_frame_size": FRAME_BYTES,
            "ptime": FRAME_MS,
            "channel_variables": {"__CORDBOARD_CALL": stream.call, **stream.parameters},
        }
        return (json.dumps(start),)

    def media(self, frame: bytes | None) -> bytes:
        return SILENT_FRAME if frame is None else frame

    def key(self, digit: str) -> str:
        return json.dumps({"event": "DTMF_END", "channel_id": self._stream.sid, "digit": digit})

    def mark(self, name: str, *, was_cleared: bool = False) -> str:
        while self._marks:
            mark, size = self._marks.popleft()
            self._queued -= size
            if mark == name:
                break
        told = {"event": "MEDIA_MARK_PROCESSED", "channel_id": self._stream.sid, "correlation_id": name}
        return json.dumps(told)

    def stop(self) -> None:
        return None

    def read(self, message: WireMessage) -> FromEngine:
        if isinstance(message, bytes):
            return self._sound(message)
        if len(message) > LONGEST_TEXT:
            return Unreadable(None, f"a text of {len(message)} characters is passed over")
        content = content_of(message)
        if isinstance(content, Unreadable):
            return content
        match content:
            case {"command": "FLUSH_MEDIA"}:
                self._marks.clear()
                self._queued = self._unmarked = 0
                return AudioCleared()
            case {"command": "MARK_MEDIA", "correlation_id": str(name)}:
                self._marks.append((name, self._unmarked))
                self._unmarked = 0
                return MarkPlaced(name)
        return Unreadable(None, f"{message[:80]!r}; expected MARK_MEDIA or FLUSH_MEDIA, whole")

    def _sound(self, sound: bytes) -> FromEngine:
        if len(sound) % FRAME_BYTES:
            return Unreadable(
                None, f"the tail of a message of {len(sound)} bytes, which is no whole frame, is lost"
            )
        if self._queued >= MOST_QUEUED:
            return Unreadable(
                None, f"{self._queued / RATE_HZ:.0f} s are waiting: {len(sound)} bytes are lost"
            )
        self._queued += len(sound)
        self._unmarked += len(sound)
        return AudioSent(sound)

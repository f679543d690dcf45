"""The carrier's end of Telnyx media streaming. Source: developers.telnyx.com, media streaming."""

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

MALFORMED_FRAME = 100_002
INVALID_MEDIA = 100_003
SWAPS_EVERY = 7
"""Each so many frames two of them arrive in the wrong order, as they may at Telnyx."""


class TelnyxWire:
    """A whole stream, both ways."""

    returns_cleared = False
    subprotocols: tuple[str, ...] = ()

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._sequence = 0
        self._chunk = 0
        self._overtaken = ""

    def opening(self) -> tuple[WireMessage, ...]:
        stream = self._stream
        start = {
            "user_id": stream.account,
            "call_control_id": stream.call,
            "call_session_id": stream.call,
            "from": stream.from_,
            "to": stream.to,
            "tags": [],
            **stream.parameters,
            "media_format": {"encoding": "PCMU", "sample_rate": 8000, "channels": 1},
        }
        return json.dumps({"event": "connected", "version": "1.0.0"}), self._event("start", start)

    def media(self, frame: bytes | None) -> WireMessage | tuple[WireMessage, ...] | None:
        """By hand: it goes out fifty times a second and line. Who is overtaken waits for the next one."""
        payload = base64.b64encode(SILENT_FRAME if frame is None else frame).decode()
        self._sequence += 1
        self._chunk += 1
        said = (
            f'{{"event":"media","sequence_number":"{self._sequence}","media":{{"track":"inbound",'
            f'"chunk":"{self._chunk}","timestamp":"{self._chunk * FRAME_MS}","payload":"{payload}"}},'
            f'"stream_id":"{self._stream.sid}"}}'
        )
        if self._overtaken:
            late, self._overtaken = self._overtaken, ""
            return said, late
        if self._chunk > 1 and self._chunk % SWAPS_EVERY == 1:
            self._overtaken = said
            return None
        return said

    def key(self, digit: str) -> str:
        return self._event("dtmf", {"digit": digit})

    def mark(self, name: str, *, was_cleared: bool = False) -> str:
        return self._event("mark", {"name": name})

    def stop(self) -> str:
        return self._event("stop", {"user_id": self._stream.account, "call_control_id": self._stream.call})

    def _event(self, event: str, content: Mapping[str, object]) -> str:
        self._sequence += 1
        said = {"event": event, "sequence_number": str(self._sequence), event: content}
        return json.dumps({**said, "stream_id": self._stream.sid})

    def read(self, message: WireMessage) -> FromEngine:
        if isinstance(message, bytes):
            return Unreadable(MALFORMED_FRAME, f"a binary message of {len(message)} bytes")
        content = content_of(message, MALFORMED_FRAME)
        if isinstance(content, Unreadable):
            return content
        event = content.get("event") if isinstance(content, dict) else None
        body = content.get(event) if isinstance(event, str) else None
        match event:
            case "clear":
                return AudioCleared()
            case "mark" if isinstance(body, dict) and isinstance(body.get("name"), str):
                return MarkPlaced(body["name"])
            case "media" if isinstance(body, dict) and isinstance(body.get("payload"), str):
                try:
                    return AudioSent(base64.b64decode(body["payload"], validate=True))
                except (binascii.Error, ValueError):
                    return Unreadable(INVALID_MEDIA, "media.payload is not base64")
        return Unreadable(MALFORMED_FRAME, f"event {event!r}; expected media, mark or clear, whole")

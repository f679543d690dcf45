"""The carrier's end of AudioHook, as the Audio Connector speaks it. It is strict about numbers and rates.

Source: developer.genesys.cloud, AudioHook protocol reference; Genesys' reference client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from engine.rehearsal.loopback.tones import FRAME_MS, SILENT_FRAME
from engine.rehearsal.loopback.wires import (
    AudioCleared,
    AudioSent,
    FromEngine,
    NothingToHear,
    SaidBack,
    Stream,
    Unreadable,
    WireMessage,
    content_of,
)

FRAMES_EACH = 10
"""Genesys sends 200 ms at a time."""
FIRST_PING_MS, PING_MS = 1_000, 5_000
A_SECOND, AT_ONCE = 5, 25
"""Binary messages that it takes."""
MOST_BYTES = 64_000
BAD, TOO_MANY = 400, 429
MEDIA = [
    {"type": "audio", "format": "PCMU", "channels": ["external", "internal"], "rate": 8000},
    {"type": "audio", "format": "PCMU", "channels": ["external"], "rate": 8000},
]


def session_of(stream: Stream) -> str:
    return str(UUID(hex=stream.sid[-32:]))


class GenesysWire:
    """A whole session, both ways. No sound is sent before we were told that it is opened."""

    returns_cleared = False
    subprotocols: tuple[str, ...] = ()

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.session = session_of(stream)
        self.has_ended = False
        """It was ended as it should be, by either side."""
        self._is_open = False
        self._seq = 0
        self._their_seq = 0
        self._elapsed_ms = 0
        self._next_ping_ms = FIRST_PING_MS
        self._credit = float(AT_ONCE)
        self._gathered = b""

    def opening(self) -> tuple[WireMessage, ...]:
        stream = self._stream
        party = {"id": self.session, "ani": f"tel:{stream.from_}", "aniName": "", "dnis": f"tel:{stream.to}"}
        opened = {
            "organizationId": stream.account,
            "conversationId": stream.call,
            "participant": party,
            "media": MEDIA,
            "language": "en-US",
            "inputVariables": dict(stream.parameters),
        }
        return (self.text("open", opened),)

    def media(self, frame: bytes | None) -> tuple[WireMessage, ...]:
        """A binary message for every FRAMES_EACH frames; pings between them."""
        if not self._is_open or self.has_ended:
            return ()
        self._elapsed_ms += FRAME_MS
        self._credit = min(float(AT_ONCE), self._credit + A_SECOND * FRAME_MS / 1000)
        self._gathered += frame or SILENT_FRAME
        said: list[WireMessage] = []
        if len(self._gathered) >= FRAMES_EACH * len(SILENT_FRAME):
            said.append(self._gathered)
            self._gathered = b""
        if self._elapsed_ms >= self._next_ping_ms:
            self._next_ping_ms += PING_MS
            said.append(self.text("ping", {}))
        return tuple(said)

    def key(self, digit: str) -> str:
        return self.text("dtmf", {"digit": digit})

    def mark(self, name: str, *, was_cleared: bool = False) -> None:
        return None

    def stop(self) -> str | None:
        return None if self.has_ended else self.text("close", {"reason": "end"})

    def text(self, kind: str, parameters: Mapping[str, object]) -> str:
        """The next message of the session."""
        self._seq += 1
        return json.dumps(
            {
                "version": "2",
                "id": self.session,
                "type": kind,
                "seq": self._seq,
                "serverseq": self._their_seq,
                "position": f"PT{self._elapsed_ms / 1000}S",
                "parameters": parameters,
            }
        )

    # What the engine says

    def read(self, message: WireMessage) -> FromEngine:
        if isinstance(message, bytes):
            return self._sound(message)
        content = content_of(message, BAD)
        if isinstance(content, Unreadable):
            return content
        if not isinstance(content, dict) or (why := self._numbering(content)):
            return Unreadable(BAD, why if isinstance(content, dict) else "not an object")
        match content:
            case {"type": "opened", "parameters": {"media": [{"format": "PCMU", "channels": ["external"]}]}}:
                self._is_open = True
                return NothingToHear()
            case {"type": "event", "parameters": {"entities": [{"type": "barge_in"}]}}:
                return AudioCleared()
            case {"type": "disconnect"}:
                self.has_ended = True
                return SaidBack((self.text("close", {"reason": "disconnect"}),))
            case {"type": "closed"}:
                self.has_ended = True
                return SaidBack((), leaves=True)
            case {"type": "pong" | "updated"}:
                return NothingToHear()
        return Unreadable(BAD, f"type {content.get('type')!r} isn't known here")

    def _sound(self, sound: bytes) -> FromEngine:
        if not self._is_open or not sound or len(sound) > MOST_BYTES:
            return Unreadable(BAD, f"a binary message of {len(sound)} bytes")
        if self._credit < 1:
            return Unreadable(TOO_MANY, f"more than {A_SECOND} binary messages a second")
        self._credit -= 1
        return AudioSent(sound)

    def _numbering(self, content: Mapping[str, object]) -> str:
        """What is wrong with a text's numbers; "" where nothing is."""
        seq, told = content.get("seq"), content.get("clientseq")
        if content.get("version") != "2" or content.get("id") != self.session:
            return "not this session's, or not version 2"
        if seq != self._their_seq + 1:
            return f"seq {seq!r} after {self._their_seq}"
        self._their_seq += 1
        if not isinstance(told, int) or told > self._seq:
            return f"clientseq {told!r}, and {self._seq} were sent"
        return ""

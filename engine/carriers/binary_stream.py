"""Streams whose sound is binary frames, with text for all the rest: what they have in common."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import ClassVar, Literal

from engine.carriers.json_stream import (
    MAX_PAYLOAD_BYTES,
    Fields,
    Reader,
    WrongMessage,
    object_of,
    optional_text,
    parsed,
)
from engine.media.linear import from_mulaw, to_mulaw
from engine.media.messages import Audio, Ignored, Malformed, Message, Silent, Started

Sound = Literal["mulaw", "linear"]
MAX_SOUND_BYTES = MAX_PAYLOAD_BYTES * 3


class BinaryStream:
    """One socket's protocol state. A dialect names its sound and rate, how each text is read (`readers`, by
    the field `event_field`), and writes its own commands.

    `frame_bytes`: where a carrier drops the tail of a message that fills no frame, or takes one frame a
    message (`is_framed`), sound is cut into frames of so many bytes of mu-law; what is over waits for more,
    or is filled up with silence by `flushed`.
    """

    __slots__ = ("_left", "_stream")

    event_field: ClassVar[str] = "event"
    sound: ClassVar[Sound] = "mulaw"
    rate_hz: ClassVar[int] = 8000
    frame_bytes: ClassVar[int] = 160
    is_framed: ClassVar[bool] = False
    readers: ClassVar[Mapping[str, Reader]]

    def __init__(self) -> None:
        self._stream: str | None = None
        self._left = b""

    def audio_in(self, message: bytes | str) -> bytes | None:
        """The sound of a started stream, as mu-law in base64."""
        if self._stream is None or isinstance(message, str) or not 0 < len(message) <= MAX_SOUND_BYTES:
            return None
        heard = message if self.sound == "mulaw" else to_mulaw(message, self.rate_hz)
        return binascii.b2a_base64(heard, newline=False)

    def decode(self, message: bytes | str) -> Message:
        if isinstance(message, bytes):
            return self._sound_of(message)
        if not message:
            return Ignored("an empty message")
        try:
            return self._read(object_of(parsed(message), "the message"))
        except WrongMessage as wrong:
            return Malformed(str(wrong))

    def _sound_of(self, message: bytes) -> Message:
        if self._stream is None:
            return Ignored("sound before the start")  # some carriers are that quick
        payload = self.audio_in(message)
        if payload is not None:
            return Audio(payload)
        return Silent() if not message else Malformed(f"a frame of {len(message)} bytes")

    def _read(self, fields: Fields) -> Message:
        event = optional_text(fields, self.event_field)
        reader = self.readers.get(event)
        if reader is None:
            return Ignored(f"unknown event {event[:40]!r}")
        message = reader(fields)
        if isinstance(message, Started):
            if self._stream is not None:
                raise WrongMessage("a second start on one stream")
            self._stream = message.stream
        return message

    # What we say

    def audio(self, payload_b64: bytes) -> bytes | tuple[bytes, ...]:
        return self._whole_frames(self._left + binascii.a2b_base64(payload_b64))

    def _whole_frames(self, heard: bytes) -> bytes | tuple[bytes, ...]:
        whole = len(heard) // self.frame_bytes * self.frame_bytes
        self._left = heard[whole:]
        return self._framed(heard[:whole]) if whole else ()

    def _framed(self, heard: bytes) -> bytes | tuple[bytes, ...]:
        said = heard if self.sound == "mulaw" else from_mulaw(heard, self.rate_hz)
        if not self.is_framed:
            return said
        size = len(said) * self.frame_bytes // len(heard)
        return tuple(said[at : at + size] for at in range(0, len(said), size))

    def flushed(self) -> tuple[bytes, ...]:
        """What was waiting for a whole frame, filled up with silence."""
        if not self._left:
            return ()
        frame, self._left = self._left.ljust(self.frame_bytes, b"\xff"), b""
        said = self._framed(frame)
        return (said,) if isinstance(said, bytes) else said

    def forget(self) -> None:
        """What was waiting is not wanted any more: its sound was cleared."""
        self._left = b""

    def farewell(self) -> str | None:
        """Nothing: the socket is closed."""
        return None

"""Asterisk's media websocket (chan_websocket): binary mu-law both ways, JSON texts for all the rest.

Asterisk plays what it was sent in frames of 20 ms; the tail of a message that fills no frame is lost. It
keeps 1,000 frames, and a message beyond that is dropped in silence, though its mark comes back. A flush drops
marks for good. Sound may come before the start.

Source: docs.asterisk.org, Channel Drivers, WebSocket; `channels/chan_websocket.c`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import ClassVar

from engine.carriers.binary_stream import BinaryStream
from engine.carriers.json_stream import (
    Fields,
    Reader,
    WrongMessage,
    inner,
    key_of,
    optional_text,
    text_of,
    texts_of,
)
from engine.media.messages import Ignored, MarkPlayed, Message, Started

CALL = "CORDBOARD_CALL"
TOKEN = "CORDBOARD_TOKEN"  # noqa: S105 - a variable's name

Began = Callable[[str, str], None]
"""Told as a stream starts: Asterisk's names of the leg's channel and of the stream's own."""


def _inherited(fields: Fields) -> dict[str, str]:
    """The channel's variables. One that is inherited comes with the underscores that it was set with."""
    return {name.lstrip("_"): value for name, value in texts_of(inner(fields, "channel_variables")).items()}


def _read_start(fields: Fields) -> Message:
    if text_of(fields, "format") != "ulaw":
        raise WrongMessage("the stream is not 8 kHz mu-law")
    variables = _inherited(fields)
    token = variables.get(TOKEN, "")
    return Started(
        stream=text_of(fields, "channel_id"),
        carrier_call=text_of(variables, CALL),
        account="",
        parameters={"token": token} if token else {},
        encoding="ulaw",
        rate_hz=8000,
    )


def _passed_over(fields: Fields) -> Message:
    said = optional_text(fields, "event")
    return Ignored(f"Asterisk says {said[:40]} {optional_text(fields, 'error_text')[:80]}".rstrip())


class AsteriskStream(BinaryStream):
    """One socket's protocol state. It has no stop: the socket closes."""

    __slots__ = ("_began",)

    readers: ClassVar[Mapping[str, Reader]] = {
        "MEDIA_START": _read_start,
        "DTMF_END": lambda fields: key_of(fields, "digit"),
        "MEDIA_MARK_PROCESSED": lambda fields: MarkPlayed(text_of(fields, "correlation_id")),
        "MEDIA_XOFF": _passed_over,
        "MEDIA_XON": _passed_over,
        "MEDIA_BUFFERING_COMPLETED": _passed_over,
        "QUEUE_DRAINED": _passed_over,
        "STATUS": _passed_over,
        "ERROR": _passed_over,
    }

    def __init__(self, began: Began) -> None:
        super().__init__()
        self._began = began

    def decode(self, message: bytes | str) -> Message:
        found = super().decode(message)
        if isinstance(found, Started):
            self._began(found.carrier_call, found.stream)
        return found

    # What we say. A command is a text: Asterisk would play a binary one.

    def mark(self, name: str) -> tuple[bytes | str, ...]:
        return *self.flushed(), _command("MARK_MEDIA", correlation_id=name)

    def clear(self) -> str:
        self.forget()
        return _command("FLUSH_MEDIA")


def _command(command: str, **more: str) -> str:
    """Asterisk passes over one of more than 128 characters; names of marks are short."""
    return json.dumps({"command": command, **more}, separators=(",", ":"))

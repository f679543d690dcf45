"""Vonage's websockets: binary L16 in frames of 20 ms, and texts for all the rest.

The first text holds what we put into the NCCO's `headers`, side by side with Vonage's own fields: the token,
and the call's name, which Vonage doesn't send by itself. A `notify` comes back once what is before it was
played.

Source: developer.vonage.com, Voice API, WebSockets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import ClassVar

from engine.carriers.binary_stream import BinaryStream
from engine.carriers.json_stream import Fields, Reader, WrongMessage, inner, key_of, text_of, texts_of
from engine.media.messages import Ignored, MarkPlayed, Message, Started
from engine.media.mulaw import RATE_HZ

TOKEN, CALL = "token", "call"
"""Names of ours in `headers`."""
WIDE_HZ = 16_000

_SOUND = re.compile(r"audio/l16; ?rate=(8000|16000)")


def sound_of(rate_hz: int) -> str:
    """The content type that asks for it."""
    return f"audio/l16;rate={rate_hz}"


def _read_notify(fields: Fields) -> Message:
    return MarkPlayed(text_of(inner(fields, "payload"), "name"))


class VonageStream(BinaryStream):
    """One socket's protocol state, at 8 kHz. It has no message for its end: the socket closes."""

    __slots__ = ()

    sound = "linear"
    is_framed = True
    readers: ClassVar[Mapping[str, Reader]] = {
        "websocket:connected": lambda fields: _read_start(fields, RATE_HZ),
        "websocket:dtmf": lambda fields: key_of(fields, "digit"),
        "websocket:notify": _read_notify,
        "websocket:cleared": lambda _: Ignored("the clear was obeyed"),
    }

    # What we say. Text is `str`: to Vonage every binary message is sound.

    def clear(self) -> str:
        self.forget()
        return '{"action":"clear"}'

    def mark(self, name: str) -> tuple[bytes | str, ...]:
        """After the last of the sound, whose frame is filled up."""
        return (*self.flushed(), f'{{"action":"notify","payload":{{"name":{json.dumps(name)}}}}}')


class WideVonageStream(VonageStream):
    """The same at 16 kHz."""

    __slots__ = ()

    rate_hz = WIDE_HZ
    readers: ClassVar[Mapping[str, Reader]] = {
        **VonageStream.readers,
        "websocket:connected": lambda fields: _read_start(fields, WIDE_HZ),
    }


def _read_start(fields: Fields, rate_hz: int) -> Message:
    found = _SOUND.fullmatch(text_of(fields, "content-type"))
    if found is None or int(found[1]) != rate_hz:
        raise WrongMessage(f"the stream is not L16 at {rate_hz} Hz")
    along = texts_of(fields)
    call = text_of(fields, CALL)
    return Started(
        stream=call,  # Vonage gives the socket no name
        carrier_call=call,
        account="",
        parameters={TOKEN: along[TOKEN]} if TOKEN in along else {},
        encoding="audio/l16",
        rate_hz=rate_hz,
    )

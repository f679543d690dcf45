"""Telnyx media streaming over a websocket: JSON texts, mu-law in base64, both ways.

Frames may arrive out of order, so they are put in the order of their chunks: one that is ahead is held until
what is missing came, or until `MOST_HELD` wait for it; one that comes too late is dropped.

Source: developers.telnyx.com, Voice API, media streaming over websockets.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import ClassVar

from engine.carriers.json_stream import (
    MAX_PAYLOAD_BYTES,
    NUMBER,
    PAYLOAD,
    Fields,
    JsonStream,
    Reader,
    WrongMessage,
    inbound_sound,
    inner,
    key_of,
    optional_text,
    quoted,
    text_of,
)
from engine.core.whole_numbers import whole_number
from engine.media.messages import Audio, Connected, Ignored, MarkPlayed, Message, Started, Stopped

MOST_HELD = 5
"""Frames that wait for one before them: a tenth of a second."""
TOKEN = "token"  # noqa: S105 - the name of a field

_MEDIA = re.compile(
    rb'\{ ?"event": ?"media", ?"sequence_number":'
    + NUMBER
    + rb', ?"media": ?\{"track": ?"inbound", ?"chunk": ?"?([0-9]{1,18})"?, ?"timestamp":'
    + NUMBER
    + rb', ?"payload": ?"('
    + PAYLOAD
    + rb')"\}, ?"stream_id": ?"[A-Za-z0-9-]*"\}'
)


def written_state(token: str, number: int) -> str:
    """What rides with every command of a leg, and comes back in its start and its webhooks."""
    return base64.b64encode(f"{number}.{token}".encode()).decode()


def read_state(state: str) -> tuple[str, int]:
    """The token and the number of the leg's stream; ("", 0) where the state is none of ours."""
    try:
        text = base64.b64decode(state, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return "", 0
    number, _, token = text.partition(".")
    found = whole_number(number)
    return ("", 0) if found is None else (token, found)


def _read_start(fields: Fields) -> Message:
    start = inner(fields, "start")
    media = inner(start, "media_format")
    encoding, rate_hz = text_of(media, "encoding"), media.get("sample_rate")
    if encoding != "PCMU" or rate_hz != 8000:
        raise WrongMessage("the stream is not 8 kHz mu-law")
    token, _ = read_state(optional_text(start, "client_state"))
    return Started(
        stream=text_of(fields, "stream_id"),
        carrier_call=text_of(start, "call_control_id"),
        account=optional_text(start, "user_id"),
        parameters={TOKEN: token} if token else {},
        encoding=encoding,
        rate_hz=8000,
    )


def _read_error(fields: Fields) -> Message:
    payload = inner(fields, "payload")
    code, title = payload.get("code"), optional_text(payload, "title")
    return Ignored(f"Telnyx says {str(code)[:20]} {title[:80]}")


class TelnyxStream(JsonStream):
    """One socket's protocol state: its name, which chunk is next, and those that came before their turn."""

    __slots__ = ("_held", "_next")

    early = frozenset({"connected", "start", "error"})
    media = _MEDIA
    readers: ClassVar[Mapping[str, Reader]] = {
        "connected": lambda _: Connected(),
        "start": _read_start,
        "media": lambda fields: inbound_sound(inner(fields, "media")),
        "dtmf": lambda fields: key_of(inner(fields, "dtmf"), "digit"),
        "mark": lambda fields: MarkPlayed(text_of(inner(fields, "mark"), "name")),
        "error": _read_error,
        "stop": lambda _: Stopped(),
    }

    def __init__(self) -> None:
        super().__init__()
        self._next = -1
        self._held: dict[int, bytes] = {}

    def audio_in(self, message: bytes | str) -> bytes | None:
        """The payload of a frame whose turn it is."""
        if self._stream is None or isinstance(message, str):
            return None
        found = _MEDIA.fullmatch(message)
        if found is None:
            return None
        chunk, payload = int(found[1]), found[2]
        size = len(payload)
        if size > MAX_PAYLOAD_BYTES or size & 3 or self._held or chunk != self._next >= 0:
            return None
        self._next = chunk + 1
        return payload

    def _read(self, fields: Fields) -> Message:
        message = super()._read(fields)
        if not isinstance(message, Audio):
            return message
        chunk = _chunk_of(inner(fields, "media"))
        return message if chunk is None else self._in_order(chunk, message.payload_b64)

    def _in_order(self, chunk: int, payload_b64: bytes) -> Message:
        if chunk < self._next:
            return Ignored("a frame that comes too late, or twice")
        self._held[chunk] = payload_b64
        if self._next < 0 or len(self._held) > MOST_HELD:
            self._next = min(self._held)  # what is missing before it is not waited for
        ready = []
        while (payload := self._held.pop(self._next, None)) is not None:
            ready.append(payload)
            self._next += 1
        if not ready:
            return Ignored("a frame ahead of its turn")
        return Audio(ready[0] if len(ready) == 1 else base64.b64encode(b"".join(map(_decoded, ready))))

    # What we say

    def audio(self, payload_b64: bytes) -> bytes:
        return b'{"event":"media","media":{"payload":"' + payload_b64 + b'"}}'

    def clear(self) -> bytes:
        return b'{"event":"clear"}'

    def mark(self, name: str) -> bytes:
        return b'{"event":"mark","mark":{"name":%s}}' % quoted(name)


def _chunk_of(media: Fields) -> int | None:
    """None where the carrier does not say, or says nonsense: then what comes is taken as it comes."""
    chunk = media.get("chunk")
    return whole_number(str(chunk)) if isinstance(chunk, str | int) else None


def _decoded(payload_b64: bytes) -> bytes:
    try:
        return binascii.a2b_base64(payload_b64)
    except binascii.Error:
        return b""

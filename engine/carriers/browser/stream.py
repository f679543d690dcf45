"""A tab's stream: mu-law at 8 kHz in binary frames, both ways, and JSON texts for all the rest.

    tab     {"event": "start", "call", "token"}   {"event": "key", "key"}   {"event": "mark", "name"}
            {"event": "stop"}
    engine  {"event": "clear"}                    {"event": "mark", "name"}

A mark comes back once what is before it was heard, or cleared. A tab that is closed may say nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from engine.carriers.binary_stream import BinaryStream
from engine.carriers.json_stream import Fields, Reader, key_of, text_of
from engine.media.messages import MarkPlayed, Message, Started, Stopped

TOKEN = "token"  # noqa: S105 - the name of a field


def _read_start(fields: Fields) -> Message:
    call = text_of(fields, "call")
    return Started(
        stream=call,
        carrier_call=call,
        account="",
        parameters={TOKEN: text_of(fields, TOKEN)},
        encoding="PCMU",
        rate_hz=8000,
    )


class BrowserStream(BinaryStream):
    """One tab's protocol state."""

    __slots__ = ()

    readers: ClassVar[Mapping[str, Reader]] = {
        "start": _read_start,
        "key": lambda fields: key_of(fields, "key"),
        "mark": lambda fields: MarkPlayed(text_of(fields, "name")),
        "stop": lambda _: Stopped(),
    }

    # What we say

    def clear(self) -> str:
        self.forget()
        return '{"event":"clear"}'

    def mark(self, name: str) -> tuple[bytes | str, ...]:
        return (*self.flushed(), json.dumps({"event": "mark", "name": name}))

"""The websockets of jambonz's listen verb: binary L16 at 8 kHz, and texts for all the rest.

The first text is the call's data and no event; our metadata stands in it side by side with jambonz's own. To
jambonz a mark is a sample of minus one in the sound, so there has to be none in ours; mu-law has none. It
keeps `MOST_MARKS` at most, and forgets the rest, so that one too many isn't sent.

Source: github.com/jambonz/schema, listen verb; jambonz/freeswitch-modules, mod_audio_fork.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from engine.carriers.binary_stream import BinaryStream
from engine.carriers.json_stream import Fields, Reader, WrongMessage, inner, key_of, text_of, texts_of
from engine.media.messages import Ignored, MarkPlayed, Message, Started
from engine.media.mulaw import RATE_HZ

MOST_MARKS = 30
TOKEN = "token"  # noqa: S105 - the name of a field


def _read_start(fields: Fields) -> Message:
    if "callSid" not in fields:
        return Ignored("a text of no kind")
    if fields.get("sampleRate") not in (RATE_HZ, str(RATE_HZ)):
        raise WrongMessage("the stream is not L16 at 8000 Hz")
    call = text_of(fields, "callSid")
    along = texts_of(fields)
    return Started(
        stream=call,  # jambonz gives the socket no name
        carrier_call=call,
        account=along.get("accountSid", ""),
        parameters={TOKEN: along[TOKEN]} if TOKEN in along else {},
        encoding="audio/l16",
        rate_hz=RATE_HZ,
    )


class JambonzStream(BinaryStream):
    """One socket's protocol state, and how many marks are out. Its end has no message: the socket closes."""

    __slots__ = ("_marks",)

    sound = "linear"
    readers: ClassVar[Mapping[str, Reader]] = {
        "dtmf": lambda fields: key_of(fields, "dtmf"),
        "mark": lambda fields: MarkPlayed(text_of(inner(fields, "data"), "name")),
        "playDone": lambda _: Ignored("a file was played"),
        "": _read_start,
    }

    def __init__(self) -> None:
        super().__init__()
        self._marks = 0

    def _read(self, fields: Fields) -> Message:
        """Some of jambonz's texts name themselves by `event`, some by `type`, the first not at all."""
        kind = fields.get("event") or fields.get("type") or ""
        message = super()._read({**fields, "event": kind})
        if isinstance(message, MarkPlayed):  # whether it was heard or cleared
            self._marks = max(0, self._marks - 1)
        return message

    # What we say. Text is `str`: to jambonz every binary message is sound.

    def clear(self) -> str:
        self.forget()
        return '{"type":"killAudio"}'

    def mark(self, name: str) -> tuple[bytes | str, ...]:
        """After the last of the sound, whose frame is filled up."""
        tail = self.flushed()
        if self._marks >= MOST_MARKS:
            return tail
        self._marks += 1
        return (*tail, f'{{"type":"mark","data":{{"name":{json.dumps(name)}}}}}')

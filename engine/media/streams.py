"""What a line needs of its carrier's stream: decode and encode, without sockets, clocks or knowledge of
flows.

Two classes of streams: JSON texts with the sound in base64, and binary sound with text for all the rest. What
goes out says itself which it is: `bytes` is the carrier's ordinary frame (a text where its sound is in JSON,
a binary one where it is not), `str` is always a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import parse_qsl, urlsplit

from engine.media.messages import Message

Outgoing = bytes | str | tuple[bytes | str, ...]
"""One wire message, or several in order where the carrier takes no more in one."""

Keys = Literal["stream", "webhook"]
Marks = Literal["heard", "taken", "none"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the carrier's stream can do; a line makes up for what it cannot."""

    keys: Keys = "stream"
    """Where keys come in: on the stream, or by a webhook of their own."""
    marks: Marks = "heard"
    """heard: a mark comes back once what is before it was played. taken: it comes back, though the carrier
    may have dropped what was before it. none: there are no marks, and the clock alone decides."""
    clear_returns_marks: bool = True
    """Whether the marks of what a clear dropped come back; else they never do."""
    is_binary: bool = False
    """Whether sound goes as binary frames, and text is apart from it."""
    detects_machines: bool = False
    """Whether its carrier, if asked, tells what picks up a leg that we dial."""
    comes_back: bool = True
    """Whether a leg may get another stream after one that broke; else it is over with its stream."""
    sends_silence: bool = True
    """Whether a frame comes fifty times a second, quiet or not; else a silent line is asked for a sign."""
    rings: bool = True
    """Whether it can dial anybody; if not, its callers' buyers are called by another carrier."""

    @property
    def has_marks(self) -> bool:
        return self.marks != "none"


class CarrierStream(Protocol):
    """One leg's stream. It remembers what the protocol makes it remember, such as the stream's name."""

    def decode(self, message: bytes | str) -> Message:
        """Turn one wire message into a neutral one. Never raises; bad input is `Malformed`."""
        ...

    def audio_in(self, message: bytes | str) -> bytes | None:
        """The base64 payload if this is, beyond doubt, inbound audio of a started stream; else None.

        The fast path: None does not mean "no audio", it means "ask `decode`".
        """
        ...

    def audio(self, payload_b64: bytes) -> Outgoing:
        """What plays this sound: mu-law at 8 kHz in base64, of any length."""
        ...

    def clear(self) -> Outgoing | None:
        """What empties the carrier's play buffer; None where there is no such thing."""
        ...

    def mark(self, name: str) -> Outgoing | None:
        """What asks to be told when playback gets here; None where there are no marks."""
        ...

    def farewell(self) -> Outgoing | None:
        """What asks the carrier to end the stream, where it is the carrier that closes; else None."""
        ...


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A request for a websocket, as it came: its target (path and query), headers by their small names."""

    target: str
    headers: Mapping[str, str]
    peer: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> Mapping[str, str]:
        """Of a name that is given twice, the last value."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def host(self) -> str:
        return self.headers.get("host", "")


class StreamsIn(Protocol):
    """A carrier as the media port sees it: whose sockets they are and how to speak on them."""

    @property
    def name(self) -> str:
        """Its streams ask for `/media/NAME`, with a pass behind it where one was given out."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """The websocket subprotocols that it asks for, and expects to be given; () for none."""
        ...

    @property
    def streams_announce(self) -> bool:
        """Whether a stream may be the first that is heard of a call: its proven upgrade stands for a webhook,
        and its start says who calls."""
        ...

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        """Whether the carrier made this request, by its own proof; `is_expected`: it names the pass of a
        stream that we gave out, which nobody else was told of."""
        ...

    def open_stream(self, upgrade: Upgrade) -> CarrierStream:
        """A fresh adapter for one socket."""
        ...

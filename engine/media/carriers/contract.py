"""What a carrier adapter offers: decode and encode, without sockets, clocks or knowledge of flows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.media.messages import Message


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the carrier's stream can do; a line makes up for what it cannot."""

    has_keys: bool
    has_marks: bool
    ordered: bool
    binary_audio: bool
    sends_silence: bool = True
    """Whether a frame comes fifty times a second, quiet or not; else a silent line is asked for a sign."""


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

    def audio(self, payload_b64: bytes) -> bytes:
        """The wire message that plays this sound."""
        ...

    def clear(self) -> bytes | None:
        """The wire message that empties the carrier's play buffer; None where there is no such thing."""
        ...

    def mark(self, name: str) -> bytes | None:
        """The wire message that asks to be told when playback gets here; None without `has_marks`."""
        ...


class Carrier(Protocol):
    """A carrier's media protocol: where its sockets arrive and how to speak on them."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> str:
        """The path of the media server that this carrier's sockets ask for."""
        ...

    @property
    def signature_header(self) -> str | None:
        """The upgrade's header that holds the carrier's signature; None where it signs none."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    def open_stream(self) -> CarrierStream:
        """A fresh adapter for one socket."""
        ...

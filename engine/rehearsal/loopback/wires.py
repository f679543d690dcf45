"""The carrier's end of a media protocol as messages in, messages out, whichever carrier it plays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.core.nesting import check_nesting
from engine.rehearsal.loopback.sids import new_sid

WireMessage = str | bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """Who a stream belongs to, where it leads and what came along with the order to open it."""

    url: str
    account: str
    call: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    sid: str = field(default_factory=lambda: new_sid("MZ"))
    from_: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class AudioSent:
    audio: bytes


@dataclass(frozen=True, slots=True)
class MarkPlaced:
    name: str


@dataclass(frozen=True, slots=True)
class AudioCleared:
    pass


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that a carrier would not accept, and its error code; None where it has none."""

    code: int | None
    why: str


@dataclass(frozen=True, slots=True)
class NothingToHear:
    """A message that is fine, and changes nothing that can be heard."""


@dataclass(frozen=True, slots=True)
class SaidBack:
    """A message that the protocol answers; with `leaves` it is the carrier that closes the socket then."""

    messages: tuple[WireMessage, ...]
    leaves: bool = False


FromEngine = AudioSent | MarkPlaced | AudioCleared | Unreadable | NothingToHear | SaidBack


def content_of(message: str, code: int | None = None) -> Any:
    """What the engine's text holds; Unreadable, by this code, where it is no JSON."""
    try:
        check_nesting(message)
        return json.loads(message)
    except ValueError:
        return Unreadable(code, f"not JSON: {message[:80]!r}")


class StreamWire(Protocol):
    """One stream as its carrier speaks it. What a carrier has no message for is empty."""

    returns_cleared: bool
    """Whether the marks of what a clear dropped come back."""
    subprotocols: tuple[str, ...]

    def opening(self) -> tuple[WireMessage, ...]:
        """What is said before the first frame."""
        ...

    def media(self, frame: bytes | None) -> WireMessage | tuple[WireMessage, ...] | None:
        """One 20 ms frame of mu-law; None is silence, b"" an empty frame. A carrier that gathers frames says
        nothing for most of them."""
        ...

    def key(self, digit: str) -> WireMessage | None: ...

    def mark(self, name: str, *, was_cleared: bool = False) -> WireMessage | None: ...

    def stop(self) -> WireMessage | None: ...

    def read(self, message: WireMessage) -> FromEngine:
        """What the engine asks of the carrier; never raises."""
        ...

"""What a carrier's media stream can say, whichever carrier it is.

A carrier adapter turns its own wire messages into these. They are facts about one leg's stream; audio stays
base64 as it came, so that a relay passes it on without decoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connected:
    """The socket is a carrier's; the stream itself has not begun."""


@dataclass(frozen=True, slots=True)
class Started:
    """The stream began. `parameters` are the ones that our own document or request sent along, the token
    among them. Where the start is what announces a call, `caller` and `called` are its numbers."""

    stream: str
    carrier_call: str
    account: str
    parameters: Mapping[str, str]
    encoding: str
    rate_hz: int
    caller: str = ""
    called: str = ""


@dataclass(frozen=True, slots=True)
class Replied:
    """The protocol itself wants an answer: `reply` goes out at once, then `message` counts."""

    reply: bytes | str | tuple[bytes | str, ...]
    message: Message


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound from the leg's party: base64 exactly as the carrier sent it."""

    payload_b64: bytes


@dataclass(frozen=True, slots=True)
class Silent:
    """A frame without sound, as a muted party's line sends it: nothing to hear, but the line lives."""


@dataclass(frozen=True, slots=True)
class Key:
    """The party pressed one key: 0-9, *, # or A-D."""

    digit: str


@dataclass(frozen=True, slots=True)
class MarkPlayed:
    """The carrier reached a mark of ours. After a `clear` it returns marks that nobody heard."""

    name: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The carrier ended the stream: the party hung up, or the call moved on."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A well-formed message that says nothing to us, such as an event of a later protocol version."""

    why: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that breaks the carrier's own protocol; `why` is for the log and holds no payload."""

    why: str


Message = Connected | Started | Audio | Silent | Key | MarkPlayed | Stopped | Ignored | Malformed | Replied

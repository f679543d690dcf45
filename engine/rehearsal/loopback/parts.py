"""What the loopback carrier has of the carrier that it plays: how it speaks on streams, by webhooks and by
REST.

A part is made with secrets of its own, and says which settings an engine needs to take calls by it. It leads
each call from its answer on, or from its arrival where a caller comes in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from fastapi import FastAPI

from engine.rehearsal.loopback.clock import LineClock
from engine.rehearsal.loopback.conference import Conferences
from engine.rehearsal.loopback.handset import Handset
from engine.rehearsal.loopback.lines import MediaLine
from engine.rehearsal.loopback.posts import WebhookPost
from engine.rehearsal.loopback.timeline import Timeline, What, Who
from engine.rehearsal.loopback.wires import Stream, StreamWire

Method = Literal["GET", "POST"]
Status = Literal["queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"]
FINAL: frozenset[Status] = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
EndedBy = Literal["caller", "buyer", "engine", "carrier"]
FINAL_EVENT = "completed"


@dataclass(frozen=True, slots=True)
class StatusCallback:
    """Who is told of a call's progress, and of which events: initiated, ringing, answered, completed."""

    url: str
    method: Method = "POST"
    events: frozenset[str] = frozenset({FINAL_EVENT})


@dataclass(frozen=True, slots=True)
class DocumentAt:
    """What the engine serves, or is told, at an address."""

    url: str
    method: Method = "POST"


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document given in full, by REST."""

    twiml: str


@dataclass(frozen=True, slots=True)
class StreamOrder:
    """Open a stream at this address at once, with what rides along."""

    url: str
    parameters: Mapping[str, str]


Document = DocumentAt | DocumentText | StreamOrder


class Reports(Protocol):
    """Tells one call's progress, in order, beside the call itself."""

    is_cut_off: bool
    """The call's end could not be reported."""

    def tell(self, event: str, status: str, more: Mapping[str, str]) -> None: ...

    async def finish(self) -> None:
        """Returns when everything told has been delivered, or has failed."""
        ...


class PlayedCall(Protocol):
    """What a part needs of a call: to lead it, to tell of it, to show it by REST. Times are the carrier's
    milliseconds."""

    sid: str
    trunk: Trunk
    handset: Handset
    from_: str
    to: str
    direction: Literal["inbound", "outbound-api"]
    status: Status
    ended_by: EndedBy | None
    created_at: datetime
    began_ms: int
    answered_ms: int | None
    ended_ms: int | None
    line: MediaLine | None
    away_s: float
    was_read: asyncio.Event

    @property
    def is_inbound(self) -> bool: ...

    @property
    def is_over(self) -> bool: ...

    @property
    def duration_s(self) -> int: ...

    def end(self, by: EndedBy) -> None: ...

    def follow(self, document: Document) -> None: ...

    def fields(self) -> dict[str, str]: ...

    def record(self, who: Who, what: What, detail: str = "") -> None: ...

    def complain(self, code: int | None, message: str) -> None: ...

    def answered(self) -> None: ...

    def over(self, status: Status, by: EndedBy) -> None: ...


TellsAnswerer = Callable[["PlayedCall", str, int], Awaitable[None]]
"""Tells the engine what picked up, in the carrier's word, and after so many milliseconds."""


class Desk(Protocol):
    """The carrier behind its REST API. `immovable` are numbers and calls that are given no other document."""

    immovable: set[str]

    def dial(
        self,
        from_: str,
        to: str,
        document: Document,
        ring_timeout_s: float,
        callback: StatusCallback | None,
        *,
        tells_answerer: TellsAnswerer | None = None,
    ) -> PlayedCall:
        """Starts an outbound call; raises NobodysNumber for a number that the carrier does not dial."""
        ...

    def find(self, sid: str) -> PlayedCall | None: ...

    def note(self, call: str, what: str, refused: bool) -> None:
        """A request was obeyed or refused."""
        ...


class NobodysNumber(Exception):
    """The carrier does not dial this number."""


class CarrierPart(Protocol):
    """How one carrier is played. Made without anything, it has new secrets of its own."""

    name: str
    account: str
    secrets: tuple[str, ...]
    """The settings of an engine that it has to share."""
    voice_path: str
    """Where the engine is told of callers."""

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        """The part that shares these secrets with a running engine."""
        ...

    def open(self, trunk: Trunk) -> None:
        """Before its first call."""
        ...

    def settings(self, api_url: str) -> Mapping[str, str]:
        """What an engine is to be told, so that it takes calls by this part."""
        ...

    def rest_api(self, desk: Desk) -> FastAPI: ...

    def wire(self, stream: Stream) -> StreamWire: ...

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        """The proof that goes with a stream's upgrade."""
        ...

    def along(self, token: str) -> Mapping[str, str]:
        """How a stream's token rides along with the order to open it."""
        ...

    proofs_age: bool
    """Whether the proof of a webhook holds for a while only."""

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        """A proven webhook about a caller, as headers and body."""
        ...

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        """Who is told how a caller's call goes."""
        ...

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports: ...

    async def lead(self, call: PlayedCall, document: Document) -> None:
        """What the engine has the carrier do; when it returns, the call is over."""
        ...


@dataclass(frozen=True, slots=True)
class Trunk:
    """What all calls of one carrier share."""

    part: CarrierPart
    clock: LineClock
    timeline: Timeline
    post: WebhookPost
    patience_s: float
    longest_call_s: float
    signs_streams: bool
    conferences: Conferences

    @property
    def account_sid(self) -> str:
        return self.part.account

"""What a carrier is to the engine, and the engine to a carrier.

A carrier has a folder: its stream's dialect, its REST side, the documents that it is answered with, its
account's settings, its webhooks and its signatures. Above this floor nobody knows one from the other. It gets
the engine as an `EngineDoor`, which knows no carrier.

    Carrier         says what it can do, and opens an account from the settings
    CarrierAccount  rings, ends, joins; proves and answers webhooks; proves and opens streams
    EngineDoor      takes callers, says what comes after a stream, hears the news of legs

Every webhook comes to `/carriers/NAME/…` and every stream to `/media/NAME/…`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic_settings import BaseSettings

from engine.carriers.requests import CarrierWebhook, WebhookAnswer
from engine.core.events import EndedBy, LegOutcome
from engine.core.leg_events import Answerer
from engine.media.streams import CarrierStream, StreamsIn, Upgrade

__all__ = [
    "Arriving",
    "CallLength",
    "Carrier",
    "CarrierAccount",
    "CarrierRefused",
    "CarrierStream",
    "CarrierUnreachable",
    "CarrierWebhook",
    "EngineDoor",
    "LegNews",
    "LegState",
    "LegToRing",
    "LegsToJoin",
    "NotACall",
    "StreamAt",
    "TurnedAway",
    "Upgrade",
    "WebhookAnswer",
]

LegState = Literal["dialled", "ringing", "answered", "ended"]


@dataclass(frozen=True, slots=True)
class LegNews:
    """What a carrier tells of one leg, in words of no carrier. `carrier_call` is its name for it, "" where it
    did not say. The rest belongs to the end: how it came, how long it lasted from its answer, by whom."""

    state: LegState
    carrier_call: str = ""
    outcome: LegOutcome | None = None
    duration_ms: int | None = None
    ended_by: EndedBy | None = None
    said: str = ""
    """The carrier's own word for it, as logs and records show it."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """A caller as a webhook or a stream announces it: the numbers as the carrier spells them.

    `leave` is the carrier's leave to show the caller's number to whom we dial, "" without one. A publisher
    may have sent something along: in the webhook's `query`, or in SIP headers (`X-Cordboard-Zip`). A call
    `by_browser` is practice, unless the network sells such calls.
    """

    carrier_call: str
    caller: str
    called: str
    leave: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    sip_headers: Mapping[str, str] = field(default_factory=dict)
    by_browser: bool = False


class NotACall(ValueError):
    """What was announced is no phone call; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class StreamAt:
    """Where a leg's audio is expected now: its address, the token that its start has to bring, and which of
    the leg's streams it is, from 0."""

    url: str
    token: str
    number: int


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """There is no audio for this leg now. `words` are for the caller, "" where nothing is to be said."""

    why: Literal["no_room", "taken", "cut_off", "over"]
    words: str = ""


@dataclass(frozen=True, slots=True)
class LegToRing:
    """Ring `to` for at most `ring_s` seconds as this leg, showing `shown`.

    `to` is a number or a SIP address. `caller` and `leave` are the caller's own number and the carrier's
    leave for it, "" where `shown` is another; `caller_call` is the carrier's name for the caller's leg, where
    that is a call of its own. `stream` says where its audio goes, each time with another token: for those who
    want it with the request. Where it `detects_machines`, a carrier that can find out is asked what picks up
    (`EngineDoor.leg_answerer`).
    """

    call: str
    leg: str
    to: str
    shown: str
    ring_s: int
    stream: Callable[[], StreamAt]
    caller: str = ""
    leave: str = ""
    caller_call: str = ""
    detects_machines: bool = False


@dataclass(frozen=True, slots=True)
class LegsToJoin:
    """Two live legs to be joined: our names of the call and of the leg that we dialled, the carrier's names
    of the caller's leg and of that one, the numbers of their streams, and for how many seconds at most
    (None: as long as they like)."""

    call: str
    leg: str
    caller_call: str
    leg_call: str
    caller_stream: int = 0
    leg_stream: int = 0
    at_most_s: int | None = None


@dataclass(frozen=True, slots=True)
class CallLength:
    """What the carrier has of a call: its status, and once it is over how long it lasted from its answer."""

    status: str
    duration_s: int | None


class CarrierUnreachable(Exception):
    """No answer came: a timeout, a refused connection, or something that is none of this carrier's.

    `is_sent`: it may have done what was asked.
    """

    def __init__(self, why: str, *, is_sent: bool = True) -> None:
        super().__init__(why)
        self.is_sent = is_sent


class CarrierRefused(Exception):
    """The carrier said no: HTTP status, its own code (0 without one) and its message.

    `of` says what it is about: the number that was to be shown, the one that was dialled, or anything else,
    which is ours to mend. `retry_after_s` is when it may be asked again, None where it does not say.
    """

    def __init__(
        self,
        status: int,
        code: int | str,
        message: str,
        retry_after_s: float | None = None,
        *,
        of: Literal["shown", "dialled", "us"] = "us",
    ) -> None:
        super().__init__(f"HTTP {status}, code {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.of = of
        self.retry_after_s = retry_after_s

    @property
    def is_for_now(self) -> bool:
        """Too many requests, or no service just now: nothing was done, and asking again may help."""
        return self.status in (429, 503)


class EngineDoor(Protocol):
    """The engine, as one carrier sees it."""

    @property
    def public_url(self) -> str:
        """Where the engine's HTTP port is known, without a slash at its end."""
        ...

    @property
    def carrier_url(self) -> str:
        """Where this carrier's webhooks come in, without a slash at its end."""
        ...

    @property
    def stream_url(self) -> str:
        """Where this carrier's streams come in."""
        ...

    @property
    def takes_unsigned(self) -> bool:
        """For development: whether what is not signed is believed, from this machine to this machine."""
        ...

    def now_s(self) -> float:
        """Seconds since 1970, to hold the age of a signature against."""
        ...

    async def welcome(self, arriving: Arriving) -> StreamAt | TurnedAway:
        """A caller is here. Told twice, it says the same until the stream came. Raises NotACall."""
        ...

    async def after(self, arriving: Arriving, number: int) -> StreamAt | TurnedAway:
        """The caller's stream of this number is over, but the caller may still be there: what comes next.
        Raises NotACall."""
        ...

    def answered(self, call: str, leg: str, carrier_call: str) -> StreamAt | TurnedAway:
        """A leg of ours was answered: where its audio goes, for those that ask only then."""
        ...

    def after_leg(self, call: str, leg: str, carrier_call: str, number: int) -> StreamAt | TurnedAway:
        """The same as `after` of a leg that we dialled."""
        ...

    async def caller_ended(self, news: LegNews) -> None:
        """The caller's own leg is over."""
        ...

    async def leg_news(self, call: str, leg: str, news: LegNews) -> None:
        """How a leg that we dialled goes."""
        ...

    def leg_answerer(self, call: str, leg: str, answerer: Answerer, said: str) -> None:
        """What picked up a leg that we dialled, where the carrier was asked to find out; `said` is its own
        word for it, at most 40 letters and underscores."""
        ...

    def pressed(self, carrier_call: str, digit: str) -> None:
        """A key of this leg, where the carrier tells of keys by webhook."""
        ...

    def malformed(self) -> None:
        """A proven webhook makes no sense: count it."""
        ...


class CarrierAccount(StreamsIn, Protocol):
    """One account at a carrier, for the life of an engine.

    What is sent to it, and asked of it, raises CarrierRefused and CarrierUnreachable.
    """

    @property
    def is_set_up(self) -> bool:
        """Whether its settings are enough for calls."""
        ...

    # Webhooks

    def may_hold(self, webhook: CarrierWebhook) -> bool:
        """Before its body is read: whether it could be proven, or need not be."""
        ...

    def holds(self, webhook: CarrierWebhook) -> bool:
        """Whether the carrier sent it, body and all. Raises UnreadableBody for one of no form of its own."""
        ...

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        """Of a webhook that holds."""
        ...

    # The telephone

    async def ring(self, placing: LegToRing) -> str:
        """Start ringing; the carrier's name for the leg, "" where its webhooks tell it. Never repeated."""
        ...

    async def end(self, carrier_call: str) -> None:
        """Hang up, whatever state it is in. One that is unknown or over is fine: over is what was wanted."""
        ...

    async def length(self, carrier_call: str) -> CallLength:
        """What became of a call; one that nobody answered lasted 0 s."""
        ...

    @property
    def joins(self) -> bool:
        """Whether it can join two legs of its own by itself."""
        ...

    @property
    def streams_stay(self) -> bool:
        """Whether the streams of joined legs stay open, idle. Else they end, and for a leg that the other has
        left the carrier asks what comes after its stream."""
        ...

    async def join(self, legs: LegsToJoin) -> None:
        """Join the caller's leg and one that we dialled. Whichever was moved already comes back to us where
        the other could not be. Only where it `joins`."""
        ...

    async def close(self) -> None: ...


class Carrier(Protocol):
    """A carrier that we speak, whether it is set up or not."""

    @property
    def name(self) -> str:
        """In paths, settings, YAML and records: lower case, for good."""
        ...

    @property
    def title(self) -> str:
        """As people write it."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """The settings without which it takes no calls, as fields of `settings`."""
        ...

    @property
    def settings(self) -> type[BaseSettings]:
        """What it wants of the environment. Every field begins with the carrier's name."""
        ...

    def open(self, settings: BaseSettings, door: EngineDoor) -> CarrierAccount:
        """`settings` are the engine's, this carrier's among them."""
        ...

"""The exchange as a call sees it: what a network says of a number, who takes the call, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from engine.core.commands import Bidder, BillClaim, Told
from engine.core.conditions import Details, Value
from engine.core.facts import Candidate, Decision, Leg, Verdict
from engine.core.limits import PlaceTerms
from engine.core.moments import CallMoment
from engine.core.places import Place
from engine.core.prompts import Prompt
from engine.core.sayers import language_among


@dataclass(frozen=True, slots=True)
class RecordingTerms:
    """What is recorded of a campaign's calls, and how its callers are told.

    `announcement` is None only where `consent_elsewhere` says that they are told before they call.
    """

    channels: Literal["caller", "both", "none"]
    announcement: Prompt | None
    place: Place
    format: Literal["wav", "flac"] = "wav"
    until: Literal["bridge", "end"] = "end"
    keep_ms: int | None = None
    consent_elsewhere: bool = False
    announcements: Mapping[str, Prompt] = field(default_factory=dict)  # by language, where there are several

    def announced_in(self, language: str) -> Prompt | None:
        """What callers are told in this language."""
        found = language_among(self.announcements, language)
        return self.announcement if found is None else self.announcements[found]


@dataclass(frozen=True, slots=True)
class Telling:
    """What a buyer is told as it is called: `told` by webhook, where it has one, `headers` on a SIP call."""

    url: str
    timeout_ms: int
    secret: str
    told: tuple[Told, ...]
    headers: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class NumberEntry:
    """What the network says of a called number."""

    campaign: str
    publisher: str
    flow: str
    recording: RecordingTerms | None = None  # None: its calls are not recorded
    parameters: Mapping[str, str] = field(default_factory=dict)  # the publisher's → answers
    language: str = ""  # in which its callers are met, where the network says so


class AnyOpening(Protocol):
    """Whether somebody is open at an instant; `values` say why, as text for a trace."""

    @property
    def is_open(self) -> bool: ...

    @property
    def values(self) -> Mapping[str, str]: ...


class AnySchedule(Protocol):
    """Hours by the clock on a wall somewhere; `text` tells them whole."""

    @property
    def text(self) -> str: ...

    @property
    def zone(self) -> ZoneInfo: ...

    def at(self, instant_ms: int) -> AnyOpening: ...


class Market(Protocol):
    """The exchange as a call sees it. Pure: the same moment of a call gives the same answer."""

    def entry(self, called_number: str) -> NumberEntry | None: ...

    def values(self, call: CallMoment) -> Mapping[str, Value]:
        """The names under `call.` that expressions may read: from, to, publisher, hour, …"""
        ...

    def wants_survey(self, campaign: str) -> bool:
        """Whether the campaign's order depends on how its buyers stand (`call.survey`)."""
        ...

    def choose(self, call: CallMoment, campaign: str) -> Decision:
        """The buyers with their clauses; the eligible ones ranked, best first. Nobody is chosen yet.

        Among many buyers only the first of the ranking are written, and the others counted.
        """
        ...

    def bidders(self, call: CallMoment, campaign: str) -> tuple[Bidder, ...]:
        """Who of the eligible is to be asked for its price before the choice (`call.bids`)."""
        ...

    def bid_deadline_ms(self, campaign: str) -> int: ...

    def releaser(self, call: CallMoment, buyer: str) -> Bidder | None:
        """Where to tell the buyer that the call it was promised does not come; None where nowhere."""
        ...

    def confirmer(self, call: CallMoment, buyer: str) -> Bidder | None:
        """Where to tell the buyer that its bid won; None where it need not be told."""
        ...

    def choose_more(self, call: CallMoment, decision: Decision) -> Decision:
        """The decision with the next of its ranking written too; itself where nobody is left."""
        ...

    def in_full(self) -> Market:
        """The same market, whose decisions write every buyer."""
        ...

    def needed(self, call: CallMoment, campaign: str) -> tuple[str, ...]:
        """The answers that still decide who takes the call and what is paid, the most valuable first."""
        ...

    def place_terms(self, call: CallMoment, buyer: str, campaign: str) -> PlaceTerms:
        """Under what a place with the buyer is held that is reserved now."""
        ...

    def schedule(self, name: str) -> AnySchedule:
        """The network's hours of this name; raises KeyError where there are none."""
        ...

    def refuse(self, candidate: Candidate, code: str, details: Details) -> Candidate:
        """The candidate after a reservation was refused."""
        ...

    def number_of(self, buyer: str) -> str:
        """The number or SIP address of the buyer, with what is keyed once it's answered."""
        ...

    def detects_machines(self, buyer: str | None) -> bool:
        """Whether the carrier is asked what picks up at this buyer's, or at a number of the flow's (None)."""
        ...

    def carrier_of(self, call: CallMoment, buyer: str) -> tuple[str, str]:
        """By which carrier the buyer is called, and the number that it is shown; ("", "") where it is the
        caller's own."""
        ...

    def language_of(self, buyer: str) -> str:
        """In which the buyer is spoken to; "" where the network doesn't say."""
        ...

    def telling(self, call: CallMoment, buyer: str) -> Telling | None:
        """What the buyer is told of this call as it is called; None where nothing."""
        ...

    def is_too_short(self, call: CallMoment, leg: Leg) -> bool:
        """Whether the leg ended before the duration that its buyer pays for."""
        ...

    def claims(self, call: CallMoment) -> tuple[BillClaim, ...]:
        """What must be claimed for the ended call before it is judged; () once nothing more must."""
        ...

    def judge(self, call: CallMoment) -> Sequence[Verdict]:
        """A verdict for every leg to a buyer that was answered."""
        ...

"""What the parties agreed: a network's numbers, publishers, campaigns and buyers as values.

Each mirrors its part of network.yaml, with durations in milliseconds, money in micros and the place of
each clause, so that a verdict can name the line that it rests on. Left out means no limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.core.conditions import Condition
from engine.core.market import RecordingTerms
from engine.core.places import Place
from engine.exchange.almanac import Almanac
from engine.exchange.bids import Bidding, BidTerms
from engine.exchange.caps import NO_CAPS, Caps, PaidCaps
from engine.exchange.destinations import Destinations
from engine.exchange.retention import Retention
from engine.exchange.telling import TellTerms
from engine.exchange.webhooks import Webhook

TimerFrom = Literal["answered", "accepted", "bridged"]
Trigger = Literal["answered", "accepted", "bridged", "seconds"]
Rounding = Literal["none", "up_second", "down_second"]
Strategy = Literal["priority", "highest_price", "weighted", "round_robin", "least_recent", "expected_revenue"]

NEAR_MISS_MS = 10_000

# Minutes since midnight of the day on which it begins, end exclusive: 08:00-12:00 is (480, 720). An end of
# 1440 is midnight, and one beyond it lies in the next day: 22:00-02:00 is (1320, 1560).
Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Hours:
    """When a buyer takes calls, in its own zone. `windows` by weekday, 0 is Monday; none is closed.

    `dates` are days with windows of their own, by ISO date: neither the weekday nor a holiday counts there.
    """

    zone: str
    windows: Mapping[int, tuple[Window, ...]]
    closed_dates: frozenset[str]  # ISO dates
    closed_holidays: tuple[str, ...]  # names of calendars: us_holidays
    place: Place
    dates: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What becomes of a caller whom this buyer, or any of the campaign, had within `within_ms`.

    Having had the caller means talking (`connected`), or paying for it (`billed`). Who had it is left out
    (`refuse`), goes first (`route_same`) or last (`route_other`).
    """

    within_ms: int
    then: Literal["refuse", "route_same", "route_other"]
    place: Place
    after: Literal["connected", "billed"] = "connected"
    per: Literal["buyer", "campaign"] = "buyer"


@dataclass(frozen=True, slots=True)
class Velocity:
    """A caller may call so often within `within_ms`; this call counts too."""

    calls: int
    within_ms: int
    place: Place


NOT_WRITTEN = Place("network.yaml", 1, 1)
"""Where a rule stands that holds though nobody wrote it."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Whose calls no buyer of the network is offered."""

    blocked: frozenset[str]  # E.164
    blocked_prefixes: tuple[str, ...]
    blocked_place: Place
    refuses_anonymous: bool
    anonymous_place: Place
    velocity: Velocity | None
    refuses_opted_out: bool = True
    opted_out_place: Place = NOT_WRITTEN


@dataclass(frozen=True, slots=True)
class DuplicateWindow:
    """A caller who was billed (or paid for) so lately is not billed (or paid for) again."""

    within_ms: int
    place: Place


@dataclass(frozen=True, slots=True)
class Terms:
    """When an amount is owed: a trigger, required answers and a condition. All must hold.

    The trigger `seconds` is `after_ms` of talk since `timer_from`, rounded as `rounding` says; the others
    are moments that must have come. Where `heard` is the prompt, an answer that they rest on must have been
    given after its question was heard: one that they require or read, or by which the buyer was `chosen_by`.
    `caps` limit what is paid, and only a payout has them. A talk that
    ended at most `near_miss_ms` too early is counted as a near miss. `places` gives the line of each
    setting, for the verdict.
    """

    amount_micros: int
    after_ms: int
    timer_from: TimerFrom
    requires: tuple[str, ...]
    when: Condition | None
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)
    trigger: Trigger = "seconds"
    rounding: Rounding = "none"
    duplicates: DuplicateWindow | None = None
    near_miss_ms: int = NEAR_MISS_MS
    caps: PaidCaps | None = None
    heard: Literal["", "prompt"] = ""
    chosen_by: tuple[str, ...] = ()

    @property
    def to_be_heard(self) -> tuple[str, ...]:
        """The answers whose questions must have been heard, each once."""
        if not self.heard:
            return ()
        read = [name for leaf in (self.when.leaves() if self.when else ()) for name in leaf.answers]
        return tuple(dict.fromkeys((*self.requires, *read, *self.chosen_by)))

    def __post_init__(self) -> None:
        if self.trigger != "seconds" and self.after_ms:
            raise ValueError(
                f"'trigger: {self.trigger}' bills at that moment, so 'after' has no effect; "
                "remove one of them"
            )


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who receives calls, and what for. `billable.amount_micros` is the price.

    It takes a call that meets both `area` and `accepts`.
    """

    key: str
    name: str
    to: str
    accepts: Condition | None
    hours: Hours | None
    caps: Caps
    duplicates: Duplicates | None
    priority: int
    weight: int
    billable: Terms
    place: Place
    area: Condition | None = None
    tell: TellTerms | None = None  # what it is told as it is called
    bid: BidTerms | None = None  # it is asked for its price; billable.amount_micros is then the least
    language: str = ""  # of its whispers; "" is the one that the flow begins in
    machine_detection: bool | None = None  # whether the carrier is asked what picks up; None: as the network
    carrier: str = ""  # by whom it is called; "" is the caller's own

    @property
    def price_micros(self) -> int:
        return self.billable.amount_micros


@dataclass(frozen=True, slots=True)
class Campaign:
    """A product that is sold: the flow that qualifies its callers and the buyers who take them.

    `duplicates` holds for every buyer that has none of its own.
    """

    key: str
    flow: str
    buyers: tuple[str, ...]
    payout: Terms | None
    place: Place
    caps: Caps = NO_CAPS
    strategy: Strategy = "priority"
    duplicates: Duplicates | None = None
    bidding: Bidding = field(default_factory=Bidding)
    recording: RecordingTerms | None = None  # None: its calls are not recorded


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a publisher may send along: `secret` names what it signs with, `answers` what each stands for."""

    secret: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Publisher:
    key: str
    name: str
    place: Place
    caps: Caps = NO_CAPS
    parameters: Parameters | None = None
    language: str = ""  # of its callers, where a number says none


@dataclass(frozen=True, slots=True)
class TrackedNumber:
    """A number that callers dial, and whose calls these are."""

    number: str
    campaign: str
    publisher: str
    place: Place
    language: str = ""  # of its callers
    carrier: str = ""  # at whom it is; "" where nobody says


@dataclass(frozen=True, slots=True)
class DisputeTerms:
    """Until how long after a call's end its bill may be disputed. None is no limit."""

    window_ms: int | None = None


ALWAYS_DISPUTABLE = DisputeTerms()


@dataclass(frozen=True, slots=True)
class LookupHosts:
    """The hosts that flows may look things up at, such as api.example.com or 127.0.0.1:9000; no others."""

    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """One operator's whole arrangement. `zone` is where `call.hour` and `call.weekday` are told."""

    name: str
    currency: str
    zone: str
    numbers: Mapping[str, TrackedNumber]
    publishers: Mapping[str, Publisher]
    campaigns: Mapping[str, Campaign]
    buyers: Mapping[str, Buyer]
    almanac: Almanac = field(compare=False, repr=False)
    disputes: DisputeTerms = ALWAYS_DISPUTABLE
    schedules: Mapping[str, Hours] = field(default_factory=dict)  # hours by a name of their own
    callers: Callers | None = None
    lookups: LookupHosts = field(default_factory=LookupHosts)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    dialling: Destinations = field(default_factory=Destinations)
    retention: Retention = field(default_factory=Retention)
    models: tuple[str, ...] = ()  # the language models that its flows may ask, and no others
    machine_detection: bool = False  # the carrier is asked what picks up
    sells_browser_calls: bool = False  # left out: they are practice

    def zone_of(self, buyer: Buyer) -> str:
        """Where the buyer's days begin: the zone of its hours, else the network's."""
        return self.zone if buyer.hours is None else buyer.hours.zone

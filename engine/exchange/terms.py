"""What the parties agreed: a network's numbers, publishers, campaigns and buyers as values.

Each mirrors its part of network.yaml, with durations in milliseconds, money in micros and the place of
each clause, so that a verdict can name the line that it rests on. Left out means no limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.core.conditions import Condition
from engine.core.places import Place

TimerFrom = Literal["answered", "accepted", "bridged"]

# Minutes since midnight, end exclusive: 08:00-12:00 is (480, 720); an end of 1440 is midnight.
Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Hours:
    """When a buyer takes calls, in its own zone. `windows` by weekday, 0 is Monday; none is closed."""

    zone: str
    windows: Mapping[int, tuple[Window, ...]]
    closed_dates: frozenset[str]  # ISO dates
    closed_holidays: tuple[str, ...]  # names of calendars: us_holidays
    place: Place


@dataclass(frozen=True, slots=True)
class Caps:
    """How many calls, or how much money, at most. None is no limit."""

    concurrent: int | None = None
    hour: int | None = None
    day: int | None = None
    month: int | None = None
    total: int | None = None
    day_spend_micros: int | None = None
    month_spend_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What becomes of a caller whom this buyer had within `within_ms`."""

    within_ms: int
    then: Literal["refuse", "route_same"]
    place: Place


@dataclass(frozen=True, slots=True)
class Terms:
    """When an amount is owed: a duration, required answers and a condition. All must hold.

    `places` gives the line of each of after, requires and when, for the verdict.
    """

    amount_micros: int
    after_ms: int
    timer_from: TimerFrom
    requires: tuple[str, ...]
    when: Condition | None
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who receives calls, and what for. `billable.amount_micros` is the price."""

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

    @property
    def price_micros(self) -> int:
        return self.billable.amount_micros


@dataclass(frozen=True, slots=True)
class Campaign:
    """A product that is sold: the flow that qualifies its callers and the buyers who take them."""

    key: str
    flow: str
    buyers: tuple[str, ...]
    payout: Terms | None
    place: Place


@dataclass(frozen=True, slots=True)
class Publisher:
    key: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class TrackedNumber:
    """A number that callers dial, and whose calls these are."""

    number: str
    campaign: str
    publisher: str
    place: Place


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

"""Caps: how many calls, or how much money, at most, and which of them is full. Pure arithmetic.

Rules
1. A place that is held, or whose call goes on, counts for all that it may yet become: a call, a connected
   one, a billed one, at its full price. When the call is over it counts for what it became.
2. So what counts never grows but by a reservation, and a reservation is refused where it would pass a cap.
3. A place counts in the hour, day and month in which it was reserved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.core.conditions import Details
from engine.core.limits import WINDOWS, Limit, ScopedLimits, ScopeKind, What


@dataclass(frozen=True, slots=True)
class Counts:
    """At most so many calls of a kind. None is no limit."""

    hour: int | None = None
    day: int | None = None
    month: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Spending:
    """At most so much money. None is no limit."""

    hour_micros: int | None = None
    day_micros: int | None = None
    month_micros: int | None = None
    total_micros: int | None = None


NO_COUNTS = Counts()
NO_SPENDING = Spending()


@dataclass(frozen=True, slots=True)
class Caps:
    """What a buyer, a campaign or a publisher takes at most.

    A call is one whose leg was answered; it is connected once joined with the caller, billed once the
    verdict says so. `day_spend` and `month_spend` are the older spelling of `spend: {day, month}`.
    """

    concurrent: int | None = None
    hour: int | None = None
    day: int | None = None
    month: int | None = None
    total: int | None = None
    day_spend_micros: int | None = None
    month_spend_micros: int | None = None
    connected: Counts = NO_COUNTS
    billed: Counts = NO_COUNTS
    spend: Spending = NO_SPENDING

    def limits(self) -> tuple[Limit, ...]:
        """Every number that is set, in the order in which they are asked."""
        return tuple(self._limits())

    def _limits(self) -> Iterator[Limit]:
        if self.concurrent is not None:
            yield Limit("cap_concurrent", "concurrent", "now", self.concurrent)
        yield from _counted("cap", "calls", Counts(self.hour, self.day, self.month, self.total))
        yield from _counted("cap_connected", "connected", self.connected)
        yield from _counted("cap_billed", "billed", self.billed)
        if self.day_spend_micros is not None:
            yield Limit("cap_day_spend", "spend", "day", self.day_spend_micros)
        if self.month_spend_micros is not None:
            yield Limit("cap_month_spend", "spend", "month", self.month_spend_micros)
        yield from _spent(self.spend)


NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class PaidCaps:
    """How many calls, or how much money, a campaign pays each of its publishers at most."""

    hour: int | None = None
    day: int | None = None
    month: int | None = None
    total: int | None = None
    spend: Spending = NO_SPENDING

    def limits(self) -> tuple[Limit, ...]:
        return (
            *_counted("cap", "billed", Counts(self.hour, self.day, self.month, self.total)),
            *_spent(self.spend),
        )


class CapFull(NamedTuple):
    """Which cap is full, and what explains it: whose, of what, in which window, how much there is."""

    code: str
    details: Details


def full_cap(scope: ScopedLimits, taken: Sequence[int], price_micros: int) -> CapFull | None:
    """The first limit that one more call would pass. `taken` counts against each limit, in their order."""
    for limit, count in zip(scope.limits, taken, strict=True):
        wants = price_micros if limit.what == "spend" else 1
        if count + wants > limit.most:
            return CapFull(scoped_code(scope.kind, limit.code), _details(scope, limit, count, price_micros))
    return None


def scoped_code(kind: ScopeKind, code: str) -> str:
    """``cap_day`` of a buyer, ``campaign_cap_day`` of a campaign."""
    return code if kind == "buyer" else f"{kind}_{code}"


def refuses_everybody(code: str) -> bool:
    """Whether a refusal by this code would meet every other buyer of the campaign too.

    A dearer call may pass a campaign's spending where a cheaper one does not; a payout is the same for all.
    """
    of_publisher = code.startswith("publisher_cap_")
    return of_publisher or (code.startswith("campaign_cap_") and "spend" not in code)


def _details(scope: ScopedLimits, limit: Limit, count: int, price_micros: int) -> Details:
    """Who is at its limit, and by how much: money where the limit is money, else calls."""
    whose: Details = {"scope": scope.kind, "who": scope.who, "window": limit.window}
    if limit.what == "spend":
        return {
            **whose,
            "spent_micros": count,
            "price_micros": price_micros,
            "most_micros": limit.most,
        }
    return {**whose, "of": limit.what, "calls": count, "most": limit.most}


def _counted(prefix: str, what: What, counts: Counts) -> Iterator[Limit]:
    for window, most in zip(WINDOWS, (counts.hour, counts.day, counts.month, counts.total), strict=True):
        if most is not None:
            yield Limit(f"{prefix}_{window}", what, window, most)


def _spent(spend: Spending) -> Iterator[Limit]:
    amounts = (spend.hour_micros, spend.day_micros, spend.month_micros, spend.total_micros)
    for window, most in zip(WINDOWS, amounts, strict=True):
        if most is not None:
            yield Limit(f"cap_spend_{window}", "spend", window, most)

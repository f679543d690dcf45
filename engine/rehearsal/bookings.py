"""Reservations of a rehearsed call: the network's caps, counted within the rehearsal alone.

A rehearsal knows no other calls but those that are given, so every place ever taken falls into the same
hour, day and month, and what a place became is not told before the call's end: until then each counts for
all that it may become.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.core.commands import BillClaim, Release, Reserve
from engine.core.events import ClaimRefused, Contact
from engine.core.limits import Limit, PlaceTerms, RefusedDuplicates, ScopedLimits
from engine.exchange.caps import CapFull, full_cap
from engine.exchange.terms import Network
from engine.exchange.verdict import Once
from engine.language.stories.given import NOTHING_GIVEN, Given, Used

NOTHING_AGREED = PlaceTerms()
ANOTHER = "beside"  # how a rehearsal calls the caller's other call


@dataclass(frozen=True, slots=True)
class Booked:
    """A place that was granted. `unpaid` names the cap that keeps the publisher from being paid for it."""

    unpaid: str = ""


class Places(Protocol):
    """Where the machine of a rehearsed call reserves, releases and claims."""

    def reserve(self, wanted: Reserve, publisher: str, instant_ms: int) -> Booked | CapFull: ...
    def release(self, released: Release) -> None: ...
    def claim(self, claims: Sequence[BillClaim], started_at: int) -> tuple[ClaimRefused, ...]: ...


@dataclass(slots=True)
class _Place:
    reserve: Reserve
    payout_micros: int
    is_held: bool = True


class Bookings:
    """Who holds a place, and who used one."""

    def __init__(self, network: Network, given: Given = NOTHING_GIVEN) -> None:
        """`given` says what buyers have had before the rehearsal, and which are paused."""
        self._network = network
        self._given = given
        self._places: dict[str, _Place] = {}  # by reservation

    def reserve(self, wanted: Reserve, publisher: str, instant_ms: int) -> Booked | CapFull:
        """Take a place under all caps, or say which is full."""
        terms = wanted.terms or NOTHING_AGREED
        if (why := self._given.paused.get(wanted.buyer)) is not None:
            return CapFull("paused", {"why": why})
        if (beside := self._beside(wanted, terms.refuses, instant_ms)) is not None:
            return CapFull("duplicate", {"had_by": beside.buyer, "in_call": ANOTHER})
        unpaid = ""
        for scope in terms.scopes:
            price = terms.payout_micros if scope.is_of_payouts else wanted.price_micros
            taken = [self._taken(scope, limit, wanted.buyer) for limit in scope.limits]
            full = full_cap(scope, taken, price)
            if full is not None and scope.kind != "payout":
                return full
            unpaid = full.code if full is not None else unpaid
        self._places[wanted.reservation] = _Place(wanted, 0 if unpaid else terms.payout_micros)
        return Booked(unpaid)

    def claim(self, claims: Sequence[BillClaim], started_at: int) -> tuple[ClaimRefused, ...]:
        """What of it the caller's calls beside this one are owed for."""
        return tuple(
            ClaimRefused(each.kind, each.whose, ANOTHER, other.started_at)
            for each in claims
            for other in self._given.beside
            if Once(each.kind, each.whose).is_owed_for(other)
            and abs(other.started_at - started_at) < each.within_ms
        )

    def release(self, released: Release) -> None:
        place = self._places.get(released.reservation)
        if place is not None and released.used:
            place.is_held = False
        else:
            self._places.pop(released.reservation, None)

    def _beside(self, wanted: Reserve, refuses: RefusedDuplicates | None, instant_ms: int) -> Contact | None:
        """The caller's other call that has the buyer, or another of its campaign, where that is refused."""
        if refuses is None:
            return None
        for other in self._given.beside:
            is_had = other.billed if refuses.after == "billed" else other.connected or other.billed
            is_same = other.buyer == wanted.buyer
            if refuses.per == "campaign":
                is_same = other.campaign == wanted.campaign or (
                    not other.campaign and self._sells(wanted, other)
                )
            if is_had and is_same and instant_ms - other.started_at < refuses.within_ms:
                return other
        return None

    def _sells(self, wanted: Reserve, other: Contact) -> bool:
        sold = self._network.campaigns.get(wanted.campaign)
        return sold is not None and other.buyer in sold.buyers

    def _before(self, scope: ScopedLimits, buyer: str) -> Used:
        """What the rehearsal's givens say of the scope. A payout's cap is its publisher's money."""
        given = self._given
        if scope.kind == "buyer":
            return given.used.get(buyer, Used())
        return given.campaign_used if scope.kind == "campaign" else given.publisher_used

    def _taken(self, scope: ScopedLimits, limit: Limit, buyer: str) -> int:
        """What counts against a limit. A call counts once in its campaign, however many buyers it tries."""
        of_buyer = scope.kind == "buyer"
        places = [place for place in self._places.values() if not of_buyer or place.reserve.buyer == buyer]
        before = self._before(scope, buyer)
        if limit.what == "spend":
            if scope.is_of_payouts:
                return before.spend_micros + sum(place.payout_micros for place in places)
            return before.spend_micros + sum(place.reserve.price_micros for place in places)
        if not of_buyer:  # this call counts once, however many buyers it tries
            return before.concurrent if limit.what == "concurrent" else before.calls
        if limit.what == "concurrent":
            return before.concurrent + sum(place.is_held for place in places)
        return before.calls + len(places)

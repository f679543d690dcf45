"""The trade of many calls: what they took of every cap, and how buyers stand because of it.

Calls are played one after another in the order of their arrival. A place counts as in the store: while its
call goes on for all that it may become; afterwards for what it became, in the hour, day and month of its
reservation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.core.commands import BillClaim, Release, Reserve
from engine.core.events import ClaimRefused, Standing
from engine.core.facts import Leg, Verdict
from engine.core.limits import Limit, ScopedLimits
from engine.exchange.caps import CapFull, full_cap
from engine.exchange.terms import Network
from engine.rehearsal.bookings import NOTHING_AGREED, Booked

_NEVER_OVER = 1 << 62


@dataclass(slots=True)
class _PlaceHeld:
    """One place with a buyer: what it may yet become, or became."""

    call: str
    reserve: Reserve
    publisher: str
    instant_ms: int
    payout_micros: int
    until_ms: int = _NEVER_OVER
    is_connected: bool = True
    is_billed: bool = True

    def is_of(self, scope: ScopedLimits, wanted: Reserve, publisher: str) -> bool:
        """Whether it counts against the limits of the scope, for somebody who wants the same."""
        if scope.kind == "buyer":
            return self.reserve.buyer == wanted.buyer
        if scope.kind == "campaign":
            return self.reserve.campaign == wanted.campaign
        of_publisher = self.publisher == publisher
        return of_publisher and (scope.kind == "publisher" or self.reserve.campaign == wanted.campaign)

    def became(self, limit: Limit, instant_ms: int) -> bool:
        """Whether it is one of those that the limit counts."""
        if limit.what == "concurrent":
            return self.until_ms > instant_ms
        if limit.what == "connected":
            return self.is_connected
        return self.is_billed if limit.what in ("billed", "spend") else True


@dataclass(slots=True)
class _Offers:
    """What a buyer was offered in a campaign."""

    last_at: int = 0
    offered: int = 0
    billed: int = 0


class Trade:
    """Every place taken so far under one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.places: list[_PlaceHeld] = []
        self._offers: dict[tuple[str, str], _Offers] = {}  # by campaign and buyer

    def standings(self, campaign: str) -> tuple[Standing, ...]:
        """How the campaign's buyers stand after the calls so far."""
        return tuple(
            Standing(buyer, None, each.last_at, each.offered, each.billed)
            for (sold, buyer), each in self._offers.items()
            if sold == campaign
        )

    def settle(self, call: str, started_at: int, legs: Iterable[Leg], verdicts: Sequence[Verdict]) -> None:
        """The call is over: its places count for what they became, those that nobody answered for nothing."""
        by_buyer = {leg.buyer: leg for leg in legs if leg.buyer is not None}
        billed = {verdict.buyer for verdict in verdicts if verdict.billable}
        paid = {verdict.buyer: verdict.payout_micros for verdict in verdicts}
        for buyer, leg in by_buyer.items():
            offers = self._offers.setdefault((leg.campaign, buyer), _Offers())
            offers.last_at = max(started_at, offers.last_at)
            offers.offered += 1
            offers.billed += buyer in billed
        for place in [place for place in self.places if place.call == call]:
            own = by_buyer.get(place.reserve.buyer)
            if own is None or own.answered_at is None:
                self.places.remove(place)
                continue
            place.until_ms = started_at + (own.answered_at if own.ended_at is None else own.ended_at)
            place.is_connected = own.bridged_at is not None
            place.is_billed = own.buyer in billed
            place.payout_micros = paid.get(place.reserve.buyer, 0)


@dataclass(slots=True)
class CallsPlaces:
    """The places of one call: what its machine reserves and releases."""

    trade: Trade
    call: str
    _held: dict[str, _PlaceHeld] = field(default_factory=dict)  # by reservation

    def reserve(self, wanted: Reserve, publisher: str, instant_ms: int) -> Booked | CapFull:
        """Take a place under all caps, or say which is full."""
        terms = wanted.terms or NOTHING_AGREED
        place = _PlaceHeld(self.call, wanted, publisher, instant_ms, terms.payout_micros)
        unpaid = ""
        for scope in terms.scopes:
            price = terms.payout_micros if scope.is_of_payouts else wanted.price_micros
            full = full_cap(scope, [self._taken(place, scope, limit) for limit in scope.limits], price)
            if full is not None and scope.kind != "payout":
                return full
            unpaid = full.code if full is not None else unpaid
        if unpaid:
            place.payout_micros = 0
        self._hold(place)
        return Booked(unpaid)

    def take(self, wanted: Reserve, publisher: str, instant_ms: int) -> None:
        """Take a place that the call is known to have had, whatever counts."""
        self._hold(_PlaceHeld(self.call, wanted, publisher, instant_ms, 0))

    def _hold(self, place: _PlaceHeld) -> None:
        self._held[place.reserve.reservation] = place
        self.trade.places.append(place)

    def release(self, released: Release) -> None:
        """A place that was not used can no longer be billed; whether it was a call is told at the end."""
        place = self._held.pop(released.reservation, None)
        if place is not None and not released.used:
            place.is_connected = place.is_billed = False
            place.until_ms = place.instant_ms
            place.payout_micros = 0

    def claim(self, claims: Sequence[BillClaim], started_at: int) -> tuple[ClaimRefused, ...]:
        """Nothing of it is another's: no caller of these is on two lines at once."""
        return ()

    def _taken(self, wanted: _PlaceHeld, scope: ScopedLimits, limit: Limit) -> int:
        """What counts against a limit. A call counts once in its campaign, however many buyers it tries."""
        since, instant_ms = scope.start_of(limit.window), wanted.instant_ms
        some = [
            place
            for place in self.trade.places
            if since <= place.instant_ms <= instant_ms
            and place.is_of(scope, wanted.reserve, wanted.publisher)
            and place.became(limit, instant_ms)
        ]
        if limit.what == "spend":
            is_paid = scope.is_of_payouts
            return sum(place.payout_micros if is_paid else place.reserve.price_micros for place in some)
        if scope.kind == "buyer":
            return len(some)
        return len({place.call for place in some} - {self.call})

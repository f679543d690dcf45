"""No cap is passed and no place is refused in vain: counted from what calls left behind, not by the store.

Windows are told from the clock on the wall of whose cap it is, by other arithmetic than the engine's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from engine.core.commands import Reserve
from engine.core.facts import Verdict
from engine.core.limits import Limit, Window
from engine.exchange.terms import Network
from engine.store import Refused
from tests.properties.calls_at_once import LEASE_MS, OneCall, Place

PUBLISHER = "radio"


@dataclass(frozen=True)
class Scope:
    """Whose limits they are, and the clock that tells their windows."""

    kind: str
    who: str
    limits: tuple[Limit, ...]
    zone: str


@dataclass(frozen=True)
class Became:
    """What a place came to, or may yet come to, as the call's facts tell.

    A buyer that lost a race and was called again has two places in the call, and one `share` of it.
    """

    call: str
    share: tuple[object, ...]
    is_call: bool
    is_connected: bool
    is_billed: bool
    revenue: int
    payout: int
    is_held: bool


def scopes_of(network: Network, buyer: str, campaign: str) -> Iterable[Scope]:
    bought, sold = network.buyers[buyer], network.campaigns[campaign]
    yield Scope("buyer", buyer, bought.caps.limits(), bought.hours.zone if bought.hours else network.zone)
    yield Scope("campaign", campaign, sold.caps.limits(), network.zone)
    yield Scope("publisher", PUBLISHER, network.publishers[PUBLISHER].caps.limits(), network.zone)
    if sold.payout is not None and sold.payout.caps is not None:
        yield Scope("payout", campaign, sold.payout.caps.limits(), network.zone)


def window_of(window: Window, instant_ms: int, zone: str) -> str:
    """One text for all instants of one hour, day or month; an hour that comes twice is two."""
    local = datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    shapes = {"hour": "%Y-%m-%d %H %z", "day": "%Y-%m-%d", "month": "%Y-%m"}
    return local.strftime(shapes.get(window, ""))


def no_cap_is_passed(calls: Iterable[OneCall], network: Network) -> None:
    """Over every place ever granted, in each window in which one was: what the calls became by now."""
    counted: dict[tuple[Scope, Limit, str], list[Became]] = defaultdict(list)
    for call in calls:
        for place in call.places.values():
            told = _became(call, place)
            for scope in scopes_of(network, place.buyer, place.campaign):
                for limit in scope.limits:
                    window = window_of(limit.window, place.made_at, scope.zone)
                    counted[scope, limit, window].append(told)
    for (scope, limit, window), places in counted.items():
        count = _counted(limit, scope.kind, places)
        assert count <= limit.most, (scope.kind, scope.who, limit, window, count)


def it_was_not_refused_in_vain(
    calls: Iterable[OneCall],
    network: Network,
    of: OneCall,
    wanted: Reserve,
    refused: Refused,
    now_ms: int,
) -> None:
    """A cap that refuses is full, if every call that goes on becomes all that it may. All is written."""
    kind, is_anothers, _ = refused.code.partition("_cap_")
    assert is_anothers or refused.code.startswith("cap_"), refused
    code = refused.code.removeprefix(f"{kind}_") if is_anothers else refused.code
    for scope in scopes_of(network, wanted.buyer, wanted.campaign):
        limit = next((each for each in scope.limits if each.code == code), None)
        if limit is None or scope.kind != (kind if is_anothers else "buyer"):
            continue
        window = window_of(limit.window, now_ms, scope.zone)
        places = []
        for call in calls:
            for name, place in call.places.items():
                is_own = call is of and (name == wanted.reservation or not _adds_up(scope, limit))
                scopes = scopes_of(network, place.buyer, place.campaign)
                in_window = window_of(limit.window, place.made_at, scope.zone) == window
                if scope in scopes and in_window and not is_own:
                    places.append(_may_become(call, place, now_ms))
        wants = 1
        if limit.what == "spend":
            wants = (
                wanted.price_micros if scope.kind in ("buyer", "campaign") else _payout_of(network, wanted)
            )
        assert _counted(limit, scope.kind, places) + wants > limit.most, (refused, places)
        return
    raise AssertionError(f"nobody has such a cap: {refused}")


def _adds_up(scope: Scope, limit: Limit) -> bool:
    """Whether a call that asks counts beside itself: with its money, and with its lines at a buyer."""
    return limit.what == "spend" or (limit.what == "concurrent" and scope.kind == "buyer")


def _payout_of(network: Network, wanted: Reserve) -> int:
    payout = network.campaigns[wanted.campaign].payout
    return payout.amount_micros if payout is not None else 0


def _became(call: OneCall, place: Place) -> Became:
    legs = [leg for leg in call.call.legs.values() if leg.buyer == place.buyer]
    verdicts = [verdict for verdict in call.facts(Verdict) if verdict.buyer == place.buyer]
    is_billed = any(verdict.billable for verdict in verdicts)
    return Became(
        call.name,
        (call.name, place.buyer),
        is_call=any(leg.answered_at is not None for leg in legs),
        is_connected=is_billed or any(leg.bridged_at is not None for leg in legs),
        is_billed=is_billed,
        revenue=sum(verdict.revenue_micros for verdict in verdicts),
        payout=sum(verdict.payout_micros for verdict in verdicts),
        is_held=place.is_held,
    )


def _may_become(call: OneCall, place: Place, now_ms: int) -> Became:
    """All that the place may come to, until its call is over."""
    told = _became(call, place)
    if not call.is_lost and (call.machine.is_closed or not (place.is_held or told.is_call)):
        return told
    is_held = now_ms < call.lost_at + LEASE_MS if call.is_lost else place.is_held
    share = (call.name, place.buyer, place.order)
    return Became(call.name, share, True, True, True, place.price, place.payout, is_held)


def _counted(limit: Limit, kind: str, places: Sequence[Became]) -> int:
    """What counts against the limit, of the places of one window."""
    if limit.what == "concurrent":
        held = [each.call for each in places if each.is_held]
        return len(held) if kind == "buyer" else len(set(held))
    is_paid = kind in ("payout", "publisher")
    if limit.what == "spend":
        shares = {each.share: each.payout if is_paid else each.revenue for each in places}
        return sum(shares.values())
    if kind == "payout":
        return len({each.call for each in places if each.payout})
    counts: Mapping[str, Callable[[Became], bool]] = {
        "calls": lambda each: each.is_call,
        "connected": lambda each: each.is_connected,
        "billed": lambda each: each.is_billed,
    }
    some = [each for each in places if counts[limit.what](each)]
    return len({each.share if kind == "buyer" else each.call for each in some})

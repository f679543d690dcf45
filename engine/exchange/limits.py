"""What a reservation has to pass: the caps of the buyer, the campaign, the publisher and the payout."""

from __future__ import annotations

from engine.core.limits import Limit, PlaceTerms, RefusedDuplicates, ScopedLimits, ScopeKind, Window
from engine.exchange.hours import window_starts
from engine.exchange.terms import Network, Terms


def place_terms(network: Network, buyer: str, campaign: str, publisher: str, instant_ms: int) -> PlaceTerms:
    """Under what the buyer's place is held that is reserved at this instant."""
    payout = payout_of(network, campaign, publisher)
    return PlaceTerms(
        limits_of(network, buyer, campaign, publisher, instant_ms),
        payout.amount_micros if payout is not None else 0,
        refused_duplicates(network, buyer, campaign),
    )


def limits_of(
    network: Network, buyer: str, campaign: str, publisher: str, instant_ms: int
) -> tuple[ScopedLimits, ...]:
    """Every scope that limits anything. A buyer's windows are in its own zone, others in the network's."""
    bought = network.buyers[buyer]
    sold = network.campaigns.get(campaign)
    sender = network.publishers.get(publisher)
    payout = payout_of(network, campaign, publisher)
    scopes: list[tuple[ScopeKind, str, tuple[Limit, ...], str]] = [
        ("buyer", buyer, bought.caps.limits(), network.zone_of(bought))
    ]
    if sold is not None:
        scopes.append(("campaign", f"campaign {campaign}", sold.caps.limits(), network.zone))
    if sender is not None:
        scopes.append(("publisher", f"publisher {publisher}", sender.caps.limits(), network.zone))
    if payout is not None and payout.caps is not None:
        who = f"publisher {publisher} in campaign {campaign}"
        scopes.append(("payout", who, payout.caps.limits(), network.zone))
    return tuple(
        ScopedLimits(kind, who, limits, _starts(network, limits, zone, instant_ms))
        for kind, who, limits, zone in scopes
        if limits
    )


def _starts(network: Network, limits: tuple[Limit, ...], zone: str, instant_ms: int) -> dict[Window, int]:
    """When the windows began that any of the limits counts in."""
    hour, day, month = window_starts(instant_ms, network.almanac.zone(zone))
    starts: dict[Window, int] = {"hour": hour, "day": day, "month": month}
    counted = {limit.window for limit in limits}
    return {window: start for window, start in starts.items() if window in counted}


def refused_duplicates(network: Network, buyer: str, campaign: str) -> RefusedDuplicates | None:
    """Which duplicates the buyer does not take in the campaign; None where it takes them all."""
    sold = network.campaigns.get(campaign)
    duplicates = network.buyers[buyer].duplicates or (sold.duplicates if sold is not None else None)
    if duplicates is None or duplicates.then != "refuse":
        return None
    return RefusedDuplicates(duplicates.within_ms, duplicates.after, duplicates.per)


def payout_of(network: Network, campaign: str, publisher: str) -> Terms | None:
    """What the publisher is owed for a call of the campaign, and on which terms."""
    sold = network.campaigns.get(campaign)
    return sold.payout if sold is not None and publisher else None

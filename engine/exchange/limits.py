"""Which caps a reservation has to pass: the buyer's, the campaign's, the publisher's, the payout's."""

from __future__ import annotations

from engine.exchange.caps import Limit, ScopedLimits, ScopeKind
from engine.exchange.hours import window_starts
from engine.exchange.terms import Duplicates, Network, Terms


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
        ScopedLimits(kind, who, limits, *window_starts(instant_ms, network.almanac.zone(zone)))
        for kind, who, limits, zone in scopes
        if limits
    )


def refused_duplicates(network: Network, buyer: str, campaign: str) -> Duplicates | None:
    """Which duplicates the buyer does not take in the campaign; None where it takes them all."""
    sold = network.campaigns.get(campaign)
    duplicates = network.buyers[buyer].duplicates or (sold.duplicates if sold is not None else None)
    return duplicates if duplicates is not None and duplicates.then == "refuse" else None


def payout_of(network: Network, campaign: str, publisher: str) -> Terms | None:
    """What the publisher is owed for a call of the campaign, and on which terms."""
    sold = network.campaigns.get(campaign)
    return sold.payout if sold is not None and publisher else None

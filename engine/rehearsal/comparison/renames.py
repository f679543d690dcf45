"""Parties that have another name in the new network and are otherwise the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from engine.exchange.terms import Buyer, Campaign, Network, Publisher

Party = TypeVar("Party", Buyer, Campaign, Publisher)


@dataclass(frozen=True, slots=True)
class Renames:
    """Old key → new key, each only where it moved."""

    buyers: Mapping[str, str] = field(default_factory=dict)
    campaigns: Mapping[str, str] = field(default_factory=dict)
    publishers: Mapping[str, str] = field(default_factory=dict)

    def buyer(self, key: str) -> str:
        return self.buyers.get(key, key)

    def campaign(self, key: str) -> str:
        return self.campaigns.get(key, key)

    def publisher(self, key: str) -> str:
        return self.publishers.get(key, key)

    def sentences(self) -> Iterator[str]:
        for was, now in self.buyers.items():
            yield f"buyer {was} is now called {now}: its caps and duplicates start from zero"
        for was, now in self.campaigns.items():
            yield f"campaign {was} is now called {now}: its caps and duplicates start from zero"
        for was, now in self.publishers.items():
            yield f"publisher {was} is now called {now}: its caps start from zero"


NOBODY_RENAMED = Renames()


def renames_of(old: Network, new: Network) -> Renames:
    """A buyer is known by where it is called, a campaign by its numbers and its flow, a publisher by its
    numbers. Who cannot be told apart from another is not taken for renamed."""
    return Renames(
        _matched(old.buyers, new.buyers, lambda buyer: buyer.to),
        _matched(
            old.campaigns,
            new.campaigns,
            lambda campaign: (campaign.flow, _numbers(old, new, campaign.key, "campaign")),
        ),
        _matched(
            old.publishers, new.publishers, lambda publisher: _numbers(old, new, publisher.key, "publisher")
        ),
    )


def renamed_network(network: Network, renames: Renames) -> Network:
    """The old network with the names of the new one."""
    if renames == NOBODY_RENAMED:
        return network
    replace = dataclasses.replace
    return replace(
        network,
        numbers={
            number: replace(
                each, campaign=renames.campaign(each.campaign), publisher=renames.publisher(each.publisher)
            )
            for number, each in network.numbers.items()
        },
        publishers={
            renames.publisher(key): replace(each, key=renames.publisher(key))
            for key, each in network.publishers.items()
        },
        campaigns={
            renames.campaign(key): replace(
                each, key=renames.campaign(key), buyers=tuple(map(renames.buyer, each.buyers))
            )
            for key, each in network.campaigns.items()
        },
        buyers={
            renames.buyer(key): replace(each, key=renames.buyer(key)) for key, each in network.buyers.items()
        },
    )


def _matched(
    had: Mapping[str, Party], has: Mapping[str, Party], mark: Callable[[Party], object]
) -> dict[str, str]:
    """Who went and who came with the same mark, where only these two bear it."""
    gone = [key for key in had if key not in has]
    come = [key for key in has if key not in had]
    found = {}
    for key in gone:
        marked = mark(had[key])
        alike = [other for other in come if mark(has[other]) == marked]
        rivals = [other for other in gone if mark(had[other]) == marked]
        if marked and len(alike) == len(rivals) == 1:
            found[key] = alike[0]
    return found


def _numbers(old: Network, new: Network, key: str, role: str) -> tuple[str, ...]:
    """The numbers of a campaign or a publisher; none where it has none."""
    numbers = {**old.numbers, **new.numbers} if key else {}
    return tuple(
        sorted(
            number
            for number in numbers
            for network in (old, new)
            if number in network.numbers and getattr(network.numbers[number], role) == key
        )
    )

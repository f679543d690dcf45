"""By which carrier legs are dialled: the caller's own, unless that dials nobody.

Then it is the carrier of the network's first number that is at one which does, and that number is shown. A
buyer may name its carrier, and that counts for more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.carriers.contract import CarrierAccount
from engine.exchange.terms import Network
from engine.runtime.publishing import InService


@dataclass(frozen=True, slots=True)
class Dialler:
    """The carriers, and the network that is in service."""

    accounts: Mapping[str, CarrierAccount]
    published: Callable[[], InService | None]

    def by(self, callers: str) -> tuple[str, str]:
        """The carrier that dials for this carrier's callers, and the number that it shows; "" where that is
        the number that was called. Where none dials, it is the caller's own, which will say so."""
        if self._rings(callers):
            return callers, ""
        published = self.published()
        numbers = published.market.network.numbers if published is not None else {}
        found = ((own.carrier, number) for number, own in numbers.items() if self._rings(own.carrier))
        return next(found, (callers, ""))

    def _rings(self, carrier: str) -> bool:
        account = self.accounts.get(carrier)
        return account is not None and account.capabilities.rings

    def findings(self) -> Iterator[str]:
        """Which legs can't be dialled as the network is written."""
        published = self.published()
        if published is None:
            return
        network = published.market.network
        for name, account in self.accounts.items():
            if account.is_set_up and not account.capabilities.rings:
                yield from self._unreachable(name, network)

    def _unreachable(self, name: str, network: Network) -> Iterator[str]:
        if self.by(name)[0] == name:
            yield (
                f"callers of {name} can't be passed on: {name} dials nobody, and no number in network.yaml "
                f"names a carrier that does; add one, as in '\"+15550100\": {{campaign: …, carrier: …}}'"
            )
        for buyer, terms in network.buyers.items():
            if terms.carrier == name:
                yield f"buyer '{buyer}' can't be called: {name} dials nobody; name another 'carrier'"

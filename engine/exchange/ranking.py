"""In which order are the eligible called: by the campaign's strategy, then by a weighted draw.

| strategy | order |
|---|---|
| priority | priority, then the higher price |
| highest_price | the higher price, then priority |
| weighted | priority, then the draw alone |
| round_robin | priority, then in turn: the campaign's list from behind who was offered a call last |
| least_recent | priority, then who was offered a call longest ago; never is first |
| expected_revenue | the higher expected revenue of an offer, then priority |

Expected revenue is price * r, with r = (billed + 10·m) / (offered + 10) of the buyer's own recent offers and
m = (billed + 1) / (offered + 2) over all of the campaign: a new buyer counts as the average one, and a few
calls move nobody far. Before all comes a buyer to whom its returning caller is owed, after all one who
leaves returning callers to others.

The draw comes from the call's seed alone, so that a replay draws the same. Every buyer's lot is drawn by
itself: leaving one out moves nobody else, and a call's second choice keeps the order of its first.
Lots are exponential (-ln u / weight), which makes the order that of drawing one after another without
putting back, each time in proportion to the weights that remain.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.core.events import Standing
from engine.exchange.terms import Strategy

_BITS_64 = (1 << 64) - 1
_PRIOR_OFFERS = 10  # how many average offers a buyer's own rate is mixed with

OWED, IN_TURN, AVOIDED = 0, 1, 2

NEEDS_STANDINGS: frozenset[Strategy] = frozenset(("round_robin", "least_recent", "expected_revenue"))

_NEVER = Standing("")
_LONG_AGO = -1


@dataclass(frozen=True, slots=True)
class Runner:
    """What ranking needs of a buyer. `turn` puts it before or behind all others."""

    buyer: str
    priority: int
    price_micros: int
    weight: int
    lot: int  # lot_of(buyer)
    turn: int = IN_TURN


Tier = tuple[float, ...]  # runners of one tier are equals, and drawn; the lowest is first


class Ranking:
    """A campaign's strategy, and what its buyers did lately."""

    def __init__(
        self,
        strategy: Strategy = "priority",
        standings: Mapping[str, Standing] | None = None,
        place_of: Mapping[str, int] | None = None,
    ) -> None:
        """`place_of` tells each buyer's place in the campaign's list, which is all that takes turns."""
        self._standings = standings or {}
        self._place_of = place_of or {}
        self._tier: Callable[[Runner], Tier] = {
            "priority": lambda runner: (runner.turn, runner.priority, -runner.price_micros),
            "highest_price": lambda runner: (runner.turn, -runner.price_micros, runner.priority),
            "weighted": lambda runner: (runner.turn, runner.priority),
            "round_robin": lambda runner: (runner.turn, runner.priority, self._places_behind(runner)),
            "least_recent": lambda runner: (runner.turn, runner.priority, self._last_offer(runner.buyer)),
            "expected_revenue": lambda runner: (runner.turn, -self.expected_micros(runner), runner.priority),
        }[strategy]
        self.goes_by_revenue = strategy == "expected_revenue"
        offered = sum(standing.offered for standing in self._standings.values())
        billed = sum(standing.billed for standing in self._standings.values())
        self._mean_rate = (billed + 1) / (offered + 2)
        last = max(self._place_of, key=self._last_offer, default="")
        self._next_place = 0 if self._last_offer(last) == _LONG_AGO else self._place_of[last] + 1

    def rank(self, runners: Iterable[Runner], seed: int, at_most: int | None = None) -> Sequence[Runner]:
        """Best first; only the first `at_most`, if given."""
        mixed = _mix(seed & _BITS_64)
        tiers: dict[Tier, list[Runner]] = defaultdict(list)
        for runner in runners:
            tiers[self._tier(runner)].append(runner)
        ranked: list[Runner] = []
        for tier in sorted(tiers):
            drawn = [(_drawn(mixed, each.lot, each.weight), each.buyer, each) for each in tiers[tier]]
            ranked += [runner for _, _, runner in sorted(drawn, key=lambda lot: lot[:2])]
            if at_most is not None and len(ranked) >= at_most:
                return ranked[:at_most]
        return ranked

    def foremost(self, runners: Iterable[Runner]) -> Sequence[Runner]:
        """Those of whom one is first, drawn by weight; nobody has a better claim than they."""
        tiers = [(self._tier(runner), runner) for runner in runners]
        best = min((tier for tier, _ in tiers), default=())
        return [runner for tier, runner in tiers if tier == best]

    def expected_micros(self, runner: Runner) -> int:
        """What an offer to the buyer brings on average."""
        standing = self._standings.get(runner.buyer, _NEVER)
        rate = (standing.billed + _PRIOR_OFFERS * self._mean_rate) / (standing.offered + _PRIOR_OFFERS)
        return round(runner.price_micros * rate)

    def _last_offer(self, buyer: str) -> int:
        at = self._standings.get(buyer, _NEVER).last_offered_at
        return _LONG_AGO if at is None else at

    def _places_behind(self, runner: Runner) -> int:
        """How far behind the one whose turn it is."""
        return (self._place_of.get(runner.buyer, 0) - self._next_place) % max(1, len(self._place_of))


def rank(runners: Iterable[Runner], seed: int) -> Sequence[Runner]:
    """By turn, priority, price and lot."""
    return Ranking().rank(runners, seed)


def lot_of(buyer: str) -> int:
    """64 bits that stand for the buyer's key, the same on every machine and Python."""
    return int.from_bytes(hashlib.blake2b(buyer.encode(), digest_size=8).digest(), "big")


def _drawn(mixed_seed: int, lot: int, weight: int) -> float:
    if weight <= 0:
        return math.inf
    uniform = ((_mix(mixed_seed ^ lot) >> 11) + 0.5) / (1 << 53)
    return -math.log(uniform) / weight


def _mix(bits: int) -> int:
    """Spread 64 bits evenly: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    bits = (bits + 0x9E3779B97F4A7C15) & _BITS_64
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _BITS_64
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _BITS_64
    return bits ^ (bits >> 31)

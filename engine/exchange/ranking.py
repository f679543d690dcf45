"""In which order are the eligible called: priority, then price, then a weighted draw.

The draw comes from the call's seed alone, so that a replay draws the same. Every buyer's lot is drawn by
itself: leaving one out moves nobody else, and a call's second choice keeps the order of its first.
Lots are exponential (-ln u / weight), which makes the order that of drawing one after another without
putting back, each time in proportion to the weights that remain.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_BITS_64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Runner:
    """What ranking needs of a buyer. `is_owed` puts it before all others: its returning caller."""

    buyer: str
    priority: int
    price_micros: int
    weight: int
    lot: int  # lot_of(buyer)
    is_owed: bool = False


def rank(runners: Iterable[Runner], seed: int) -> Sequence[Runner]:
    """Best first: owed, lower priority number, higher price, better lot."""
    mixed = _mix(seed & _BITS_64)
    return sorted(
        runners,
        key=lambda runner: (
            not runner.is_owed,
            runner.priority,
            -runner.price_micros,
            _drawn(mixed, runner.lot, runner.weight),
            runner.buyer,
        ),
    )


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

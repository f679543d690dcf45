"""What one socket may send in a while: so much at once, and then so much a second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """`at_once` is there from the start; what was spent of it comes back at `a_second`, never at 0."""

    at_once: float
    a_second: float = 0.0


class Budget:
    """One allowance being spent. Times are seconds of any one monotonic clock."""

    __slots__ = ("_allowance", "_at", "_left")

    def __init__(self, allowance: Allowance, now: float) -> None:
        self._allowance = allowance
        self._left = allowance.at_once
        self._at = now

    def spend(self, amount: float, now: float) -> bool:
        """Whether that much was left. What was not is owed: more of the same stays too much."""
        back = max(0.0, now - self._at) * self._allowance.a_second
        self._left = min(self._allowance.at_once, self._left + back) - amount
        self._at = now
        return self._left >= 0

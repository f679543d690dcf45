"""What a place with a buyer is held under: limits with their windows, a payout, refused duplicates.

The market finds it once, as the node reserves; the command carries it to whoever keeps the counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from engine.core.records import Frozen

What = Literal["concurrent", "calls", "connected", "billed", "spend"]
Window = Literal["now", "hour", "day", "month", "total"]
ScopeKind = Literal["buyer", "campaign", "publisher", "payout"]

WINDOWS: tuple[Window, ...] = ("hour", "day", "month", "total")
SCOPES: tuple[ScopeKind, ...] = ("buyer", "campaign", "publisher", "payout")


class Limit(NamedTuple):
    """One number that must not be passed; `code` without its scope's prefix."""

    code: str
    what: What
    window: Window
    most: int

    @property
    def name(self) -> str:
        """``day``, ``spend.day``: as it is written."""
        name = self.code.removeprefix("cap_")
        for what in ("connected", "billed", "spend"):
            name = name.replace(f"{what}_", f"{what}.", 1)
        return name


class ScopedLimits(Frozen, frozen=True):
    """Limits with the starts of the windows that they count in, each in milliseconds since 1970.

    `who` is the party as sentences name it. A full `payout` scope refuses no call: it goes unpaid.
    """

    kind: ScopeKind
    who: str
    limits: tuple[Limit, ...]
    starts: Mapping[Window, int] = {}

    def start_of(self, window: Window) -> int:
        """From when a window counts; the beginning of time for one that has none."""
        return self.starts.get(window, 0)

    @property
    def is_of_payouts(self) -> bool:
        """Whether its money is the publisher's; else it is the buyer's price."""
        return self.kind in ("payout", "publisher")


class RefusedDuplicates(Frozen, frozen=True):
    """Calls of the same caller within `within_ms` beside which the buyer takes none (`Duplicates`)."""

    within_ms: int
    after: Literal["connected", "billed"] = "connected"
    per: Literal["buyer", "campaign"] = "buyer"


class PlaceTerms(Frozen, frozen=True):
    """Every scope that limits a place, what its publisher would be paid, and which duplicates are refused."""

    scopes: tuple[ScopedLimits, ...] = ()
    payout_micros: int = 0
    refuses: RefusedDuplicates | None = None

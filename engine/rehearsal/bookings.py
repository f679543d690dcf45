"""Reservations of a rehearsed call: buyers' caps, counted within the rehearsal alone.

A rehearsal knows no other calls, so every place ever taken falls into the same hour, day and month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.commands import Release, Reserve
from engine.core.money import format_money
from engine.exchange.terms import Caps

_NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A full cap: its code (cap_day, cap_day_spend, …) and a sentence for people."""

    code: str
    sentence: str


class Bookings:
    """Who holds a place, and who used one."""

    def __init__(self, caps: Mapping[str, Caps]) -> None:
        self._caps = caps  # by buyer
        self._held: dict[str, Reserve] = {}  # by reservation
        self._used: list[Reserve] = []

    def reserve(self, wanted: Reserve) -> Refusal | None:
        """Take a place under all of the buyer's caps; None where it was granted."""
        refusal = self._refusal(wanted)
        if refusal is None:
            self._held[wanted.reservation] = wanted
        return refusal

    def release(self, released: Release) -> None:
        held = self._held.pop(released.reservation, None)
        if held is not None and released.used:
            self._used.append(held)

    def _refusal(self, wanted: Reserve) -> Refusal | None:
        buyer = wanted.buyer
        caps = self._caps.get(buyer, _NO_CAPS)
        if caps == _NO_CAPS:
            return None
        held = [place for place in self._held.values() if place.buyer == buyer]
        taken = held + [place for place in self._used if place.buyer == buyer]
        counted = (
            ("cap_concurrent", len(held), caps.concurrent),
            ("cap_hour", len(taken), caps.hour),
            ("cap_day", len(taken), caps.day),
            ("cap_month", len(taken), caps.month),
            ("cap_total", len(taken), caps.total),
        )
        for code, count, limit in counted:
            if limit is not None and count >= limit:
                return Refusal(code, f"{buyer} already has {count} of {limit} calls")
        spent = sum(place.price_micros for place in taken)
        for code, limit in (
            ("cap_day_spend", caps.day_spend_micros),
            ("cap_month_spend", caps.month_spend_micros),
        ):
            if limit is not None and spent + wanted.price_micros > limit:
                price = format_money(wanted.price_micros)
                return Refusal(code, f"{price} more would pass {buyer}'s limit of {format_money(limit)}")
        return None

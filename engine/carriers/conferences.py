"""Joining two legs by a conference of their own, where a carrier has each of them go on with another
document.

The conference ends with whoever leaves it; the other then asks us what comes next, as after a stream. A leg
that waits in it for nobody, because the other could not be moved, is brought back.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from engine.carriers.contract import CarrierRefused, CarrierUnreachable, LegsToJoin
from engine.carriers.names import is_name
from engine.core.whole_numbers import whole_number

log = logging.getLogger("cordboard.calls")

Move = Callable[[str, str], Awaitable[None]]
"""Has a leg (the carrier's name for it) go on with the document of this address."""


def room_of(legs: LegsToJoin) -> str:
    return f"cordboard-{legs.call}-{legs.leg}"


def document_route(legs: LegsToJoin, then: str) -> str:
    """Where the document that joins a leg is served, under the carrier's URL; `then` is what follows it."""
    return f"join/{room_of(legs)}/{legs.at_most_s or 0}/{then}"


def read_route(route: Sequence[str]) -> tuple[str, int | None, str] | None:
    """The room, how long, and what follows, of a route that `document_route` wrote; None for any other."""
    match route:
        case ["join", room, seconds, *then] if is_name(room) and (limit := whole_number(seconds)) is not None:
            is_ours = bool(then) and then[0] in ("after", "leg") and all(is_name(part) for part in then)
            return (room, limit or None, "/".join(then)) if is_ours else None
    return None


async def join_by(legs: LegsToJoin, move: Move, bring_back: Move) -> None:
    """Move both into their room. `move` gets what follows it, under the carrier's URL; so does
    `bring_back`."""
    nexts = {
        legs.leg_call: f"leg/{legs.call}/{legs.leg}/{legs.leg_stream}",
        legs.caller_call: f"after/{legs.caller_stream}",
    }
    moved: list[str] = []
    try:
        for carrier_call, then in nexts.items():
            moved.append(carrier_call)
            await move(carrier_call, then)
    except CarrierRefused:
        moved.pop()
        await _all_back(moved, nexts, bring_back)
        raise
    except CarrierUnreachable:
        await _all_back(moved, nexts, bring_back)
        raise


async def _all_back(moved: Sequence[str], nexts: dict[str, str], bring_back: Move) -> None:
    for carrier_call in moved:
        try:
            await bring_back(carrier_call, nexts[carrier_call])
        except (CarrierRefused, CarrierUnreachable) as failed:
            log.warning("leg %s isn't brought back from its conference: %s", carrier_call, failed)

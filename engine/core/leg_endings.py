"""How a leg that was dialled ends: by itself, or from our side. It is written down, and its buyer's place
given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.behaviour import FORGIVES_OUR_FAILURES
from engine.core.commands import EndLeg
from engine.core.conditions import Details
from engine.core.events import EndedBy, Event, LegEnded, LegOutcome

if TYPE_CHECKING:
    from engine.core.call import Call


def end_leg(call: Call, leg: str, outcome: LegOutcome, because: str, ended_by: EndedBy = "network") -> None:
    """End a leg from our side, for the reason of this code."""
    call.do(EndLeg(leg))
    _is_over(call, leg, outcome, ended_by, {"because": because})


def has_ended(call: Call, event: Event, leg: str) -> bool:
    """Whether the event says that the leg is over; if so, it is written down."""
    if type(event) is not LegEnded or event.leg != leg:
        return False
    known = call.legs[leg]
    outcome = event.outcome
    if outcome == "completed" and known.bridged_at is None:
        outcome = "rejected" if known.accepted_at is None else "failed"  # never talked to the caller
    said = {"said": event.detail} if event.detail else {}
    is_ours = event.is_ours and call.arrived.behaviour >= FORGIVES_OUR_FAILURES
    _is_over(call, leg, outcome, event.ended_by, said, is_ours=is_ours)
    return True


def _is_over(
    call: Call, name: str, outcome: LegOutcome, ended_by: EndedBy, details: Details, *, is_ours: bool = False
) -> None:
    call.farewells.pop(name, None)
    over = {"ended_at": call.at, "outcome": outcome, "ended_by": ended_by, "details": details}
    leg = call.update_leg(name, **over, is_ours=is_ours)
    if leg.buyer is None:
        return
    call.release(leg.buyer, used=leg.bridged_at is not None, reason=outcome)
    if is_ours and leg.buyer not in call.forgiven:
        call.forgiven.add(leg.buyer)
    elif outcome != "lost_race":  # it did not refuse, and may be asked again
        call.tried.add(leg.buyer)

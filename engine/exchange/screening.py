"""Whose calls no buyer is offered: block list, withheld numbers, callers who call too often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.core.conditions import ClauseOutcome
from engine.core.events import CallArrived
from engine.exchange.spans import exact_span_text
from engine.exchange.terms import Callers, Velocity


class Screened(NamedTuple):
    """One of the network's clauses on callers, with the code and the sentence where it refuses."""

    clause: ClauseOutcome
    refusal: tuple[str, str] | None


def screen(callers: Callers | None, arrived: CallArrived) -> Sequence[Screened]:
    """Each clause that the network has, the same for all of its buyers."""
    if callers is None:
        return ()
    found = []
    if callers.blocked or callers.blocked_prefixes:
        found.append(_blocked(callers, arrived.caller_number))
    if callers.refuses_anonymous:
        found.append(_anonymous(callers, arrived.caller_number))
    if callers.velocity is not None:
        found.append(_velocity(callers.velocity, arrived))
    return found


def _blocked(callers: Callers, number: str) -> Screened:
    entry = number if number in callers.blocked else ""
    entry = entry or next(
        (f"{prefix}*" for prefix in callers.blocked_prefixes if number.startswith(prefix)), ""
    )
    values = {"call.from": number or None, "entry": entry or None}
    clause = ClauseOutcome("caller is not blocked", callers.blocked_place, not entry, values, ())
    refusal = ("blocked_caller", f"The network blocks the caller by {entry}.") if entry else None
    return Screened(clause, refusal)


def _anonymous(callers: Callers, number: str) -> Screened:
    values = {"call.from": number or None}
    clause = ClauseOutcome("caller shows a number", callers.anonymous_place, bool(number), values, ())
    refusal = None if number else ("anonymous_caller", "The network refuses callers who withhold the number.")
    return Screened(clause, refusal)


def _velocity(velocity: Velocity, arrived: CallArrived) -> Screened:
    """A withheld number cannot be counted and passes: `anonymous: refuse` is for those."""
    since = arrived.started_at - velocity.within_ms
    calls = 1 + sum(started_at > since for started_at in arrived.earlier_calls)
    span = exact_span_text(velocity.within_ms)
    text = f"at most {velocity.calls} calls of one caller in {span}"
    is_met = calls <= velocity.calls
    clause = ClauseOutcome(text, velocity.place, is_met, {"calls": calls}, ())
    sentence = f"This is call {calls} of the caller in {span}; the network takes {velocity.calls}."
    return Screened(clause, None if is_met else ("velocity", sentence))

"""Whose calls no buyer is offered: block list, withheld numbers, callers who call too often,
and who asked not to be called any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.core.conditions import ClauseOutcome, Details, clause_of_kind
from engine.core.events import CallArrived
from engine.exchange.terms import NOT_WRITTEN, Callers, Velocity


class Screened(NamedTuple):
    """One of the network's clauses on callers, with the code and its details where it refuses."""

    clause: ClauseOutcome
    refusal: tuple[str, Details] | None


def screen(callers: Callers | None, arrived: CallArrived) -> Sequence[Screened]:
    """Each clause that the network has, the same for all of its buyers; who opted out has their own."""
    opted_out = _opted_out(callers) if arrived.opted_out else ()
    if callers is None:
        return opted_out
    found = [*opted_out]
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
    clause = clause_of_kind("not_blocked", callers.blocked_place, not entry, values)
    return Screened(clause, ("blocked_caller", {"entry": entry}) if entry else None)


def _anonymous(callers: Callers, number: str) -> Screened:
    values = {"call.from": number or None}
    clause = clause_of_kind("number_shown", callers.anonymous_place, bool(number), values)
    return Screened(clause, None if number else ("anonymous_caller", {}))


def _opted_out(callers: Callers | None) -> Sequence[Screened]:
    """Refused in every network that does not say otherwise."""
    place = NOT_WRITTEN if callers is None else callers.opted_out_place
    refuses = callers is None or callers.refuses_opted_out
    clause = clause_of_kind("not_opted_out", place, not refuses, {"opted_out": True})
    return (Screened(clause, ("opted_out", {}) if refuses else None),)


def _velocity(velocity: Velocity, arrived: CallArrived) -> Screened:
    """A withheld number cannot be counted and passes: `anonymous: refuse` is for those."""
    since = arrived.started_at - velocity.within_ms
    calls = 1 + sum(started_at > since for started_at in arrived.earlier_calls)
    details: Details = {"most": velocity.calls, "within_ms": velocity.within_ms}
    is_met = calls <= velocity.calls
    clause = clause_of_kind("velocity", velocity.place, is_met, {"calls": calls}, details=details)
    return Screened(clause, None if is_met else ("velocity", {"calls": calls, **details}))

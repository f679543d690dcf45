"""What was, or would be, erased of a person."""

from __future__ import annotations

from collections.abc import Iterable

from engine.accounts.forgetting import Erased, Traced
from engine.accounts.shown import Shown
from engine.store.instants import iso_of
from engine.store.tables.erasures import Erasure, Forgetting


class ForgottenShown(Shown, frozen=True, kw_only=True):
    """How many calls came from the number, in how many others it was given, and how many of them go on.

    `erased` is null in a dry run. `swept`: the database's file no longer holds what was erased; until then
    the engine clears it when it is idle. `ledger_entries` name the number in their reason, and stay. Calls
    that `failed` to be erased are in the log, and tried again by the engine.
    """

    own: int
    given_in: int
    going_on: int
    ledger_entries: tuple[int, ...]
    erased: int | None
    failed: int
    swept: bool

    @classmethod
    def of(cls, traced: Traced, erased: Erased | None = None, *, swept: bool = False) -> ForgottenShown:
        return cls(
            own=len(traced.own),
            given_in=len(traced.given_in),
            going_on=len(traced.going_on),
            ledger_entries=traced.ledger_entries,
            erased=None if erased is None else _calls(erased.made),
            failed=0 if erased is None else _calls(erased.failed),
            swept=swept,
        )


class ForgettingShown(Shown, frozen=True, kw_only=True):
    """When somebody was forgotten, by whom, why, and in how many calls."""

    at: str
    by: str
    why: str
    calls: int

    @classmethod
    def of(cls, told: Forgetting) -> ForgettingShown:
        return cls(at=iso_of(told.made_at), by=told.made_by, why=told.why, calls=told.calls)


def _calls(erasures: Iterable[Erasure]) -> int:
    return len({each.call for each in erasures})

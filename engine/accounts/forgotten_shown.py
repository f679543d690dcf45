"""What was, or would be, erased of a person."""

from __future__ import annotations

from engine.accounts.forgetting import Traced
from engine.accounts.shown import Shown


class ForgottenShown(Shown, frozen=True, kw_only=True):
    """How many calls came from the number, in how many others it was given, and how many of them go on.

    `erased` is null in a dry run. `swept`: the database's file no longer holds what was erased; until then
    the engine clears it when it is idle. `ledger_entries` name the number in their reason, and stay.
    """

    own: int
    given_in: int
    going_on: int
    ledger_entries: tuple[int, ...]
    erased: int | None
    swept: bool

    @classmethod
    def of(cls, traced: Traced, erased: int | None = None, *, swept: bool = False) -> ForgottenShown:
        return cls(
            own=len(traced.own),
            given_in=len(traced.given_in),
            going_on=len(traced.going_on),
            ledger_entries=traced.ledger_entries,
            erased=erased,
            swept=swept,
        )

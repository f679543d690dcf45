"""Who does not want to be called, and who wants to be called back, as they are shown."""

from __future__ import annotations

from engine.accounts.shown import Shown
from engine.store.instants import iso, iso_of
from engine.store.tables.callbacks import Callback
from engine.store.tables.opt_outs import OptOutStep


class OptOutShown(Shown, frozen=True, kw_only=True):
    """A number that is not to be called. `number` is "" once its owner was forgotten; the list still has it.

    `call` is the one in which the caller asked for it, null where `by` entered it.
    """

    number: str
    call: str | None
    by: str
    why: str
    at: str

    @classmethod
    def of(cls, step: OptOutStep) -> OptOutShown:
        return cls(number=step.number, call=step.call, by=step.made_by, why=step.why, at=iso_of(step.made_at))


class OptOutTaken(Shown, frozen=True, kw_only=True):
    """A number was put on the list, or taken off it. `changed` is false if it was so already."""

    number: str
    opted_out: bool
    changed: bool


class CallbackShown(Shown, frozen=True, kw_only=True):
    """A caller who wants to be called back. The engine calls nobody: `done_at` is null until somebody did."""

    id: int
    call: str
    number: str
    callers_own: bool
    campaign: str
    at: str
    done_at: str | None
    done_by: str

    @classmethod
    def of(cls, asked: Callback) -> CallbackShown:
        return cls(
            id=asked.callback,
            call=asked.call,
            number=asked.number,
            callers_own=asked.is_callers_own,
            campaign=asked.campaign,
            at=iso_of(asked.asked_at),
            done_at=iso(asked.done_at),
            done_by=asked.done_by,
        )


class CalledBack(Shown, frozen=True, kw_only=True):
    """How many of the named requests still waited, and are done now."""

    done: int

"""The outbox as it is shown: letters to webhooks, and how many there are of each state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.accounts.shown import Shown
from engine.store.instants import iso, iso_of
from engine.store.outbox.letters import Letter, State


class LetterShown(Shown, frozen=True, kw_only=True):
    """One event on its way to one webhook, without its body. `due_at` is null once it is settled."""

    id: int
    webhook: str
    call: str
    event: str
    delivery: str
    state: State
    attempts: int
    made_at: str
    due_at: str | None
    settled_at: str | None
    detail: str

    @classmethod
    def of(cls, letter: Letter) -> LetterShown:
        return cls(
            id=letter.entry,
            webhook=letter.webhook,
            call=letter.call,
            event=letter.event,
            delivery=letter.delivery,
            state=letter.state,
            attempts=letter.attempts,
            made_at=iso_of(letter.made_at),
            due_at=iso(letter.due_at) if letter.state == "waiting" else None,
            settled_at=iso(letter.settled_at),
            detail=letter.detail,
        )


class LetterCounts(Shown, frozen=True, kw_only=True):
    """How many letters are in each state."""

    waiting: int
    delivered: int
    dead: int


class OutboxShown(Shown, frozen=True, kw_only=True):
    """Letters, newest first, and how many there are in all."""

    counts: LetterCounts
    letters: tuple[LetterShown, ...]

    @classmethod
    def of(cls, counts: Mapping[State, int], letters: Iterable[Letter]) -> OutboxShown:
        kept = LetterCounts(waiting=counts["waiting"], delivered=counts["delivered"], dead=counts["dead"])
        return cls(counts=kept, letters=tuple(LetterShown.of(letter) for letter in letters))


class Retried(Shown, frozen=True, kw_only=True):
    """How many dead letters are sent again."""

    retried: int


class Dropped(Shown, frozen=True, kw_only=True):
    """How many dead letters were deleted."""

    dropped: int

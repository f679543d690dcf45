"""How much of its prompt a caller had heard when the answer began."""

from __future__ import annotations

from engine.core.keying import QUICK_MS
from engine.core.prompt_events import PromptBegan
from engine.core.records import Frozen

LAST_BREATH_MS = 300
"""Who answers so soon before a prompt's end has heard its words."""


class Hearing(Frozen, frozen=True):
    """How much of its prompt the caller had heard when the answer began, by the engine's clock.

    `prompt_ms` is None where the prompt never came, or was still being made. `heard_before`: an earlier
    prompt of the same question was heard to its end.
    """

    prompt_ms: int | None
    prompt_heard_ms: int
    keyed_ahead: bool = False  # before its prompt began
    heard_before: bool = False

    @property
    def is_heard(self) -> bool:
        """Whether the question was heard: a prompt of it to its end, give or take its last breath."""
        is_whole = self.prompt_ms is not None and self.prompt_heard_ms + LAST_BREATH_MS >= self.prompt_ms
        return self.heard_before or (is_whole and not self.keyed_ahead)


class PromptSound:
    """One prompt of a question as the caller hears it; `is_whole` once it was heard to its end."""

    __slots__ = ("_began_at", "_ended_at", "_has_failed", "_length_ms", "is_whole")

    def __init__(self) -> None:
        self._began_at: int | None = None
        self._ended_at: int | None = None
        self._length_ms: int | None = None
        self._has_failed = False
        self.is_whole = False

    def begins(self, event: PromptBegan) -> None:
        if self._began_at is None:
            self._began_at = event.at
        self._length_ms = event.length_ms

    def ends(self, at: int) -> None:
        """It was heard out; one that was over at once need not have begun."""
        self.is_whole = True
        self._ended_at = at
        if self._began_at is None:
            self._began_at = at

    def fails(self) -> None:
        """Nobody could say it, or its line broke."""
        self._has_failed = True

    def has_begun_by(self, at: int) -> bool:
        return self._began_at is not None and self._began_at <= at

    def is_noticed_by(self, at: int) -> bool:
        """Whether who does something at that moment may do it for what was heard of it."""
        if self._ended_at is not None and self._ended_at <= at:
            return True
        return self.has_begun_by(at - QUICK_MS)

    def heard_by(self, at: int, *, keyed_at: int | None, was_heard: bool) -> Hearing:
        """What was heard at that moment, of an answer whose first key was pressed at another, if by keys.

        `was_heard` tells of an earlier prompt of the same question.
        """
        if self._has_failed:
            return Hearing(None, 0, heard_before=was_heard)
        if keyed_at is not None and not self.has_begun_by(keyed_at):
            return Hearing(self._length_ms, 0, keyed_ahead=True, heard_before=was_heard)
        return Hearing(self._length_ms, self._heard_ms(at), heard_before=was_heard)

    def _heard_ms(self, at: int) -> int:
        until = at if self._ended_at is None else min(at, self._ended_at)
        if self._length_ms is not None and until == self._ended_at:
            return self._length_ms
        heard_ms = 0 if self._began_at is None else max(0, until - self._began_at)
        return heard_ms if self._length_ms is None else min(heard_ms, self._length_ms)

"""Callers: people who dial the engine's number and follow a script of acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from engine.rehearsal.loopback.acts import ActScript

_BARGE_IN_AFTER_S = 0.3


@dataclass(frozen=True, slots=True)
class Caller(ActScript):
    """`Caller().waits_until_prompt_ends().presses("78701").stays_until_end()`, or one of the easy forms."""

    @classmethod
    def keys(cls, groups: Sequence[str], voice: bytes | None = None, barge_in: bool = False) -> Self:
        """Hears a prompt out (or interrupts it, with `barge_in`), presses a group of keys, and so on; stays.

        With a `voice` the caller talks from the last key until the end.
        """
        caller = cls()
        for group in groups:
            if barge_in:
                caller = caller.waits_until_prompt_begins().waits(_BARGE_IN_AFTER_S)
            else:
                caller = caller.waits_until_prompt_ends()
            caller = caller.presses(group)
        return caller if voice is None else caller.talks(voice)

    @classmethod
    def answers(cls, answers: Sequence[str | bytes]) -> Self:
        """One answer a prompt: keys (text), pressed at its end, or a voice (mu-law), once it is quiet."""
        caller = cls()
        for answer in answers:
            if isinstance(answer, str):
                caller = caller.waits_until_prompt_ends().presses(answer)
            else:
                caller = caller.waits_for_its_turn().says(answer)
        return caller

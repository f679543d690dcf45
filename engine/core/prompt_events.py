"""What is heard of a prompt, as far as the caller's questions ask for it."""

from __future__ import annotations

from engine.core.records import Frozen


class PromptBegan(Frozen, frozen=True):
    """The caller begins to hear the prompt, which lasts `length_ms`; None while the rest of it is made.

    It is told again once the length is known. Engines before behaviour 5 did not tell it.
    """

    at: int
    leg: str
    prompt: str
    length_ms: int | None

"""What a conversation that a model leads is about, how far it may go, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.core.gathering import BargeIn
from engine.core.prompts import Prompt
from engine.nodes.filled import Confirm

GivenUp = Literal[
    "none", "deaf", "unset", "timeout", "failed", "malformed", "steps", "time", "refused", "denied"
]
"""Why the model leads the conversation no more."""

RefusedFill = Literal["not_asked", "not_valid", "not_said", "contradicts", "denied"]
RefusedWords = Literal["no_exit", "too_long", "unspeakable", "secret", "repeats", "empty"]
Refusal = RefusedFill | RefusedWords
"""Why a part of a reply was refused."""


@dataclass(frozen=True, slots=True)
class ConversationTerms:
    """The settings of the node, under its own names."""

    model: str
    answers: tuple[str, ...]
    prompt: Prompt
    noinput: tuple[Prompt, ...]
    nomatch: tuple[Prompt, ...]
    attempts: int
    instructions: str
    leave_when: Mapping[str, str]
    confirm: Confirm
    reveal: tuple[str, ...]
    max_steps: int
    max_time_ms: int
    max_words: int
    reply_timeout_ms: int
    barge_in: BargeIn
    flush: bool
    termchar: str
    noinput_timeout_ms: int
    interdigit_timeout_ms: int
    complete_timeout_ms: int
    max_speech_timeout_ms: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """The conversation is over: `exit` is the node's, or the model was given up after so many `steps`."""

    exit: str = ""
    given_up: GivenUp | None = None
    steps: int = 0

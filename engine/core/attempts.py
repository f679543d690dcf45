"""What one attempt at a question gave: keys, words, a command, silence.

`hearing` is what the caller had heard of the prompt by then; None in calls of older engines.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.events import Said
from engine.core.hearing import Hearing
from engine.core.spoken_commands import CommandKey
from engine.core.spoken_sound import SpokenSound


@dataclass(frozen=True, slots=True)
class Keys:
    """What the caller keyed: 0-9 and *, without the termchar."""

    digits: str
    first_at: int
    last_at: int
    asked_at: int
    hearing: Hearing | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """What the caller said; no text: nothing that the question allows, or nothing for too long."""

    text: str
    confidence: float
    alternatives: tuple[Said, ...]
    engine: str
    started_at: int
    ended_at: int
    asked_at: int
    hearing: Hearing | None = None
    sound: SpokenSound | None = None


@dataclass(frozen=True, slots=True)
class CommandGiven:
    """A command, by its key; in calls of older engines also by its phrase."""

    command: CommandKey
    hearing: Hearing | None = None


@dataclass(frozen=True, slots=True)
class Unheard:
    """The caller spoke and the recogniser failed: not the caller's fault."""

    asked_at: int
    hearing: Hearing | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came within the noinput timeout."""

    asked_at: int
    hearing: Hearing | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """The keys were the rest of the answer before, and none to this question."""


Given = Keys | Speech | CommandGiven | Unheard | Silence

"""How long a network keeps what it knows of callers, by the kind of record."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """From a call's start on; None keeps it until somebody erases it."""

    recordings_ms: int | None = None
    transcripts_ms: int | None = None
    answers_ms: int | None = None
    numbers_ms: int | None = None
    journals_ms: int | None = None
    letters_ms: int | None = None

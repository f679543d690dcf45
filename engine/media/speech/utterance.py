"""One utterance: its sound from shortly before the voice was certain, until its turn ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.media.speech.activity import WINDOW_MS
from engine.media.speech.services import Recognised


@dataclass(slots=True, eq=False)
class PartySpeech:
    """Grows while the party speaks. Times are those of the leg's sound."""

    started_ms: int
    windows: list[bytes] = field(default_factory=list)
    began_ms: int = 0
    """When its sound begins: before the voice was certain."""

    voiced_until_ms: int = 0
    ended_ms: int | None = None
    """None while the turn is open."""

    early: Recognised | None = None
    """What was read at a pause that still lasts."""

    @property
    def is_ended(self) -> bool:
        return self.ended_ms is not None

    @property
    def sound(self) -> bytes:
        """mu-law; ends with the pause that ended it."""
        return b"".join(self.windows)

    def silence_ms(self, now_ms: int) -> int:
        return max(WINDOW_MS, now_ms - self.voiced_until_ms)

    def end(self) -> int:
        self.ended_ms = self.voiced_until_ms
        return self.ended_ms

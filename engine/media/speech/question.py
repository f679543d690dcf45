"""What a speech leg is asked to listen for, and what it tells: the whole of its contract but its methods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from engine.media.speech.activity import ActivitySettings
from engine.media.speech.services import Recognised
from engine.media.speech.utterance import PartySpeech

GrammarT = TypeVar("GrammarT")


@dataclass(frozen=True, slots=True)
class SpeechQuestion(Generic[GrammarT]):
    """What is listened for, and how long a silence ends the turn: the surer the answer, the shorter.

    `patience` are pairs of a confidence and the silence that is enough from it on, surest first; below them
    all it takes `activity.complete_timeout_ms`, and what is hardly an answer yet (`doubtful`) is waited for
    until `activity.incomplete_timeout_ms`. `deadline_ms` is what a recogniser may take for one utterance.

    Measured on 161 real answers: a pause within a ZIP that is longer than 320 ms is never read surely.
    """

    grammar: GrammarT
    activity: ActivitySettings = field(default_factory=ActivitySettings)
    patience: tuple[tuple[float, int], ...] = ((0.9, 320), (0.6, 544))
    doubtful: float = 0.3
    deadline_ms: int = 3000
    engine: str = "moonshine"  # the default recogniser that hears it, as evidence names it

    def enough_silence_ms(self, found: Recognised) -> int:
        """The silence that ends a turn in which this was read."""
        confidence = found.confidence if found.text else 0.0
        if confidence < self.doubtful:
            return self.activity.longest_silence_ms
        complete_ms = self.activity.complete_timeout_ms
        return next((min(ms, complete_ms) for sure, ms in self.patience if confidence >= sure), complete_ms)


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance. An empty text: there was speech, and it was nothing that the question allows."""

    text: str
    alternatives: tuple[tuple[str, float], ...]
    """Text and confidence, best first, the chosen one among them."""

    confidence: float
    started_ms: int
    ended_ms: int
    engine: str
    recognised: Recognised | None = None
    """The default recogniser's own result, which may know the value that the words stand for."""

    utterance: PartySpeech | None = None
    """What it was heard in, with its sound."""


class SpeechListener(Protocol):
    """What a leg tells. Times are milliseconds of sound fed since the leg was made, and are those of the
    speech itself: they are told later than they were, by the pause that shows that speech has ended.

    Called in the event loop; must not block. What it raises is logged and otherwise ignored.
    """

    def speech_started(self, at_ms: int) -> None: ...

    def speech_ended(self, at_ms: int) -> None:
        """The turn is over; what was heard follows once it is recognised."""
        ...

    def heard(self, heard: Heard) -> None: ...

    def recogniser_failed(self, reason: str) -> None:
        """An utterance ended and could not be recognised. The leg goes on listening."""
        ...

    def vendor_failed(self, vendor: str, reason: str) -> None:
        """The default recogniser takes this call over, with the utterance that the vendor left open."""
        ...

"""What a speech leg is asked to listen for, and what it tells: the whole of its contract but its methods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from engine.media.speech.activity import ActivitySettings
from engine.media.speech.services import Recognised

GrammarT = TypeVar("GrammarT")


@dataclass(frozen=True, slots=True)
class Question(Generic[GrammarT]):
    """`early_confidence`: an answer read this surely after a short pause (`activity.early_ms`) ends the turn;
    anything else waits for the whole of `activity.complete_timeout_ms`. `deadline_ms` is what a recogniser
    may take for one utterance."""

    grammar: GrammarT
    activity: ActivitySettings = field(default_factory=ActivitySettings)
    early_confidence: float = 0.9
    deadline_ms: int = 3000


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

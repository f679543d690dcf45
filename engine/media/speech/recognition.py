"""What a recogniser hands on, and what it may say when it fails. Light to import: no model, no numpy."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.core.conditions import Value
from engine.core.events import Said
from engine.core.other_words import InOtherWords

ACCEPT = 0.80
"""From this confidence on an answer is taken without asking."""

CONFIRM = 0.30
"""From this confidence on an answer is offered for confirmation; below it, nothing was understood."""


def engine_of(tongue: str) -> str:
    """The name of the recogniser that hears a tongue, as evidence names it."""
    return "moonshine" if tongue == "en" else "whisper"


class RecogniserFailed(Exception):
    """This utterance got no recognition: the worker died, hung or raised, or none was free in time."""


class RecogniserMissing(RecogniserFailed):
    """The recogniser cannot run here; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One reading of what was said."""

    text: str  # as the model writes it: "Seven, eight, seven, zero, one."
    value: Value | None = None  # the answer, where the grammar values it
    phrase: str | None = None  # a phrase that is no answer: a command, "i don't know"
    confidence: float = 0.0
    other: InOtherWords | None = None  # the option, where it was said in other words than its phrases


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was heard: readings that the grammar allows, best first, and the text with no grammar at all.

    `confidence` is that of the best reading, 0 where there is none: speech that fits nothing, noise, silence.
    """

    alternatives: tuple[Alternative, ...] = ()
    free_text: str = ""
    free_confidence: float = 0.0
    audio_ms: int = 0
    cpu_ms: int = 0
    evidence: tuple[tuple[str, float], ...] = field(default=())  # what the confidence rests on

    @property
    def best(self) -> Alternative | None:
        return self.alternatives[0] if self.alternatives else None

    @property
    def text(self) -> str:
        return self.alternatives[0].text if self.alternatives else ""

    @property
    def value(self) -> Value | None:
        return self.alternatives[0].value if self.alternatives else None

    @property
    def confidence(self) -> float:
        return self.alternatives[0].confidence if self.alternatives else 0.0

    @property
    def said(self) -> tuple[Said, ...]:
        """The readings as events have them."""
        return tuple(Said(one.text, round(one.confidence, 4), one.other) for one in self.alternatives)

"""How sure what was said must be, and all that it may have been."""

from __future__ import annotations

from engine.core.attempts import Speech
from engine.core.events import Said

SURE = 0.8
"""From this confidence on, what was said is taken without asking."""

LIKELY = 0.3
"""From this confidence on, it is read back and asked about; below, it is a nomatch."""

NEAR = 0.15
"""A second reading this close makes the first one unsure."""

CLEAR = 0.5
"""From this confidence on a yes or a no is one; below, the caller is asked again."""


def heard_texts(speech: Speech) -> tuple[tuple[str, float], ...]:
    """Everything that the caller may have said, best first, and how sure the hearing is."""
    return tuple((said.text, said.confidence) for said in all_said(speech))


def all_said(speech: Speech) -> tuple[Said, ...]:
    """The same, with what was weighed."""
    return (speech.alternatives or (Said(speech.text, speech.confidence),)) if speech.text else ()

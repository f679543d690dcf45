"""The sound of what a caller said, kept as a recording of its own beside the answer that it gave.

Rules
1. An ear that listens for a kind that keeps its sound hands the utterance's digest on with its words. The
   sound itself never enters the core: it is kept by the command KeepSound, and only of words that became the
   answer.
2. The digest stands in the answer from the first moment, whatever becomes of the file.
3. What is sensitive is not kept, nor is anybody to whom the call's announcement could not be said, unless the
   question itself tells the caller (`told_in_prompt`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import KeepSound, Record
from engine.core.events import Event
from engine.core.facts import Fault, Question, Recording
from engine.core.recording_events import RecordingFailed, RecordingStarted
from engine.core.records import changed
from engine.core.spoken_sound import SpokenSound

if TYPE_CHECKING:
    from engine.core.call import Call


class KeptSounds:
    """The sounds that a call is keeping: asked for, and not on their way to a file yet."""

    __slots__ = ("_asked", "_begun")

    def __init__(self) -> None:
        self._asked: dict[str, Recording] = {}  # by recording, what is recorded of it once it has a file
        self._begun: set[str] = set()  # those that have one, which may still fail

    def keep(
        self, call: Call, answer: str, sound: SpokenSound, question: Question, asked_at: int
    ) -> SpokenSound:
        """Keep the sound in which this answer was given, and say where."""
        recording = call.number("recording-")
        terms = call.recorder.terms if call.recorder is not None else None
        self._asked[recording] = Recording(
            at=sound.began_at,
            recording=recording,
            path="",
            channels="caller",
            format="wav",
            announcement=question,
            announced_at=asked_at,
            keep_ms=None if terms is None else terms.keep_ms,
            answer=answer,
        )
        call.do(KeepSound(recording, sound.sha256))
        return changed(sound, recording=recording)

    def notice(self, call: Call, event: Event) -> None:
        """What the event means for a sound that is being kept."""
        if isinstance(event, RecordingStarted) and event.recording in self._asked:
            asked = self._asked.pop(event.recording)
            self._begun.add(event.recording)
            call.do(Record(changed(asked, path=event.path, format=event.format)))
        elif isinstance(event, RecordingFailed) and event.recording in (*self._asked, *self._begun):
            call.do(Record(Fault(event.at, "recording", "recording_failed", {"reason": event.reason})))

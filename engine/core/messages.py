"""Taking a message: a part of the call's recording, or a recording of its own, and what ended it.

A caller who hangs up has left a message as much as one who waits: the machine's closing ends it, so that
what was said until then is kept and the record says how it ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from engine.core.commands import Record, StartRecording, StopRecording
from engine.core.events import Event
from engine.core.facts import Fault, Question, Recording, Voicemail
from engine.core.recording_events import RecordingFailed, RecordingStarted

if TYPE_CHECKING:
    from engine.core.call import Call

MessageEnd = Literal["silence", "key", "limit", "hangup", "cut"]


@dataclass(slots=True)
class MessageTaken:
    """A message while it is being left. `said` is what was understood of it, sentence by sentence."""

    call: Call
    question: Question  # how the caller was asked for it
    asked_at: int
    keep_ms: int | None
    node: str = ""
    recording: str = ""
    began_at: int = 0
    is_voiced: bool = False
    is_kept: bool = True
    said: list[str] = field(default_factory=list)
    _is_own: bool = False  # its recording begins and ends with it

    def begin(self) -> None:
        """Go on with the recording that runs, or start one of the caller alone."""
        call = self.call
        self.node, self.began_at = call.node, call.at
        running = call.recorder.name if call.recorder is not None else ""
        self._is_own = not running
        self.recording = running or call.number("recording-")
        if self._is_own:
            call.do(StartRecording(self.recording, "caller", "wav"))
        call.message = self

    def notice(self, event: Event) -> None:
        """What the event means for the recording of the message."""
        if type(event) is RecordingStarted and event.recording == self.recording:
            fact = Recording(
                *(event.at, event.recording, event.path, "caller", event.format),
                *(self.question, self.asked_at, self.keep_ms),
            )
            self.call.do(Record(fact))
        elif type(event) is RecordingFailed and event.recording == self.recording and self._is_own:
            self.is_kept = False
            self.call.do(Record(Fault(event.at, "recording", "recording_failed", {"reason": event.reason})))

    def end(self, by: MessageEnd) -> None:
        """Stop, and record what there is."""
        call = self.call
        call.message = None
        if self._is_own:
            call.do(StopRecording(self.recording))
        fact = Voicemail(
            at=call.at,
            node=self.node,
            recording=self.recording if self.is_kept else "",
            began_at=self.began_at,
            ended_by=by,
            voiced=self.is_voiced,
            transcript=" ".join(self.said),
        )
        call.do(Record(fact))

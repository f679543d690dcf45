"""Recording a call: nobody is recorded who was not told, and what is sensitive is never kept.

Rules
1. The announcement comes first and nothing cuts it. Recording begins when it was heard to its end: who
   hangs up during it is not recorded, nor is anybody to whom it could not be said (a fault tells).
2. While a node asks for a sensitive answer, or a prompt says one, the recording is silent. Keys that were
   typed ahead for that answer are silenced in hindsight.
3. It ends with the call, or at the first bridge (`until: bridge`), and does not begin again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from engine.core.call import next_event
from engine.core.commands import Record, ResumeRecording, SilenceRecording, StartRecording, StopRecording
from engine.core.events import CALLER, Event, LegBridged, PromptCleared, PromptFailed, PromptPlayed
from engine.core.facts import Fault, Question, Recording
from engine.core.market import RecordingTerms
from engine.core.recording_events import RecordingFailed, RecordingStarted

if TYPE_CHECKING:
    from engine.core.call import Call
    from engine.core.prompts import Prompt

TONE_LEAD_MS = 400
"""A key is told when its tone is over: the tone itself began this long before, at most."""

_NODE = "node"


@runtime_checkable
class Asks(Protocol):
    """A node that asks the caller for answers."""

    @property
    def asks(self) -> tuple[str, ...]:
        """The answers' names."""
        ...


class Recorder:
    """A call's recording as the machine knows it: on or off, and what keeps it silent."""

    def __init__(self, call: Call, terms: RecordingTerms) -> None:
        self.call = call
        self.terms = terms
        self.name = ""  # of the recording, while it is on
        self._begun = ""  # the recording that it began, on or off by now
        self._announced_at: int | None = None
        self._announced_in = call.flow.language
        self._silenced_by: set[str] = set()

    @property
    def _announcement(self) -> Prompt | None:
        return self.terms.announced_in(self._announced_in)

    @property
    def has_begun(self) -> bool:
        """Whether it has recorded, so that the caller knows that calls are recorded."""
        return bool(self._begun)

    async def announce(self) -> str:
        """Say it, then record. The caller's keys meanwhile stand for the first question."""
        call, announcement = self.call, self._announcement
        if announcement is not None:
            self._announced_at = call.at
            if not await self._is_heard(call.play(call.say_items(announcement))):
                call.do(Record(Fault(call.at, "recording", "announcement_unheard")))
                return "next"
        self._start()
        return "next"

    def notice(self, event: Event) -> None:
        """What the event means for the recording; called before any node hears of it."""
        if isinstance(event, RecordingStarted) and event.recording == self._begun:
            self.call.do(Record(self._fact(event)))
        elif isinstance(event, RecordingFailed) and event.recording == self._begun:
            self.call.do(Record(Fault(event.at, "recording", "recording_failed", {"reason": event.reason})))
        elif isinstance(event, LegBridged) and self.terms.until == "bridge":
            self.stop()
        elif isinstance(event, PromptPlayed | PromptCleared | PromptFailed) and event.leg == CALLER:
            self.unheard(event.prompt)

    def entered(self, node: object) -> None:
        """A node was entered: silence while it asks for what is sensitive."""
        if isinstance(node, Asks) and not self.call.secrecy.names.isdisjoint(node.asks):
            typed = self.call.typed
            since = min(self.call.at, typed[0][1] - TONE_LEAD_MS) if typed else self.call.at
            self.silence(_NODE, since)
        else:
            self.unheard(_NODE)

    def silence(self, why: str, since: int) -> None:
        """Keep nothing from `since` on, until every reason for silence is gone."""
        was_silent = bool(self._silenced_by)
        self._silenced_by.add(why)
        if self.name and not was_silent:
            self.call.do(SilenceRecording(self.name, max(0, since)))

    def stop(self) -> None:
        name, self.name = self.name, ""
        if name:
            self.call.do(StopRecording(name))

    def unheard(self, why: str) -> None:
        """This reason for silence is gone: a prompt that is heard no more, or a node."""
        if why in self._silenced_by:
            self._silenced_by.remove(why)
            if self.name and not self._silenced_by:
                self.call.do(ResumeRecording(self.name))

    async def _is_heard(self, prompt: str) -> bool:
        while True:
            event = await next_event()
            if isinstance(event, PromptPlayed | PromptCleared | PromptFailed) and event.prompt == prompt:
                return isinstance(event, PromptPlayed)

    def _start(self) -> None:
        self.name = self._begun = self.call.number("recording-")
        self.call.do(StartRecording(self.name, self.terms.channels, self.terms.format))

    def _fact(self, started: RecordingStarted) -> Recording:
        announcement = self._announcement
        said = None
        if announcement is not None:
            language, audio = self._announced_in, announcement.audio_sha256
            said = Question(announcement.text, language, announcement.sha256, audio)
        return Recording(
            started.at,
            started.recording,
            started.path,
            self.terms.channels,
            started.format,
            said,
            self._announced_at,
            self.terms.keep_ms,
        )

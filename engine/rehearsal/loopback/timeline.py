"""What happened at the carrier, in order: one record a happening, for displays, tests and complaints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from engine.rehearsal.loopback.clock import LineClock

Who = Literal["caller", "buyer", "engine", "carrier"]
What = Literal[
    "call_began",
    "call_answered",
    "call_ended",
    "webhook_sent",
    "document_given",
    "verb_run",
    "stream_opened",
    "stream_closed",
    "mark_returned",
    "audio_cleared",
    "prompt_began",
    "prompt_ended",
    "conference_joined",
    "conference_left",
    "key_pressed",
    "voice_raised",
    "hung_up",
    "status_reported",
    "call_requested",
    "call_changed",
    "request_refused",
    "went_wrong",
]


@dataclass(frozen=True, slots=True)
class Happening:
    """`at_ms` counts from the carrier's opening; `call` is the CallSid, or "" where there is none."""

    at_ms: int
    call: str
    who: Who
    what: What
    detail: str

    def __str__(self) -> str:
        words = self.what.replace("_", " ")
        return f"{self.at_ms / 1000:8.2f}s  {self.call[-6:]:6}  {self.who:7}  {words}  {self.detail}".rstrip()


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a carrier would log as the application's error; `code` is the carrier's where it has one."""

    call: str
    code: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else self.message


class RehearsalStuck(Exception):
    """The engine left someone waiting: silent beyond their patience, or never done with the call."""

    def __init__(self, complaint: str, timeline: Iterable[Happening]) -> None:
        self.timeline = tuple(timeline)
        story = "\n".join(f"  {happening}" for happening in self.timeline) or "  (nothing happened)"
        self.complaint = complaint
        super().__init__(f"{complaint}; so far:\n{story}")


class Timeline:
    """Collects happenings and complaints of every call, and passes happenings on to whoever listens."""

    def __init__(self, clock: LineClock) -> None:
        self._clock = clock
        self._listeners: list[Callable[[Happening], None]] = []
        self.happenings: list[Happening] = []
        self.complaints: list[Complaint] = []

    def listen(self, listener: Callable[[Happening], None]) -> None:
        self._listeners.append(listener)

    def record(self, call: str, who: Who, what: What, detail: str = "") -> None:
        happening = Happening(self._clock.now_ms(), call, who, what, detail)
        self.happenings.append(happening)
        for listener in self._listeners:
            listener(happening)

    def complain(self, call: str, code: int | None, message: str) -> None:
        complaint = Complaint(call, code, message)
        self.complaints.append(complaint)
        self.record(call, "carrier", "went_wrong", str(complaint))

    def of(self, call: str) -> tuple[Happening, ...]:
        return tuple(happening for happening in self.happenings if happening.call == call)

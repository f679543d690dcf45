"""Hearing callers: one speech leg a call, made when its first question listens, closed at the bridge.

Speech is an extra. Without it, or with CORDBOARD_SPEECH=off, callers key, and nothing here is imported.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from engine.core.commands import Listen
from engine.core.events import Event, Said, SpeechFailed, SpeechHeard, SpeechStarted
from engine.core.flow import Flow
from engine.media.line import Line
from engine.runtime.settings import Settings

if TYPE_CHECKING:
    from engine.core.grammar_spec import GrammarSpec
    from engine.media.speech.leg import SpeechLeg, SpeechServices
    from engine.media.speech.pool import RecogniserPool
    from engine.media.speech.question import Heard

log = logging.getLogger("cordboard.speech")

_AFTER_A_READ_BACK = ((0.9, 480),)
"""A "no" may be followed by another value in the same breath."""

DETECTOR_LAG_MS = 32
"""The voice detector is late at both ends of speech, by a window and more: as measured on sound sent."""

FRAMES_OF_A_LOOK = 150  # three seconds

Happens = Callable[[Callable[[int], Event]], None]
"""The call's own: gives the event its time and hands it to the machine."""


class HearingService(Protocol):
    """What an engine hears with, for all of its calls."""

    def ear(self, line: Line, now_ms: Callable[[], int], happens: Happens) -> Ear: ...

    async def close(self) -> None: ...


class SpeechHearing:
    """The recognisers, the voice detector and, by setting, a vendor."""

    def __init__(self, pool: RecogniserPool, services: SpeechServices[GrammarSpec], deadline_ms: int) -> None:
        self._pool = pool
        self.services = services
        self._deadline_ms = deadline_ms

    @classmethod
    async def open(cls, settings: Settings, flows: Iterable[Flow] = ()) -> SpeechHearing | None:
        """Ready for what these flows ask: a ZIP's grammar takes a second to compile, more under load.

        None, with a log line, where callers can only key.
        """
        if settings.speech == "off":
            return None
        try:
            from engine.media.speech.leg import SpeechServices
            from engine.media.speech.pool import RecogniserPool
            from engine.media.speech.recognition import RecogniserFailed
            from engine.media.speech.vad import VoiceDetector
            from engine.media.speech.vendors import read_recogniser
        except ImportError as error:
            log.warning("callers can only key (%s); to hear them: pip install 'cordboard[speech]'", error)
            return None
        pool = RecogniserPool(settings.speech_workers)
        pool.prepare(_asked_by(flows))
        try:
            await pool.start()
        except RecogniserFailed as missing:
            await pool.close()
            log.warning("callers can only key: %s", missing)
            return None
        detector = VoiceDetector()
        detector.warm_up()
        stated = settings.speech_vendor
        vendor = read_recogniser(stated, "CORDBOARD_SPEECH_VENDOR") if stated else None
        return cls(pool, SpeechServices(pool, detector, vendor), settings.speech_deadline_ms)

    @property
    def recogniser_pids(self) -> tuple[int, ...]:
        return self._pool.worker_pids

    def ear(self, line: Line, now_ms: Callable[[], int], happens: Happens) -> Ear:
        from engine.media.speech.leg import SpeechLeg

        ear = Ear(line, now_ms, happens, self._deadline_ms)
        ear.leg = SpeechLeg(self.services, ear, line.played_lately)
        return ear

    async def close(self) -> None:
        await self.services.detector.close()
        await self._pool.close()


class Ear:
    """One call's. It tells the call what the leg tells it, in the call's own time."""

    leg: SpeechLeg[GrammarSpec]

    def __init__(
        self, line: Line, now_ms: Callable[[], int], happens: Happens, deadline_ms: int = 3000
    ) -> None:
        """`deadline_ms` is what a recogniser may take for one utterance."""
        self._deadline_ms = deadline_ms
        self._line = line
        self._now_ms = now_ms
        self._began_at = now_ms()  # when the first frame that was fed began
        self._next_began_at: int | None = None
        self._frames = 0
        self._happens = happens
        self._listening = ""
        line.tap = self._feed

    def listen(self, command: Listen) -> None:
        from engine.media.speech.activity import ActivitySettings
        from engine.media.speech.question import SpeechQuestion
        from engine.understanding.grammars import grammar_of

        self._listening = command.listening
        complete_ms = command.complete_timeout_ms
        activity = ActivitySettings(
            complete_timeout_ms=complete_ms, incomplete_timeout_ms=complete_ms * 3 // 2
        )
        grammar = grammar_of(command.kind, command.others, command.spoken)
        question = SpeechQuestion(grammar, activity, deadline_ms=self._deadline_ms)
        if command.kind.SPEECH_GOES_ON != "never":
            is_read_back = command.kind.SPEECH_GOES_ON == "after_no"
            question = replace(question, patience=_AFTER_A_READ_BACK if is_read_back else ())
        self.leg.listen(question)

    def stop(self, listening: str) -> None:
        if listening == self._listening:
            self._listening = ""
            self.leg.stop_listening()

    async def close(self) -> None:
        self._line.tap = None
        self._listening = ""
        await self.leg.close()

    def _feed(self, payload_b64: bytes) -> None:
        self.leg.feed(payload_b64)
        self._keep_time(self._now_ms() - self.leg.fed_ms)

    def _keep_time(self, began_at: int) -> None:
        """When the first frame began, by this one: the earliest that the last seconds say, for frames come
        late, never early, and lost ones move it."""
        if self._frames == 0:
            self._began_at = began_at
        self._frames += 1
        known = self._next_began_at
        self._next_began_at = began_at if known is None else min(known, began_at)
        self._began_at = min(self._began_at, began_at)
        if self._frames % FRAMES_OF_A_LOOK == 0:
            self._began_at, self._next_began_at = self._next_began_at, None

    # What the leg tells

    def speech_started(self, at_ms: int) -> None:
        listening = self._listening
        self._happens(lambda at: SpeechStarted(at, listening))

    def speech_ended(self, at_ms: int) -> None:
        """What was heard follows."""

    def heard(self, heard: Heard) -> None:
        listening = self._listening
        said = tuple(Said(text, round(confidence, 4)) for text, confidence in heard.alternatives)
        self._happens(
            lambda at: SpeechHeard(
                at,
                listening,
                heard.text,
                round(heard.confidence, 4),
                said,
                self._began_at + heard.started_ms - DETECTOR_LAG_MS,
                self._began_at + heard.ended_ms - DETECTOR_LAG_MS,
                heard.engine,
            )
        )

    def recogniser_failed(self, reason: str) -> None:
        listening = self._listening
        self._happens(lambda at: SpeechFailed(at, listening, reason))

    def vendor_failed(self, vendor: str, reason: str) -> None:
        log.warning("speech vendor %s failed in a call, the default recogniser goes on: %s", vendor, reason)


def _asked_by(flows: Iterable[Flow]) -> Iterator[GrammarSpec]:
    from engine.understanding.grammars import grammar_of
    from engine.understanding.yes_no import YesNo

    for flow in flows:
        for kind in (*flow.answers.values(), YesNo()):
            for spoken in dict.fromkeys((flow.spoken, *flow.spoken_inside.values())):
                yield grammar_of(kind, (), spoken)

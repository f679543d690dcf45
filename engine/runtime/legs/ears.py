"""Hearing callers: one speech leg a call, made when its first question listens, closed at the bridge.

Speech is an extra. Without it, or with CORDBOARD_SPEECH=off, callers key, and nothing here is imported.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from engine.core.commands import Listen
from engine.core.events import Event, Said, SpeechFailed, SpeechHeard, SpeechStarted
from engine.core.flow import Flow
from engine.core.sayers import tongue_of
from engine.core.spoken_sound import SpokenSound
from engine.media.line import Line
from engine.media.recording_file import whole_wav
from engine.runtime.settings import Settings

if TYPE_CHECKING:
    from pipecat.services.stt_service import STTService

    from engine.core.grammar_spec import GrammarSpec
    from engine.media.speech.leg import SpeechLeg, SpeechServices
    from engine.media.speech.pools import RecogniserPools
    from engine.media.speech.question import Heard
    from engine.media.speech.vendors import Vendor

log = logging.getLogger("cordboard.speech")

_AFTER_A_READ_BACK = ((0.9, 480),)
"""A "no" may be followed by another value in the same breath."""

DETECTOR_LAG_MS = 32
"""The voice detector is late at both ends of speech, by a window and more: as measured on sound sent."""

BYTES_PER_MS = 8

FRAMES_OF_A_LOOK = 150  # three seconds

Happens = Callable[[Callable[[int], Event]], None]
"""The call's own: gives the event its time and hands it to the machine."""


@dataclass(frozen=True, slots=True)
class HeldSound:
    """The sound of an utterance, mu-law, and the digest of its file."""

    sha256: str
    sound: bytes


class HearingService(Protocol):
    """What an engine hears with, for all of its calls."""

    def ear(self, line: Line, now_ms: Callable[[], int], happens: Happens, language: str) -> Ear: ...

    async def close(self) -> None: ...


class SpeechHearing:
    """The recognisers, the voice detector and, by setting, a vendor, or one for each language."""

    def __init__(
        self,
        pools: RecogniserPools,
        services: SpeechServices[GrammarSpec],
        vendors: Mapping[str, Vendor[STTService]],
        deadline_ms: int,
    ) -> None:
        """`services` have the vendor of all languages; `vendors` are by language, "*" being all."""
        self._pools = pools
        self.services = services
        self._vendors = vendors
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
            from engine.media.speech.pools import RecogniserPools
            from engine.media.speech.vad import VoiceDetector
            from engine.media.speech.vendors import read_recogniser, vendors_by_language
        except ImportError as error:
            log.warning("callers can only key (%s); to hear them: pip install 'cordboard[speech]'", error)
            return None
        where = "CORDBOARD_SPEECH_VENDOR"
        stated = vendors_by_language(settings.speech_vendor or {}, where)
        vendors = {
            "*" if language == "*" else tongue_of(language): read_recogniser(document, where)
            for language, document in stated.items()
        }
        deadline_s = settings.speech_deadline_ms / 1000
        pools = await RecogniserPools.opened(
            settings.speech_workers,
            _asked_by(flows),
            deadline_s,
            tells_meanings=settings.speech_meaning == "auto",
        )
        if not pools.tongues and not vendors:
            return None
        detector = VoiceDetector()
        detector.warm_up()
        services = SpeechServices(pools, detector, vendors.get("*"))
        return cls(pools, services, vendors, settings.speech_deadline_ms)

    @property
    def recogniser_pids(self) -> tuple[int, ...]:
        return self._pools.worker_pids

    def hears(self, tongue: str) -> bool:
        """Whether anybody here understands it when it is spoken."""
        return tongue in self._pools.tongues or self.services_of(tongue).vendor is not None

    def services_of(self, tongue: str) -> SpeechServices[GrammarSpec]:
        """With the vendor of this tongue, where it has one of its own."""
        own = self._vendors.get(tongue)
        return self.services if own is None else replace(self.services, vendor=own)

    def ear(self, line: Line, now_ms: Callable[[], int], happens: Happens, language: str) -> Ear:
        return Ear(self, line, now_ms, happens, language=language, deadline_ms=self._deadline_ms)

    async def close(self) -> None:
        await self.services.detector.close()
        await self._pools.close()


class LegServices(Protocol):
    """What an ear is made with."""

    def hears(self, tongue: str) -> bool: ...

    def services_of(self, tongue: str) -> SpeechServices[GrammarSpec]: ...


class Ear:
    """One call's. It tells the call what the leg tells it, in the call's own time.

    A leg hears one tongue; a call that goes on in another one gets another leg.
    """

    def __init__(
        self,
        hearing: LegServices,
        line: Line,
        now_ms: Callable[[], int],
        happens: Happens,
        *,
        language: str = "en-US",
        deadline_ms: int = 3000,
    ) -> None:
        """`language` is the one that the call begins in; `deadline_ms` what a recogniser may take for one
        utterance."""
        self._hearing = hearing
        self._language = language
        self._deadline_ms = deadline_ms
        self._leg: SpeechLeg[GrammarSpec] | None = None
        self._tongue = ""
        self._closing: set[asyncio.Task[None]] = set()
        self._line = line
        self._now_ms = now_ms
        self._began_at = now_ms()  # when the first frame that was fed began
        self._next_began_at: int | None = None
        self._frames = 0
        self._happens = happens
        self._listening = ""
        self._keeps_sound = False  # of what is listened for
        self.sound: HeldSound | None = None  # of what was heard last of a kind that keeps it
        line.tap = self._feed

    def listen(self, command: Listen) -> None:
        from engine.media.speech.activity import ActivitySettings
        from engine.media.speech.question import SpeechQuestion
        from engine.media.speech.recognition import engine_of
        from engine.understanding.grammars import grammar_of

        tongue = tongue_of(command.language or self._language)
        grammar = replace(grammar_of(command.kind, command.others, command.spoken), tongue=tongue)
        leg = self._leg_for(tongue)
        if leg is None:
            return
        self._listening = command.listening
        self._keeps_sound = command.kind.keeps_sound
        complete_ms = command.complete_timeout_ms
        activity = ActivitySettings(
            complete_timeout_ms=complete_ms, incomplete_timeout_ms=complete_ms * 3 // 2
        )
        if command.kind.longest_ms is not None:
            activity = replace(activity, max_speech_ms=command.kind.longest_ms)
        question = SpeechQuestion(grammar, activity, deadline_ms=self._deadline_ms, engine=engine_of(tongue))
        if command.kind.SPEECH_GOES_ON != "never":
            is_read_back = command.kind.SPEECH_GOES_ON == "after_no"
            question = replace(question, patience=_AFTER_A_READ_BACK if is_read_back else ())
        leg.listen(question)

    def _leg_for(self, tongue: str) -> SpeechLeg[GrammarSpec] | None:
        """The leg that hears this tongue; None, and no ear for it, where nobody does: never another's."""
        if tongue == self._tongue:
            return self._leg
        from engine.media.speech.leg import SpeechLeg

        self._let_go()
        self._tongue = tongue
        if self._hearing.hears(tongue):
            self._leg = SpeechLeg(self._hearing.services_of(tongue), self, self._line.played_lately)
            self._frames = 0
        return self._leg

    def _let_go(self) -> None:
        leg, self._leg = self._leg, None
        if leg is not None:
            closing = asyncio.get_running_loop().create_task(leg.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def stop(self, listening: str) -> None:
        if listening == self._listening:
            self._listening = ""
            if self._leg is not None:
                self._leg.stop_listening()

    async def close(self) -> None:
        self._line.tap = None
        self._listening = ""
        self._let_go()
        if self._closing:
            await asyncio.wait(self._closing)

    def _feed(self, payload_b64: bytes) -> None:
        if self._leg is not None:
            self._leg.feed(payload_b64)
            self._keep_time(self._now_ms() - self._leg.fed_ms)

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
        said = _said(heard)
        sound = self._held(heard) if self._keeps_sound else None
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
                sound,
            )
        )

    def _held(self, heard: Heard) -> SpokenSound | None:
        """Hold on to the sound of what was heard, until there is another."""
        if heard.utterance is None or not heard.text:
            return None
        sound = heard.utterance.sound
        self.sound = HeldSound(hashlib.sha256(whole_wav(sound)).hexdigest(), sound)
        began_at = self._began_at + heard.utterance.began_ms - DETECTOR_LAG_MS
        return SpokenSound(self.sound.sha256, max(0, began_at), len(sound) // BYTES_PER_MS)

    def recogniser_failed(self, reason: str) -> None:
        listening = self._listening
        self._happens(lambda at: SpeechFailed(at, listening, reason))

    def vendor_failed(self, vendor: str, reason: str) -> None:
        log.warning("speech vendor %s failed in a call, the default recogniser goes on: %s", vendor, reason)


def _said(heard: Heard) -> tuple[Said, ...]:
    """All readings of what was heard, as the machine takes them."""
    from engine.media.speech.recognition import Recognition

    if isinstance(heard.recognised, Recognition):
        return heard.recognised.said
    return tuple(Said(text, round(confidence, 4)) for text, confidence in heard.alternatives)


def _asked_by(flows: Iterable[Flow]) -> Iterator[GrammarSpec]:
    from engine.understanding.grammars import grammar_of
    from engine.understanding.yes_no import YesNo

    for flow in (each for home in flows for each in home.in_all):
        tongue = tongue_of(flow.language)
        for kind in (*flow.answers.values(), YesNo()):
            for spoken in dict.fromkeys((flow.spoken, *flow.spoken_inside.values())):
                yield replace(grammar_of(kind.in_tongue(tongue), (), spoken), tongue=tongue)

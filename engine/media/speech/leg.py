"""A call's speech leg: the caller's sound in, what was said out.

    line's tap ─▶ feed ─▶ VoiceDetector (all calls at once) ─▶ VoiceActivity ─▶ an ear ─▶ SpeechListener

Make it before the first node that listens, `listen` while a node does, `close` it at the bridge. A turn ends
after `complete_timeout_ms` of silence. The default recogniser looks at every pause as soon as it may be the
end (`early_ms`), and what it reads decides how long a silence is enough (`Question.patience`): a sure answer
ends the turn at once, half of one is waited for. A voice that goes on calls the look off; else its result is
the turn's, and nobody waited for it.
"""

from __future__ import annotations

import asyncio
import binascii
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec

from pipecat.services.stt_service import STTService

from engine.media.mulaw import RATE_HZ
from engine.media.speech.activity import LEAD_WINDOWS, WINDOW_MS, Activity, VoiceActivity
from engine.media.speech.default_ear import DefaultEar
from engine.media.speech.echo import LOOK_BACK_S, is_echo
from engine.media.speech.question import GrammarT, Heard, SpeechListener, SpeechQuestion
from engine.media.speech.services import GrammarRecogniser, Recognised, Recognisers
from engine.media.speech.utterance import PartySpeech
from engine.media.speech.vad import WINDOW_BYTES, VoiceDetector
from engine.media.speech.vendor_ear import Alternatives, VendorEar
from engine.media.speech.vendors import Vendor, VendorFailed

log = logging.getLogger("cordboard.speech")

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class SpeechServices(Generic[GrammarT]):
    """What the legs of a process share."""

    pool: Recognisers[GrammarT]
    detector: VoiceDetector
    vendor: Vendor[STTService] | None = None


class SpeechLeg(Generic[GrammarT]):
    """One call's. Everything but `close` is synchronous, runs in the event loop and returns at once."""

    def __init__(
        self,
        services: SpeechServices[GrammarT],
        listener: SpeechListener,
        played_lately: Callable[[float], bytes] | None = None,
    ) -> None:
        """`played_lately` gives what the party was played in the last seconds, whose echo is no speech."""
        self._services = services
        self._listener = listener
        self._played_lately = played_lately
        self._question: SpeechQuestion[GrammarT] | None = None
        self._activity: VoiceActivity | None = None
        self._utterance: PartySpeech | None = None
        self._lead: deque[bytes] = deque(maxlen=LEAD_WINDOWS)
        self._unscored = bytearray()
        self._fed_bytes = 0
        self._scored_until = 0
        self._is_closed = False
        self._closing: set[asyncio.Task[None]] = set()
        self._ear = DefaultEar(services.pool, self)
        self._vendor_ear = self._vendor_ear_or_none()
        if self._vendor_ear is None:
            self._ear.open()

    @property
    def fed_ms(self) -> int:
        """Milliseconds of sound since the leg was made, listened to or not."""
        return self._fed_bytes * 1000 // RATE_HZ

    @property
    def unheard_ms(self) -> int:
        """Milliseconds of sound that the detector has not come to yet."""
        return len(self._unscored) * 1000 // RATE_HZ

    @property
    def is_listening(self) -> bool:
        return self._question is not None

    def listen(self, question: SpeechQuestion[GrammarT]) -> None:
        """Hear utterances as answers to `question` from now on; what came before is not looked at."""
        self.stop_listening()
        if self._is_closed:
            return
        self._question = question
        self._activity = VoiceActivity(question.activity)
        self._scored_until = self._fed_bytes
        self._services.detector.join(self)

    def stop_listening(self) -> None:
        """Drop the utterance under way, if there is one, and what was not recognised yet."""
        self._services.detector.leave(self)
        self._question = self._activity = self._utterance = None
        self._unscored.clear()
        self._lead.clear()
        self._ear.forget()
        if self._vendor_ear is not None:
            self._vendor_ear.forget()

    def feed(self, payload_b64: bytes) -> None:
        """One frame of the line: mu-law in base64, as `Line.tap` gives it."""
        if self._question is None:
            self._fed_bytes += len(payload_b64) * 3 // 4 - payload_b64[-2:].count(b"=")
            return
        try:
            sound = binascii.a2b_base64(payload_b64)
        except binascii.Error:
            log.debug("a frame of sound was no base64")
            return
        self._fed_bytes += len(sound)
        self._unscored += sound

    async def close(self) -> None:
        """Cancel the pipelines. Nothing is told after this."""
        self._is_closed = True
        self.stop_listening()
        vendor_ear, self._vendor_ear = self._vendor_ear, None
        if vendor_ear is not None:
            await vendor_ear.close()
        await self._ear.close()
        if self._closing:
            await asyncio.wait(self._closing)

    # What the detector asks and tells

    @property
    def is_quiet(self) -> bool:
        return self._activity is None or self._activity.is_quiet

    def next_window(self) -> bytes | None:
        if len(self._unscored) < WINDOW_BYTES:
            return None
        window = bytes(self._unscored[:WINDOW_BYTES])
        del self._unscored[:WINDOW_BYTES]
        return window

    def window_scored(self, window: bytes, confidence: float) -> None:
        activity, question = self._activity, self._question
        if activity is None or question is None:
            return
        self._scored_until += WINDOW_BYTES
        now_ms = self._scored_until * 1000 // RATE_HZ
        utterance = self._utterance
        if utterance is None:
            self._lead.append(window)
        else:
            utterance.windows.append(window)
            if confidence >= question.activity.confidence:
                utterance.voiced_until_ms = now_ms
        if self._vendor_ear is not None:
            self._vendor_ear.window(window)
        match activity.hear(confidence):
            case Activity.STARTED if self._is_echo():
                activity.end()
            case Activity.STARTED:
                self._start(now_ms, round(question.activity.start_ms / WINDOW_MS))
            case Activity.PAUSED if utterance is not None and self._vendor_ear is None:
                self._ear.look(utterance, question, now_ms)
            case Activity.RESUMED if utterance is not None:
                self._ear.look_away(utterance)
                utterance.early = None
            case Activity.STOPPED | Activity.OVERLONG if utterance is not None:
                self._stop(utterance, question, now_ms)
            case Activity.NOTHING if utterance is not None:
                self._stop_if_over(utterance, question, activity)

    def _is_echo(self) -> bool:
        """Whether the voice that began is what was played, come back."""
        if self._played_lately is None:
            return False
        return is_echo(b"".join(self._lead), self._played_lately(LOOK_BACK_S + self.unheard_ms / 1000))

    def _start(self, now_ms: int, windows: int) -> None:
        started_ms = now_ms - windows * WINDOW_MS
        began_ms = now_ms - len(self._lead) * WINDOW_MS
        self._utterance = PartySpeech(started_ms, list(self._lead), began_ms, voiced_until_ms=now_ms)
        self._lead.clear()
        if self._vendor_ear is not None:
            self._vendor_ear.started()
        self._tell(self._listener.speech_started, started_ms)

    def _stop_if_over(
        self, utterance: PartySpeech, question: SpeechQuestion[GrammarT], activity: VoiceActivity
    ) -> None:
        if utterance.early is not None:
            enough_ms = question.enough_silence_ms(utterance.early)
        elif self._ear.is_looking_at(utterance):
            enough_ms = question.activity.longest_silence_ms
        else:
            enough_ms = question.activity.complete_timeout_ms
        if activity.silence_ms >= enough_ms:
            activity.end()
            self._stop(utterance, question, self._scored_until * 1000 // RATE_HZ)

    def _stop(self, utterance: PartySpeech, question: SpeechQuestion[GrammarT], now_ms: int) -> None:
        self._end_turn(utterance)
        if self._utterance is not None or self._question is not question:
            return  # the listener has moved on meanwhile
        if self._vendor_ear is not None:
            self._vendor_ear.stopped(utterance, now_ms)
        elif utterance.early is not None:
            self._tell_recognised(utterance, utterance.early)
        elif not self._ear.is_looking_at(utterance):
            self._ear.look(utterance, question, now_ms)

    def _end_turn(self, utterance: PartySpeech) -> None:
        self._utterance = None
        self._tell(self._listener.speech_ended, utterance.end())

    # What the ears tell

    def recognised(self, utterance: PartySpeech, found: Recognised) -> None:
        if utterance.is_ended:
            self._tell_recognised(utterance, found)
            return
        assert self._question is not None
        assert self._activity is not None
        utterance.early = found
        self._stop_if_over(utterance, self._question, self._activity)

    def not_recognised(self, utterance: PartySpeech, reason: str) -> None:
        # While the turn is open, its end gives the recogniser a second chance.
        if utterance.is_ended:
            self._tell(self._listener.recogniser_failed, reason)

    def vendor_heard(self, utterance: PartySpeech, alternatives: Alternatives) -> None:
        assert self._vendor_ear is not None
        assert utterance.ended_ms is not None
        text, confidence = alternatives[0]
        times = utterance.started_ms, utterance.ended_ms
        engine = self._vendor_ear.vendor.name
        heard = Heard(text, alternatives, confidence, *times, engine, utterance=utterance)
        self._tell(self._listener.heard, heard)

    def vendor_heard_nothing(self, utterance: PartySpeech) -> None:
        if self._question is not None:
            self._ear.look(utterance, self._question, utterance.voiced_until_ms)

    def vendor_gave_up(self, awaited: PartySpeech | None, reason: str) -> None:
        vendor_ear, self._vendor_ear = self._vendor_ear, None
        if vendor_ear is None:
            return
        closing = asyncio.get_running_loop().create_task(vendor_ear.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        if awaited is not None:
            self.vendor_heard_nothing(awaited)
        self._tell(self._listener.vendor_failed, vendor_ear.vendor.name, reason)

    def _tell_recognised(self, utterance: PartySpeech, found: Recognised) -> None:
        alternatives = tuple((reading.text, reading.confidence) for reading in found.alternatives)
        engine = self._question.engine if self._question is not None else GrammarRecogniser.name_in_evidence
        assert utterance.ended_ms is not None
        times = utterance.started_ms, utterance.ended_ms
        heard = Heard(found.text, alternatives, found.confidence, *times, engine, found, utterance)
        self._tell(self._listener.heard, heard)

    def _tell(self, listener: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        if self._is_closed:
            return
        try:
            listener(*args, **kwargs)
        except Exception:
            log.exception("what a speech leg told could not be taken")

    def _vendor_ear_or_none(self) -> VendorEar | None:
        vendor = self._services.vendor
        if vendor is None or vendor.is_resting:
            return None
        try:
            return VendorEar(vendor, self)
        except VendorFailed as failed:
            vendor.rest(str(failed))
            self._tell(self._listener.vendor_failed, vendor.name, str(failed))
            return None

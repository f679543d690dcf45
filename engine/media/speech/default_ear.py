"""The leg's own ear: looks at an utterance with the default recogniser, as often as it pauses.

A look is one segment for the recogniser: the utterance from its start to now. A later look at the same
utterance replaces the earlier one, which its recogniser then drops.
"""

from __future__ import annotations

from typing import Generic, Protocol

from pipecat.frames.frames import TranscriptionFrame

from engine.media.speech.hearing import ServiceHearing
from engine.media.speech.question import GrammarT, SpeechQuestion
from engine.media.speech.services import (
    Expected,
    GrammarRecogniser,
    Recognised,
    Recognisers,
    RecognitionFailedFrame,
    SegmentResult,
)
from engine.media.speech.utterance import PartySpeech


class DefaultEarListener(Protocol):
    def recognised(self, utterance: PartySpeech, found: Recognised) -> None: ...

    def not_recognised(self, utterance: PartySpeech, reason: str) -> None: ...


class DefaultEar(Generic[GrammarT]):
    """`open` makes its pipeline; should that ever fail, the next look makes another."""

    def __init__(self, pool: Recognisers[GrammarT], listener: DefaultEarListener) -> None:
        self._pool = pool
        self._listener = listener
        self._segments = 0
        self._looks: dict[int, PartySpeech] = {}
        self._service: GrammarRecogniser[GrammarT] | None = None
        self._hearing: ServiceHearing | None = None
        self._failed: list[ServiceHearing] = []

    def open(self) -> tuple[GrammarRecogniser[GrammarT], ServiceHearing]:
        """Make the pipeline unless there is one: some milliseconds, better spent before the caller speaks."""
        if self._service is None or self._hearing is None:
            self._service = GrammarRecogniser(self._pool)
            self._hearing = ServiceHearing(self._service, self)
        return self._service, self._hearing

    def look(self, utterance: PartySpeech, question: SpeechQuestion[GrammarT], now_ms: int) -> None:
        self.look_away(utterance)
        self._segments += 1
        self._looks[self._segments] = utterance
        service, hearing = self.open()
        service.expect(Expected(self._segments, question.grammar, question.deadline_ms))
        hearing.started_speaking()
        hearing.audio(utterance.sound)
        hearing.stopped_speaking(utterance.silence_ms(now_ms))

    def is_looking_at(self, utterance: PartySpeech) -> bool:
        return utterance in self._looks.values()

    def look_away(self, utterance: PartySpeech) -> None:
        for number in [number for number, other in self._looks.items() if other is utterance]:
            self._drop(number)

    def forget(self) -> None:
        """No result that is still to come matters."""
        for number in tuple(self._looks):
            self._drop(number)

    def _drop(self, number: int) -> None:
        del self._looks[number]
        if self._service is not None:
            self._service.drop(number)

    async def close(self) -> None:
        self.forget()
        hearings = [*self._failed, *([] if self._hearing is None else [self._hearing])]
        for hearing in hearings:
            await hearing.close()

    # What the pipeline tells

    def transcribed(self, hearing: ServiceHearing, frame: TranscriptionFrame) -> None:
        result = frame.result
        assert isinstance(result, SegmentResult)
        utterance = self._looks.pop(result.segment, None)
        if utterance is not None:
            self._listener.recognised(utterance, result.recognised)

    def not_transcribed(self, hearing: ServiceHearing, frame: RecognitionFailedFrame) -> None:
        utterance = self._looks.pop(frame.segment, None)
        if utterance is not None:
            self._listener.not_recognised(utterance, frame.reason)

    def hearing_failed(self, hearing: ServiceHearing, reason: str) -> None:
        # Not the recogniser, which reports by segment: the pipeline itself.
        self._failed.append(hearing)
        self._service = self._hearing = None
        lost, self._looks = self._looks, {}
        for utterance in lost.values():
            self._listener.not_recognised(utterance, reason)

"""Speech vendors to practise with: services as pipecat's vendors write them, without a network."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from types import SimpleNamespace

from pipecat.frames.frames import Frame, TranscriptionFrame, VADUserStoppedSpeakingFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import SegmentedSTTService, STTService
from pipecat.utils.time import time_now_iso8601


@dataclass
class FakeSettings(STTSettings):
    model: str | None = "fake"
    language: str | None = None


def _transcript(text: str, confidence: float) -> TranscriptionFrame:
    readings = [SimpleNamespace(transcript=text, confidence=confidence)]
    result = SimpleNamespace(channel=SimpleNamespace(alternatives=readings))
    return TranscriptionFrame(text, "", time_now_iso8601(), result=result, finalized=True)


class StreamingVendor(STTService):
    """Says `text` when speech ends and half a second of sound came; fails instead with `breaks`."""

    Settings = FakeSettings

    def __init__(self, *, api_key: str, text: str = "seven eight seven", breaks: bool = False, settings=None):
        super().__init__(settings=settings or FakeSettings(), ttfs_p99_latency=0.1)
        self._text = text
        self._breaks = breaks
        self._sound_bytes = 0

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        self._sound_bytes += len(audio)
        yield None

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            if self._breaks:
                await self.push_error("401: no such key")
            elif self._text and self._sound_bytes > 8000:
                await self.push_frame(_transcript(self._text, 0.88))


class SegmentedVendor(SegmentedSTTService):
    """Says how its segment came."""

    Settings = FakeSettings

    def __init__(self, *, settings=None):
        super().__init__(settings=settings or FakeSettings(), ttfs_p99_latency=0.1)

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        yield _transcript("a wav" if audio.startswith(b"RIFF") else "no wav", 0.7)

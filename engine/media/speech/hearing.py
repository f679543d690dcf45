"""One pipecat pipeline around one speech-to-text service: frames in, transcripts and failures out.

    Inlet ──▶ the service ──▶ Outlet

Lean: 8 kHz both ways, no RTVI, no turn tracking, no observers, no transport. Frames wait until the service
is ready, so a vendor that takes its time to connect holds up nobody. A service that fails does not end a
pipeline by itself: this says so once, and whoever owns it closes it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.stt_service import STTService
from pipecat.utils.asyncio.task_manager import TaskManager
from pipecat.workers.base_worker import WorkerParams

from engine.media import mulaw
from engine.media.speech.inlet import Inlet
from engine.media.speech.samples import to_pcm
from engine.media.speech.services import RecognitionFailedFrame

log = logging.getLogger("cordboard.speech")

_READY_TIMEOUT_S = 10.0
_CANCEL_TIMEOUT_S = 2.0


class HearingListener(Protocol):
    """Called in the event loop; must not block."""

    def transcribed(self, hearing: ServiceHearing, frame: TranscriptionFrame) -> None: ...

    def not_transcribed(self, hearing: ServiceHearing, frame: RecognitionFailedFrame) -> None: ...

    def hearing_failed(self, hearing: ServiceHearing, reason: str) -> None:
        """The service reported an error, or its pipeline ended. At most once."""
        ...


class ServiceHearing:
    """Open in a running loop; `close` when done with it. Nothing here raises for what the service does."""

    def __init__(self, service: STTService, listener: HearingListener) -> None:
        self.service = service
        self._listener = listener
        self._frames: asyncio.Queue[Frame] = asyncio.Queue()
        self._inlet = Inlet()
        self._is_over = False
        self._ready = asyncio.Event()
        self._worker = PipelineWorker(
            Pipeline([self._inlet, service, _Outlet(self)]),
            params=PipelineParams(audio_in_sample_rate=mulaw.RATE_HZ, audio_out_sample_rate=mulaw.RATE_HZ),
            cancel_timeout_secs=_CANCEL_TIMEOUT_S,
            check_dangling_tasks=False,
            enable_rtvi=False,
            enable_turn_tracking=False,
            idle_timeout_secs=None,
            setup_timeout_secs=_READY_TIMEOUT_S,
            start_timeout_secs=_READY_TIMEOUT_S,
        )
        self._worker.add_event_handler("on_pipeline_started", self._started)
        self._worker.add_event_handler("on_pipeline_error", self._erred)
        loop = asyncio.get_running_loop()
        self._running = loop.create_task(self._run())
        self._running.add_done_callback(self._ended)
        self._pumping = loop.create_task(self._pump())

    def started_speaking(self) -> None:
        self._frames.put_nowait(VADUserStartedSpeakingFrame())

    def audio(self, sound: bytes) -> None:
        pcm = to_pcm(sound)
        self._frames.put_nowait(InputAudioRawFrame(audio=pcm, sample_rate=mulaw.RATE_HZ, num_channels=1))

    def stopped_speaking(self, silence_ms: int) -> None:
        """The party has been silent for this long."""
        self._frames.put_nowait(VADUserStoppedSpeakingFrame(stop_secs=silence_ms / 1000))

    async def close(self) -> None:
        """Cancel the pipeline at once. Returns when nothing of it runs any more."""
        self._is_over = True
        self._pumping.cancel()
        if not self._running.done():
            await self._worker.cancel(reason="closed")
        await asyncio.wait([self._pumping, self._running])

    async def _run(self) -> None:
        running = asyncio.get_running_loop().create_task(
            self._worker.run(WorkerParams(task_manager=TaskManager()))
        )
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            # A loop that ends cancels every task once, and a worker answers the first time by waiting for a
            # pipeline whose tasks are gone.
            await asyncio.wait([running], timeout=_CANCEL_TIMEOUT_S)
            running.cancel()
            await asyncio.wait([running])
            raise

    async def _pump(self) -> None:
        await self._ready.wait()
        while True:
            await self._inlet.push_frame(await self._frames.get())

    async def _started(self, worker: PipelineWorker, frame: Frame) -> None:
        self._ready.set()

    async def _erred(self, worker: PipelineWorker, frame: ErrorFrame) -> None:
        self._fail(frame.error)

    def _ended(self, running: asyncio.Task[None]) -> None:
        error = None if running.cancelled() else running.exception()
        self._fail(f"its pipeline ended: {error}" if error else "its pipeline ended")

    def _fail(self, reason: str) -> None:
        if not self._is_over:
            self._is_over = True
            self._listener.hearing_failed(self, reason)

    def came_out(self, frame: Frame) -> None:
        if self._is_over:
            return
        if isinstance(frame, TranscriptionFrame):
            self._listener.transcribed(self, frame)
        elif isinstance(frame, RecognitionFailedFrame):
            self._listener.not_transcribed(self, frame)


class _Outlet(FrameProcessor):
    def __init__(self, hearing: ServiceHearing) -> None:
        super().__init__(enable_direct_mode=True)
        self._hearing = hearing

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            self._hearing.came_out(frame)
        await self.push_frame(frame, direction)

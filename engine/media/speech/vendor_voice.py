"""A vendor's voice: any pipecat TTS service as a `Synthesiser`, one lean pipeline a text.

    text ─▶ Inlet ─▶ the service ─▶ Outlet ─▶ mu-law at 8 kHz

Prompts are cached, so a vendor is asked once for each; a pipeline for each text lets services that keep a
connection and services that ask by HTTP be used alike. A vendor that failed is left alone for a minute.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import warnings
from array import array
from collections.abc import Mapping

from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame, TTSSpeakFrame, TTSStoppedFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.asyncio.task_manager import TaskManager
from pipecat.workers.base_worker import WorkerParams

from engine.media import mulaw
from engine.media.resample import resample
from engine.media.speech.inlet import Inlet
from engine.media.speech.samples import to_mulaw
from engine.media.speech.stretch import slowed
from engine.media.speech.vendors import Vendor, VendorFailed, read_vendor
from engine.media.synthesiser import VoiceFailed

with warnings.catch_warnings():
    # The module defines, beside what we use, a class of its own that it calls deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pipecat.services.tts_service import TTSService

IDLE_S = 4.0
"""A service that does not say when it is done is, after this long without sound."""

_AT_ONCE = 4
_CLOSE_TIMEOUT_S = 2.0


def read_voice(document: Mapping[str, object], where: str) -> Vendor[TTSService]:
    """A setting's JSON as a vendor of speech; raises ValueError as `read_vendor` does."""
    return read_vendor(TTSService, {"timeout_ms": 15_000, **document}, where)  # type: ignore[type-abstract]


class VendorVoice:
    """Speaks with a vendor's service; raises VoiceFailed when it fails, takes too long or is silent."""

    def __init__(self, vendor: Vendor[TTSService]) -> None:
        self._vendor = vendor
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @property
    def name(self) -> str:
        return self._vendor.name

    @property
    def version(self) -> str:
        """What of the setting changes the sound. Arguments are left out: there are keys among them."""
        settings = json.dumps([self._vendor.class_path, dict(self._vendor.settings)], sort_keys=True)
        return hashlib.sha256(settings.encode()).hexdigest()[:16]

    async def render(self, text: str, language: str) -> bytes:
        if self._vendor.is_resting:
            raise VoiceFailed(f"the voice of {self.name} failed a moment ago and is left alone for a minute")
        async with self._turns:
            try:
                async with asyncio.timeout(self._vendor.timeout_ms / 1000):
                    pcm, rate_hz = await _spoken(self._vendor.make(), text)
            except TimeoutError:
                raise self._failed(f"no sound within {self._vendor.timeout_ms} ms") from None
            except (VendorFailed, _ServiceFailed) as error:
                raise self._failed(str(error)) from error
        return await asyncio.to_thread(_telephone_sound, pcm, rate_hz)

    async def render_slower(self, text: str, language: str, percent: int) -> bytes:
        """Vendors have no common setting of pace, so what they spoke is drawn out."""
        sound = await self.render(text, language)
        return await asyncio.to_thread(slowed, sound, percent)

    def _failed(self, reason: str) -> VoiceFailed:
        self._vendor.rest(reason)
        return VoiceFailed(f"the voice of {self.name} failed: {reason}")


class _ServiceFailed(Exception):
    """The service reported an error, or ended without a sound."""


async def _spoken(service: TTSService, text: str) -> tuple[bytes, int]:
    """16-bit samples and their rate."""
    outlet = _VoiceOutlet()
    inlet = Inlet()
    worker = PipelineWorker(
        Pipeline([inlet, service, outlet]),
        params=PipelineParams(audio_in_sample_rate=mulaw.RATE_HZ, audio_out_sample_rate=mulaw.RATE_HZ),
        cancel_timeout_secs=_CLOSE_TIMEOUT_S,
        check_dangling_tasks=False,
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )

    async def started(_: PipelineWorker, __: Frame) -> None:
        await inlet.push_frame(TTSSpeakFrame(text, append_to_context=False))

    async def erred(_: PipelineWorker, frame: ErrorFrame) -> None:
        outlet.fail(frame.error)

    worker.add_event_handler("on_pipeline_started", started)
    worker.add_event_handler("on_pipeline_error", erred)
    running = asyncio.ensure_future(worker.run(WorkerParams(task_manager=TaskManager())))
    running.add_done_callback(lambda _: outlet.fail("its pipeline ended"))
    try:
        return await outlet.sound()
    finally:
        if not running.done():
            await worker.cancel(reason="spoken")
        await asyncio.wait([running], timeout=_CLOSE_TIMEOUT_S)


class _VoiceOutlet(FrameProcessor):
    """Collects the sound until the service says that it is over, or has long been silent."""

    def __init__(self) -> None:
        super().__init__(enable_direct_mode=True)
        self._pcm = bytearray()
        self._rate_hz = 0
        self._reason = ""
        self._is_over = asyncio.Event()
        self._news = asyncio.Event()

    def fail(self, reason: str) -> None:
        if not self._is_over.is_set():
            self._reason = reason
            self._end()

    async def sound(self) -> tuple[bytes, int]:
        while not self._is_over.is_set():
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), IDLE_S if self._pcm else None)
            except TimeoutError:
                break
        if self._reason:
            raise _ServiceFailed(self._reason)
        if not self._pcm:
            raise _ServiceFailed("it made no sound")
        return bytes(self._pcm), self._rate_hz

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self._pcm += frame.audio
            self._rate_hz = frame.sample_rate
            self._news.set()
        elif isinstance(frame, TTSStoppedFrame):
            self._end()
        await self.push_frame(frame, direction)

    def _end(self) -> None:
        self._is_over.set()
        self._news.set()


def _telephone_sound(pcm: bytes, rate_hz: int) -> bytes:
    pcm = pcm[: len(pcm) // 2 * 2]
    if rate_hz == mulaw.RATE_HZ:
        return to_mulaw(pcm)
    return mulaw.encode(resample(array("h", pcm), rate_hz, mulaw.RATE_HZ))

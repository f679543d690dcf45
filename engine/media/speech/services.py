"""The default recogniser as a pipecat service: segments of speech go to the pool of recogniser processes.

It is a `SegmentedSTTService` like any vendor's, and differs in two ways: what may be said is told with each
segment (`expect`), and segments are recognised side by side, so that one that hangs in a stalled process
never holds up the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pipecat.frames.frames import DataFrame, Frame, TranscriptionFrame
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.utils.time import time_now_iso8601

from engine.media.speech.samples import to_mulaw

GrammarT = TypeVar("GrammarT")
GrammarT_contra = TypeVar("GrammarT_contra", contravariant=True)


class AnyReading(Protocol):
    """One way to read what was said."""

    @property
    def text(self) -> str: ...

    @property
    def confidence(self) -> float: ...


class Recognised(AnyReading, Protocol):
    """What a recogniser made of a segment; an empty text says that it was nothing it may be."""

    @property
    def alternatives(self) -> Sequence[AnyReading]: ...


class Recognisers(Protocol[GrammarT_contra]):
    """Recognisers in processes of their own. Raises for a segment that could not be recognised."""

    async def recognise(self, sound: bytes, grammar: GrammarT_contra, deadline_s: float) -> Recognised: ...


@dataclass(frozen=True, slots=True)
class Expected(Generic[GrammarT]):
    """What the next segment may be; `segment` comes back with its transcript."""

    segment: int
    grammar: GrammarT
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """The `result` of a transcript by the default recogniser."""

    segment: int
    recognised: Recognised


@dataclass
class RecognitionFailedFrame(DataFrame):
    """In place of a transcript: this segment could not be recognised."""

    segment: int
    reason: str


class GrammarRecogniser(SegmentedSTTService, Generic[GrammarT]):
    """Call `expect` once before each segment's end."""

    name_in_evidence = "moonshine"

    def __init__(self, pool: Recognisers[GrammarT]) -> None:
        super().__init__(
            # The segment already ends in the silence that ended it.
            trailing_silence_secs=0,
            audio_passthrough=False,
            enable_direct_mode=True,
            ttfs_p99_latency=0.5,
            settings=STTSettings(model=self.name_in_evidence, language=None),
        )
        self._pool = pool
        self._expected: deque[Expected[GrammarT]] = deque()
        self._recognising: dict[int, asyncio.Task[None]] = {}
        self._dropped: set[int] = set()

    @property
    def wants_wav_segments(self) -> bool:
        return False

    def expect(self, expected: Expected[GrammarT]) -> None:
        self._expected.append(expected)

    def drop(self, segment: int) -> None:
        """Nothing need come of it any more: its recogniser is free for another."""
        task = self._recognising.get(segment)
        if task is not None:
            task.cancel()
        elif any(expected.segment == segment for expected in self._expected):
            self._dropped.add(segment)

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        expected = self._expected.popleft()
        if expected.segment in self._dropped:
            self._dropped.discard(expected.segment)
        else:
            task = asyncio.get_running_loop().create_task(self._recognise(audio, expected))
            self._recognising[expected.segment] = task
            task.add_done_callback(lambda _: self._recognising.pop(expected.segment, None))
        yield None

    async def _recognise(self, pcm: bytes, expected: Expected[GrammarT]) -> None:
        sound, deadline_s = to_mulaw(pcm), expected.deadline_ms / 1000
        try:
            # The pool keeps the deadline; this one is for a pool that does not.
            async with asyncio.timeout(deadline_s + 0.25):
                found = await self._pool.recognise(sound, expected.grammar, deadline_s)
        except TimeoutError:
            reason = f"no result within {expected.deadline_ms} ms"
            await self.push_frame(RecognitionFailedFrame(expected.segment, reason))
        except Exception as error:  # noqa: BLE001 - whatever a recogniser raises, the caller is asked again
            reason = f"{type(error).__name__}: {error}"
            await self.push_frame(RecognitionFailedFrame(expected.segment, reason))
        else:
            result = SegmentResult(expected.segment, found)
            await self.push_frame(TranscriptionFrame(found.text, "", time_now_iso8601(), result=result))

    async def cleanup(self) -> None:
        tasks = tuple(self._recognising.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await super().cleanup()  # type: ignore[no-untyped-call]

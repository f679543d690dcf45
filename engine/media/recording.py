"""One call's recording: what the line hears and plays, laid along the call's clock and written by a thread.

Nothing here holds up media: the line only appends to memory. Once a second what is old enough goes to the
disk in one write; while a disk is slow the rest waits, at most `MOST_HELD_MS` of it. Then, and when a write
fails, the recording is given up as incomplete: what was written stays, the call goes on.
"""

from __future__ import annotations

import asyncio
import binascii
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from engine.media.mulaw import SILENCE
from engine.media.recording_file import Finished, RecordingFile
from engine.media.recording_tracks import BYTES_PER_MS, HOLD_MS, FrameTrack, PlayedTrack

log = logging.getLogger("cordboard.recording")

WRITE_EVERY_S = 1.0
MOST_HELD_MS = 30_000
TONE_TAIL_MS = 300
"""A key is told while its tone still sounds: silence lasts this much longer."""

Span = tuple[int, int]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class RecordingOutcome:
    """What became of a recording. `finished` is None where nothing could be kept."""

    finished: Finished | None
    silenced: tuple[Span, ...]  # milliseconds since the recording's start
    fault: str  # "" where it is complete


class CallRecording:
    """Records from when it is made until `stop`. `now_ms` counts from the recording's first moment."""

    def __init__(
        self,
        file: RecordingFile,
        format_: str,
        *,
        is_dual: bool,
        now_ms: Callable[[], int],
        writing: ThreadPoolExecutor,
        failed: Callable[[str], None],
        started_at_ms: int = 0,
    ) -> None:
        self._file = file
        self.path = file.path
        self.started_at_ms = started_at_ms  # in the call's time
        self.format = format_
        self._now_ms = now_ms
        self._writing = writing
        self._failed = failed
        self._caller = FrameTrack()
        self._played = PlayedTrack() if is_dual else None
        self._silenced: list[Span] = []
        self._silent_since: int | None = None
        self._erased: list[Span] = []  # written already, to be silenced in hindsight
        self._is_over = False
        self._ends_ms = 0
        self._ending = asyncio.Event()
        self._fault = ""
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    # What the line tells

    def heard(self, payload_b64: bytes) -> None:
        """A frame of the caller's."""
        if not self._is_over and (sound := _decoded(payload_b64)):
            self._caller.put(self._now_ms(), sound)

    def sent(self, payload_b64: bytes) -> None:
        """A frame of somebody whom the caller hears."""
        if self._played is not None and not self._is_over and (sound := _decoded(payload_b64)):
            self._played.put(self._now_ms(), sound)

    def playing(self, payload_b64: bytes, in_s: float) -> None:
        """A piece of a prompt that the caller will hear so many seconds from now."""
        if self._played is not None and not self._is_over and (sound := _decoded(payload_b64)):
            self._played.play(self._now_ms() + round(in_s * 1000), sound)

    def cut(self) -> None:
        """What was to be heard of prompts is not."""
        if self._played is not None and not self._is_over:
            self._played.cut(self._now_ms())

    # What the call commands

    def silence(self, since_ms: int) -> None:
        """Keep nothing from then on, which may be past."""
        if self._silent_since is None:
            since_ms = max(0, since_ms)
            if self._silenced and since_ms <= self._silenced[-1][1]:
                since_ms = self._silenced.pop()[0]  # it goes on
            self._silent_since = since_ms
            if since_ms < self._caller.taken_ms:
                self._erased.append((since_ms, self._caller.taken_ms))

    def resume(self) -> None:
        if self._silent_since is not None:
            self._silenced.append((self._silent_since, self._now_ms() + TONE_TAIL_MS))
            self._silent_since = None

    def end(self) -> None:
        """Record no more; `stop` still has to be awaited."""
        if not self._is_over:
            self.cut()
            self._is_over = True
            self._ends_ms = self._now_ms()
            if self._silent_since is not None:
                self._silenced.append((self._silent_since, self._ends_ms))
                self._silent_since = None
            self._ending.set()

    async def stop(self) -> RecordingOutcome:
        """Write the rest and make the file whole."""
        self.end()
        await self._keeping
        finished: Finished | None = None
        try:
            if not self._fault:
                await self._write(self._ends_ms)
            finished = await self._in_thread(lambda: self._file.finish(self.format))
        except Exception as error:  # noqa: BLE001 - a full disk, a vanished folder, a codec that fails
            self._fail(error)
            await self._in_thread(self._file.abandon)
        silenced = tuple((since, min(until, self._ends_ms)) for since, until in self._silenced)
        return RecordingOutcome(finished, silenced, self._fault)

    # Writing

    async def _keep(self) -> None:
        try:
            await self._in_thread(self._file.create)
            while not self._is_over:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), WRITE_EVERY_S)
                if not self._is_over:
                    await self._write(self._now_ms() - HOLD_MS)
        except Exception as error:  # noqa: BLE001 - whatever a disk does, the call goes on
            self._fail(error)

    async def _write(self, until_ms: int) -> None:
        """Write what has come until then, and what is to be silenced of what was written before."""
        erased, self._erased = self._erased, []
        from_ms = self._caller.taken_ms
        tracks = [self._caller.take(until_ms)]
        if self._played is not None:
            tracks.append(self._played.take(until_ms))
        quiet = [self._quieted(track, from_ms, until_ms) for track in tracks]

        def work() -> None:
            for since, until in erased:
                self._file.silence(since, until)
            if quiet[0]:
                self._file.write(from_ms, *quiet)

        waiting = asyncio.ensure_future(self._in_thread(work))
        while not waiting.done():
            await asyncio.wait([waiting], timeout=WRITE_EVERY_S)
            if not waiting.done() and self._now_ms() - until_ms > MOST_HELD_MS:
                waiting.add_done_callback(_forget)
                raise OSError(f"the disk took more than {MOST_HELD_MS // 1000} s for one write")
        await waiting

    def _quieted(self, track: bytes, from_ms: int, until_ms: int) -> bytes:
        spans = self._silenced
        if self._silent_since is not None:
            spans = [*spans, (self._silent_since, until_ms)]
        sound = bytearray(track)
        for since, until in spans:
            first, last = max(since, from_ms) - from_ms, min(until, until_ms) - from_ms
            if last > first:
                length = (last - first) * BYTES_PER_MS
                sound[first * BYTES_PER_MS : last * BYTES_PER_MS] = bytes([SILENCE]) * length
        return bytes(sound)

    def _in_thread(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        return asyncio.get_running_loop().run_in_executor(self._writing, work)

    def _fail(self, error: BaseException) -> None:
        """The first fault is told; nothing is recorded after it."""
        self.end()
        if not self._fault:
            self._fault = f"{type(error).__name__}: {error}"
            log.error("a recording is incomplete: %s", self._fault)
            self._failed(self._fault)


def _decoded(payload_b64: bytes) -> bytes:
    try:
        return binascii.a2b_base64(payload_b64)
    except binascii.Error:
        return b""


def _forget(late: asyncio.Future[None]) -> None:
    """Nobody waits for this write any more."""
    if not late.cancelled() and (error := late.exception()) is not None:
        log.error("a write that came too late failed too: %s", error)

"""The recordings of an engine: begun and ended by calls, finished behind them, recovered, deleted in time.

A call never waits for its recording: how the file ended is kept once it is whole. What a killed engine leaves
is finished by its next life, as incomplete, with what the journal says was to be silent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from engine.core.commands import StartRecording
from engine.core.events import CallArrived, Event
from engine.core.recording_events import RecordingFailed, RecordingStarted
from engine.media.line import Line
from engine.media.recording import TONE_TAIL_MS, CallRecording, RecordingOutcome, Span
from engine.media.recording_file import RecordingFile, can_write_flac, finish, silence_part, write_whole
from engine.runtime.clock import Clock
from engine.store.store import Store
from engine.store.tables.recordings import KeptRecording, RecordingEnd

log = logging.getLogger("cordboard.recording")

WRITERS = 2
"""Threads: a disk gets no faster by more of them."""

CLOSING_WITHIN_S = 30.0

Happens = Callable[[Callable[[int], Event]], None]


class Recordings:
    """Every recording of one engine, in one folder."""

    def __init__(self, store: Store, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._store = store
        self._clock = clock
        self._writing = ThreadPoolExecutor(WRITERS, thread_name_prefix="cordboard-recording")
        self._open: set[tuple[str, str]] = set()
        self._finishing: set[asyncio.Task[None]] = set()
        self._has_warned = False

    def begin(
        self, arrived: CallArrived, line: Line, command: StartRecording, happens: Happens
    ) -> CallRecording:
        """Record this line from now on; the call is told."""
        name, format_ = command.recording, self._format(command.format)
        path = path_of_recording(arrived, name, format_)
        first_at = self._clock.now_ms() - arrived.started_at

        def started(at: int) -> Event:
            nonlocal first_at
            first_at = at
            return RecordingStarted(at, name, path, format_)

        happens(started)
        is_dual = command.channels == "both"
        recording = CallRecording(
            RecordingFile(self.folder, path, 2 if is_dual else 1),
            format_,
            is_dual=is_dual,
            now_ms=lambda: self._clock.now_ms() - arrived.started_at - first_at,
            writing=self._writing,
            failed=lambda reason: happens(lambda at: RecordingFailed(at, name, reason)),
            started_at_ms=first_at,
        )
        self._open.add((arrived.call, name))
        line.record_with(recording)
        return recording

    def end(self, call: str, name: str, line: Line, recording: CallRecording) -> None:
        """Record no more; the file is finished behind the call's back."""
        line.record_with(None)
        recording.end()
        task = asyncio.get_running_loop().create_task(self._finish(call, name, recording))
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    def keep(self, arrived: CallArrived, recording: str, sound: bytes, happens: Happens) -> None:
        """Keep mu-law that was heard as a recording of its own; the call is told."""
        path = path_of_recording(arrived, recording, "wav")
        self._open.add((arrived.call, recording))
        happens(lambda at: RecordingStarted(at, recording, path, "wav"))
        task = asyncio.get_running_loop().create_task(
            self._keep_whole(arrived.call, recording, path, sound, happens)
        )
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def settled(self) -> None:
        """Until every recording that ended is finished."""
        while self._finishing:
            await asyncio.wait(self._finishing)

    async def recover(self) -> int:
        """Finish what an earlier life left: how many there were."""
        left = [
            one
            for one in await self._store.unfinished_recordings()
            if (one.call, one.recording) not in self._open
        ]
        for one in left:
            silenced = await self._silenced(one)
            end = await asyncio.get_running_loop().run_in_executor(
                self._writing, self._rescued, one, silenced
            )
            await self._store.finish_recording(one.call, one.recording, end)
            log.warning("call %s: its recording is incomplete: %s", one.call, end.fault)
        return len(left)

    async def close(self) -> None:
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=CLOSING_WITHIN_S)
        for task in tuple(self._finishing):  # its disk hangs; the next life finishes the file
            task.cancel()
        self._writing.shutdown(wait=False, cancel_futures=True)

    async def _keep_whole(self, call: str, recording: str, path: str, sound: bytes, happens: Happens) -> None:
        """Its row comes with the journal, so its end waits for that."""
        writing = asyncio.get_running_loop().run_in_executor(
            self._writing, write_whole, self.folder, path, sound
        )
        try:
            found = await writing
            end = RecordingEnd(path, "wav", found.duration_ms, found.sha256, found.bytes, (), "")
        except OSError as error:
            fault = f"{type(error).__name__}: {error}"
            log.error("call %s: the sound of an answer could not be kept: %s", call, fault)
            happens(lambda at: RecordingFailed(at, recording, fault))
            end = RecordingEnd(path, "wav", 0, "", 0, (), fault)
        try:
            await self._store.flush(call)
            await self._store.finish_recording(call, recording, end)
        except Exception:
            log.exception("call %s: how the sound of an answer was kept could not be written", call)
        else:
            self._open.discard((call, recording))

    async def _finish(self, call: str, name: str, recording: CallRecording) -> None:
        try:
            outcome = await recording.stop()
            await self._store.finish_recording(call, name, _end(outcome, recording))
        except Exception:
            log.exception("call %s: how its recording ended could not be kept", call)
        else:
            self._open.discard((call, name))

    async def _silenced(self, one: KeptRecording) -> tuple[Span, ...]:
        """What the journal says was to be silent, since the recording's start."""
        spans: list[Span] = []
        since: int | None = None
        last = 0
        for entry in await self._store.journal(one.call):
            last = entry.event.at
            for command in entry.commands:
                if command.get("recording") != one.recording:
                    continue
                if command["type"] == "SilenceRecording" and isinstance(command["since"], int):
                    since = max(0, command["since"] - one.started_at_ms)
                elif command["type"] == "ResumeRecording" and since is not None:
                    spans.append((since, last - one.started_at_ms + TONE_TAIL_MS))
                    since = None
        if since is not None:  # nobody knows what came after the last event
            spans.append((since, last - one.started_at_ms + self._clock.now_ms()))
        return tuple(spans)

    def _rescued(self, one: KeptRecording, silenced: Sequence[Span]) -> RecordingEnd:
        fault = "the engine stopped in the middle of the call"
        try:
            silence_part(self.folder, one.path, silenced)
            found = finish(self.folder, one.path, one.format)
        except Exception as error:  # noqa: BLE001 - a vanished file, a broken disk: said, and done with
            fault = f"{fault}, and its file can't be saved: {error}"
            return RecordingEnd(one.path, one.format, 0, "", 0, (), fault)
        spans = tuple(
            (since, min(until, found.duration_ms)) for since, until in silenced if since < found.duration_ms
        )
        return RecordingEnd(
            found.path, found.format, found.duration_ms, found.sha256, found.bytes, spans, fault
        )

    def _format(self, wanted: str) -> str:
        if wanted == "flac" and not can_write_flac():
            if not self._has_warned:
                log.warning("recordings are kept as WAV; for FLAC: pip install 'cordboard[flac]'")
                self._has_warned = True
            return "wav"
        return wanted


async def prune(
    store: Store, folder: Path, now_ms: int, most_ms: int | None = None, limit: int | None = None
) -> Sequence[KeptRecording]:
    """Delete the files that were kept as long as they were to be; their rows stay.

    With `most_ms` no file is kept longer; `limit` deletes no more files than that. Raises the first OSError
    after all files were tried.
    """
    gone: list[KeptRecording] = []
    failed: list[OSError] = []
    for one in await store.expired_recordings(now_ms, most_ms, limit):
        try:
            await asyncio.to_thread((folder / one.path).unlink, missing_ok=True)
        except OSError as error:
            failed.append(error)
        else:
            await store.recordings_pruned([one])
            gone.append(one)
    if failed:
        raise failed[0]
    return gone


def path_of_recording(arrived: CallArrived, recording: str, format_: str) -> str:
    """Below the recordings' folder: a folder a day (UTC), a file a call."""
    day = datetime.fromtimestamp(arrived.started_at / 1000, UTC)
    number = recording.rpartition("-")[2]
    suffix = "" if number == "1" else f"-{number}"
    return f"{day:%Y-%m-%d}/{arrived.call}{suffix}.{format_}"


def _end(outcome: RecordingOutcome, recording: CallRecording) -> RecordingEnd:
    found = outcome.finished
    if found is None:
        return RecordingEnd(recording.path, recording.format, 0, "", 0, outcome.silenced, outcome.fault)
    return RecordingEnd(
        found.path,
        found.format,
        found.duration_ms,
        found.sha256,
        found.bytes,
        outcome.silenced,
        outcome.fault,
    )

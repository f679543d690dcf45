"""What a killed engine leaves of a recording is finished by its next life, as incomplete and still silent."""

from __future__ import annotations

import hashlib
import wave
from array import array
from pathlib import Path

from engine.core.commands import Record, ResumeRecording, SilenceRecording, StartRecording
from engine.core.events import CallArrived, KeyPressed, TimerFired
from engine.core.facts import Ending, Recording
from engine.core.recording_events import RecordingStarted
from engine.media.recording import TONE_TAIL_MS
from engine.media.recording_file import RecordingFile
from engine.runtime.clock import Clock
from engine.runtime.recordings import Recordings
from engine.store.store import Store

LOUD = bytes(8000)  # a second at full scale, in mu-law


async def left_behind(store: Store) -> None:
    """A call that ended in a recovery; its recording was silent from 2 s to 3 s of the call."""
    arrived = CallArrived(0, "c1", "twilio", "CA1", "+15125550123", "+15550100", 1_795_341_600_000, 7)
    fact = Recording(1_000, "recording-1", "2026-11-22/c1.wav", "both", "wav", None, None, None)
    happened = (
        (arrived, [StartRecording("recording-1", "both", "wav")]),
        (RecordingStarted(1_000, "recording-1", "2026-11-22/c1.wav", "wav"), [Record(fact)]),
        (KeyPressed(2_100, "caller", "7"), [SilenceRecording("recording-1", 2_000)]),
        (TimerFired(3_000, "t1"), [ResumeRecording("recording-1")]),
        (TimerFired(9_000, "t2"), [Record(Ending(9_000, "error", "the engine stopped"))]),
    )
    for seq, (event, commands) in enumerate(happened):
        store.append("c1", seq, event)
        store.append_commands("c1", seq, commands)
    await store.flush("c1")


async def recovered(folder: Path, store: Store) -> int:
    recordings = Recordings(store, folder, Clock())
    try:
        return await recordings.recover()
    finally:
        await recordings.close()


async def test_the_part_file_is_finished_and_what_was_sensitive_is_silenced(tmp_path: Path) -> None:
    file = RecordingFile(tmp_path, "2026-11-22/c1.wav", 2)
    file.create()
    for second in range(4):
        file.write(second * 1000, LOUD, LOUD)
    file.abandon()  # as a kill does
    async with await Store.open(f"sqlite:///{tmp_path / 'c.db'}", "worker-1", lambda: 0) as store:
        await left_behind(store)
        assert await recovered(tmp_path, store) == 1
        (kept,) = await store.recordings("c1")
        assert kept.end is not None
        assert "the engine stopped" in kept.end.fault
        assert kept.end.silenced == ((1_000, 2_000 + TONE_TAIL_MS),)
        whole = tmp_path / "2026-11-22" / "c1.wav"
        assert kept.end.sha256 == hashlib.sha256(whole.read_bytes()).hexdigest()
        with wave.open(str(whole), "rb") as wav:
            samples = array("h", wav.readframes(wav.getnframes()))
        assert len(samples) == 4 * 8000 * 2
        assert not any(samples[8000 * 2 : (2_000 + TONE_TAIL_MS) * 8 * 2])
        assert all(samples[: 8000 * 2])
        assert all(samples[2_400 * 8 * 2 :])
        assert await recovered(tmp_path, store) == 0


async def test_a_file_that_is_gone_is_said_once(tmp_path: Path) -> None:
    async with await Store.open(f"sqlite:///{tmp_path / 'c.db'}", "worker-1", lambda: 0) as store:
        await left_behind(store)
        assert await recovered(tmp_path, store) == 1
        (kept,) = await store.recordings("c1")
        assert kept.end is not None
        assert (kept.end.sha256, kept.end.duration_ms) == ("", 0)
        assert "can't be saved" in kept.end.fault

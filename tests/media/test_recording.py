"""A call's recording on a real disk: channels, silence, FLAC, a disk that fails, a worker that was killed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import wave
from array import array
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.media import mulaw
from engine.media.recording import TONE_TAIL_MS, CallRecording
from engine.media.recording_file import RecordingFile, can_write_flac, finish, part_of
from engine.rehearsal.loopback import tone
from tests.waiting import until

WAV_HEAD = 44


@pytest.fixture
def writing() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


class Recorder:
    """A recording whose clock the test moves."""

    def __init__(
        self, folder: Path, writing: ThreadPoolExecutor, *, dual: bool = True, format_: str = "wav"
    ) -> None:
        self.now_ms = 0
        self.faults: list[str] = []
        self.path = folder / f"c1.{format_}"
        self.recording = CallRecording(
            RecordingFile(folder, self.path.name, 2 if dual else 1),
            format_,
            is_dual=dual,
            now_ms=lambda: self.now_ms,
            writing=writing,
            failed=self.faults.append,
        )

    def written_ms(self) -> int:
        """How much of both channels is on the disk."""
        part = part_of(self.path)
        return max(part.stat().st_size - WAV_HEAD, 0) // (2 * 2 * 8) if part.exists() else 0

    def handle(self) -> int:
        """By which the file is open, as the system says."""
        part = part_of(self.path)
        (handle,) = (
            link for link in Path("/proc/self/fd").iterdir() if link.exists() and link.samefile(part)
        )
        return int(handle.name)

    def caller_says(self, sound: bytes) -> None:
        """In real frames, the clock going along."""
        for begin in range(0, len(sound), 160):
            self.now_ms += 20
            self.recording.heard(b64encode(sound[begin : begin + 160]))


def channels(path: Path) -> list[array[int]]:
    with wave.open(str(path), "rb") as wav:
        assert (wav.getframerate(), wav.getsampwidth()) == (8000, 2)
        samples = array("h", wav.readframes(wav.getnframes()))
        return [samples[channel :: wav.getnchannels()] for channel in range(wav.getnchannels())]


def loudness(samples: array[int], begin_ms: int, end_ms: int) -> float:
    part = samples[begin_ms * 8 : end_ms * 8]
    return sum(abs(sample) for sample in part) / len(part)


async def test_left_is_what_the_caller_said_and_right_what_it_heard(
    tmp_path: Path, writing: ThreadPoolExecutor
) -> None:
    recorder = Recorder(tmp_path, writing)
    recorder.recording.playing(b64encode(tone(440, 500)), 0.0)
    recorder.now_ms = 1000
    said = tone(900, 600)
    recorder.caller_says(said)
    recorder.recording.sent(b64encode(tone(300, 20)))
    recorder.now_ms = 2000
    outcome = await recorder.recording.stop()
    assert outcome.fault == ""
    assert outcome.finished is not None
    left, right = channels(tmp_path / outcome.finished.path)
    assert outcome.finished.duration_ms == 2000 == len(left) // 8 == len(right) // 8
    assert left[8000:12800] == mulaw.decode(said)
    assert loudness(left, 0, 1000) == loudness(left, 1600, 2000) == 0
    assert right[:4000] == mulaw.decode(tone(440, 500))
    assert loudness(right, 600, 1500) == 0
    assert loudness(right, 1580, 1600) > 0
    content = (tmp_path / outcome.finished.path).read_bytes()
    assert outcome.finished.sha256 == hashlib.sha256(content).hexdigest()
    assert outcome.finished.bytes == len(content)
    assert not part_of(recorder.path).exists()


async def test_the_caller_alone_is_one_channel(tmp_path: Path, writing: ThreadPoolExecutor) -> None:
    recorder = Recorder(tmp_path, writing, dual=False)
    recorder.recording.playing(b64encode(tone(440, 500)), 0.0)
    recorder.caller_says(tone(900, 200))
    outcome = await recorder.recording.stop()
    assert outcome.finished is not None
    (left,) = channels(tmp_path / outcome.finished.path)
    assert left == mulaw.decode(tone(900, 200))


async def test_what_is_sensitive_is_silence_on_both_channels_and_listed(
    tmp_path: Path, writing: ThreadPoolExecutor
) -> None:
    recorder = Recorder(tmp_path, writing)
    recorder.recording.playing(b64encode(tone(440, 3000)), 0.0)
    recorder.caller_says(tone(900, 1000))
    recorder.recording.silence(600)
    recorder.caller_says(tone(900, 500))
    recorder.recording.resume()
    recorder.caller_says(tone(900, 1000))
    outcome = await recorder.recording.stop()
    assert outcome.silenced == ((600, 1500 + TONE_TAIL_MS),)
    assert outcome.finished is not None
    for samples in channels(tmp_path / outcome.finished.path):
        assert loudness(samples, 500, 600) > 1000
        assert loudness(samples, 600, 1800) == 0
        assert loudness(samples, 1810, 2400) > 1000


async def test_what_was_written_already_is_silenced_in_hindsight(
    tmp_path: Path, writing: ThreadPoolExecutor
) -> None:
    recorder = Recorder(tmp_path, writing)
    recorder.caller_says(tone(900, 4000))
    taken_ms = await until(recorder.written_ms)
    recorder.recording.silence(taken_ms - 500)
    outcome = await recorder.recording.stop()
    assert outcome.finished is not None
    left, _ = channels(tmp_path / outcome.finished.path)
    assert loudness(left, taken_ms - 600, taken_ms - 500) > 1000
    assert loudness(left, taken_ms - 500, 4000) == 0


@pytest.mark.skipif(not can_write_flac(), reason="the flac extra is not installed")
async def test_flac_holds_the_same_samples(tmp_path: Path, writing: ThreadPoolExecutor) -> None:
    import soundfile

    recorder = Recorder(tmp_path, writing, format_="flac")
    recorder.caller_says(tone(900, 1000))
    outcome = await recorder.recording.stop()
    assert outcome.finished is not None
    assert outcome.finished.path == "c1.flac"
    samples, rate_hz = soundfile.read(tmp_path / "c1.flac", dtype="int16")
    assert rate_hz == 8000
    assert array("h", samples[:, 0].tolist()) == mulaw.decode(tone(900, 1000))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c1.flac"]


async def test_a_folder_that_cannot_be_written_is_a_fault_and_no_exception(
    tmp_path: Path, writing: ThreadPoolExecutor
) -> None:
    (tmp_path / "recordings").write_text("a file where the folder should be")
    recorder = Recorder(tmp_path / "recordings", writing)
    recorder.caller_says(tone(900, 1000))
    outcome = await recorder.recording.stop()
    assert outcome.finished is None
    assert outcome.fault
    assert recorder.faults == [outcome.fault]


async def test_a_disk_that_fails_later_leaves_what_was_written(
    tmp_path: Path, writing: ThreadPoolExecutor
) -> None:
    recorder = Recorder(tmp_path, writing)
    recorder.caller_says(tone(900, 4000))
    await until(recorder.written_ms)
    handle = recorder.handle()
    full = os.open("/dev/full", os.O_RDWR)
    os.dup2(full, handle)  # the disk is full from now on
    os.close(full)
    recorder.caller_says(tone(900, 4000))
    outcome = await recorder.recording.stop()
    assert "No space left" in outcome.fault
    assert len(recorder.faults) == 1
    assert part_of(recorder.path).exists() or outcome.finished is not None


KILLED = """
import os, signal, sys
from pathlib import Path
from engine.media.recording_file import RecordingFile
file = RecordingFile(Path(sys.argv[1]), "day/c1.wav", 2)
file.create()
file.write(0, bytes(8000), bytes(8000))
file.write(2000, bytes(8000), bytes(8000))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_worker_leaves_a_file_that_plays_and_can_be_finished(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=500)
    part = part_of(tmp_path / "day" / "c1.wav")
    assert len(channels(part)[0]) == 3 * 8000  # as it stands
    with part.open("ab") as file:
        file.write(b"\x01\x02\x03")  # half a frame
    finished = finish(tmp_path, "day/c1.wav", "wav")
    assert finished.duration_ms == 3000
    left, _ = channels(tmp_path / finished.path)
    assert loudness(left, 0, 1000) > 0 == loudness(left, 1000, 2000)
    with pytest.raises(OSError, match=r"c1\.wav\.part"):
        finish(tmp_path, "day/c1.wav", "wav")

"""One detector for all streams gives each what pipecat's analyzer gives it alone."""

from __future__ import annotations

import asyncio
import random

import pytest
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams

from engine.media.speech.samples import to_mulaw, to_pcm
from engine.media.speech.vad import WINDOW_BYTES, VoiceDetector
from tests.media.speech.leg_world import YES, ZIP, silence, spoken


class Stream:
    def __init__(self, sound: bytes) -> None:
        self.is_quiet = True
        self.scores: list[float] = []
        self.finished = asyncio.Event()
        self._sound = sound
        self._at = 0

    def next_window(self) -> bytes | None:
        window = self._sound[self._at : self._at + WINDOW_BYTES]
        if len(window) < WINDOW_BYTES:
            self.finished.set()
            return None
        self._at += WINDOW_BYTES
        return window

    def window_scored(self, window: bytes, confidence: float) -> None:
        self.scores.append(confidence)


def alone(sound: bytes) -> list[float]:
    """What pipecat's own analyzer says of the stream, window by window."""
    analyzer = SileroVADAnalyzer(sample_rate=8000, params=VADParams())
    analyzer.set_sample_rate(8000)
    pcm = to_pcm(sound)
    size = 2 * WINDOW_BYTES
    windows = [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]
    return [float(analyzer.voice_confidence(window).item()) for window in windows]


def noise(duration_ms: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(duration_ms * 8)


@pytest.fixture
async def detector():
    detector = VoiceDetector()
    yield detector
    await detector.close()


async def test_batched_scores_are_pipecats_to_the_last_bit(detector: VoiceDetector):
    speech = await spoken(ZIP)
    sounds = [
        silence(700) + speech,
        speech + silence(2500) + speech,  # the memory is cleared on the way
        noise(900, 1) + silence(3000) + speech,
        silence(200) + speech[: len(speech) // 2],
    ]
    streams = [Stream(sound) for sound in sounds]
    for stream in streams:
        detector.join(stream)
    await asyncio.gather(*(stream.finished.wait() for stream in streams))
    for stream, sound in zip(streams, sounds, strict=True):
        assert stream.scores == alone(sound)


async def test_a_stream_that_takes_the_place_of_another_begins_afresh(detector: VoiceDetector):
    speech = await spoken(YES)
    first, second = Stream(noise(1500, 2)), Stream(speech)
    detector.join(first)
    await first.finished.wait()
    detector.leave(first)
    detector.join(second)
    await second.finished.wait()
    assert second.scores == alone(speech)


async def test_more_streams_than_there_was_room_for_are_all_scored(detector: VoiceDetector):
    streams = [Stream(silence(96 + number % 32)) for number in range(40)]
    for stream in streams:
        detector.join(stream)
    await asyncio.gather(*(stream.finished.wait() for stream in streams))
    assert all(len(stream.scores) == 3 for stream in streams)


async def test_a_stream_that_raises_does_not_deafen_the_others(detector: VoiceDetector):
    class Broken(Stream):
        def window_scored(self, window: bytes, confidence: float) -> None:
            raise RuntimeError("a bug")

    broken, sound = Broken(silence(320)), Stream(silence(320))
    detector.join(broken)
    detector.join(sound)
    await sound.finished.wait()
    assert len(sound.scores) == 10


async def test_a_detector_without_streams_runs_nothing(detector: VoiceDetector):
    stream = Stream(silence(64))
    before = asyncio.all_tasks()
    detector.join(stream)
    (ticking,) = asyncio.all_tasks() - before
    await stream.finished.wait()
    detector.leave(stream)
    await ticking
    assert asyncio.all_tasks() == before


def test_samples_go_to_pcm_and_back_unchanged():
    every = bytes(range(256))
    # 0x7f and 0xff are both zero, and come back as the one that silence is written with.
    assert to_mulaw(to_pcm(every)) == every.replace(b"\x7f", b"\xff")

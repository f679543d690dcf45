"""Offset N of a track is what was said N milliseconds after its start, whatever the network did."""

from __future__ import annotations

import random

from engine.media.mulaw import SILENCE
from engine.media.recording_tracks import BYTES_PER_MS, FrameTrack, PlayedTrack


def frame(number: int) -> bytes:
    """20 ms that say which frame they are."""
    return bytes([number % 200 + 1]) * (20 * BYTES_PER_MS)


def at(sound: bytes, begin_ms: int, end_ms: int) -> bytes:
    return sound[begin_ms * BYTES_PER_MS : end_ms * BYTES_PER_MS]


def quiet(length_ms: int) -> bytes:
    return bytes([SILENCE]) * (length_ms * BYTES_PER_MS)


def laid(arrivals: list[tuple[int, int]], until_ms: int) -> bytes:
    """The track of frames (number, arrival), taken second by second."""
    track, sound, waiting = FrameTrack(), b"", list(arrivals)
    for now_ms in range(1000, until_ms + 1001, 1000):
        while waiting and waiting[0][1] <= now_ms + 1500:
            number, arrived_ms = waiting.pop(0)
            track.put(arrived_ms, frame(number))
        sound += track.take(min(now_ms, until_ms))
    assert len(sound) == until_ms * BYTES_PER_MS
    return sound


def test_frames_in_time_lie_one_behind_the_other() -> None:
    sound = laid([(n, 20 * n + 25) for n in range(150)], 3000)
    assert all(at(sound, 5 + 20 * n, 25 + 20 * n) == frame(n) for n in range(148))


def test_jitter_and_bursts_move_nothing() -> None:
    chance = random.Random(7)
    arrivals = [
        (n, 20 * n + 20 + (500 if n % 60 == 40 else chance.choice((0, 0, 0, 5, 15, 30)))) for n in range(200)
    ]
    latest = 0
    in_order = []
    for n, arrived_ms in arrivals:  # a socket keeps the order
        latest = max(latest, arrived_ms)
        in_order.append((n, latest))
    sound = laid(in_order, 3500)
    for n in range(2, 170):
        found = sound.find(frame(n)) / BYTES_PER_MS
        assert abs(found - 20 * n) <= 40, (n, found)


def test_a_stall_of_the_network_is_no_silence() -> None:
    arrivals = [(n, max(20 * n + 20, 1600 if 30 <= n < 79 else 0)) for n in range(150)]
    sound = laid(arrivals, 2900)
    assert at(sound, 20 * 40, 20 * 41) == frame(40)
    assert at(sound, 20 * 120, 20 * 121) == frame(120)


def test_lost_frames_are_silence_and_those_after_them_keep_their_time() -> None:
    arrivals = [(n, 20 * n + 20) for n in range(150) if not 50 <= n < 60]
    sound = laid(arrivals, 3000)
    assert at(sound, 1000, 1200) == quiet(200)
    assert at(sound, 1200, 1220) == frame(60)
    assert at(sound, 2000, 2020) == frame(100)


def test_a_party_that_begins_late_is_silent_before() -> None:
    sound = laid([(n, 800 + 20 * n + 20) for n in range(50)], 2000)
    assert at(sound, 0, 800) == quiet(800)
    assert at(sound, 800, 820) == frame(0)


def test_a_first_frame_that_was_late_does_not_delay_the_rest() -> None:
    arrivals = [
        (0, 500),
        *((n, 20 * n + 500) for n in range(1, 3)),
        *((n, 20 * n + 20) for n in range(26, 150)),
    ]
    sound = laid(arrivals, 2900)
    assert at(sound, 2000, 2020) == frame(100)


def test_nothing_at_all_is_silence() -> None:
    assert laid([], 2000) == quiet(2000)


def test_a_prompt_lies_where_it_is_heard_and_what_was_cut_does_not() -> None:
    track = PlayedTrack()
    track.play(100, b"\x01" * 8 * 1000)
    track.play(100, b"\x02" * 8 * 1000)  # behind the first
    track.play(100, b"\x03" * 8 * 1000)
    track.cut(1600)
    track.play(2500, b"\x04" * 8 * 100)
    sound = b"".join(track.take(until) for until in (50, 1300, 1301, 3000))
    assert at(sound, 0, 100) == quiet(100)
    assert at(sound, 100, 1100) == b"\x01" * 8000
    assert at(sound, 1100, 1600) == b"\x02" * 4000
    assert at(sound, 1600, 2500) == quiet(900)
    assert at(sound, 2500, 2600) == b"\x04" * 800
    assert at(sound, 2600, 3000) == quiet(400)


def test_who_is_bridged_is_heard_between_prompts() -> None:
    track = PlayedTrack()
    track.play(0, b"\x09" * 8 * 500)
    for n in range(25, 100):
        track.put(20 * n + 20, frame(n))
    sound = track.take(1500)
    assert at(sound, 0, 500) == b"\x09" * 4000
    assert at(sound, 1000, 1020) == frame(50)

from engine.rehearsal.loopback.playback import HandsetPlayback
from engine.rehearsal.loopback.tones import tone


def drain(playback: HandsetPlayback, frames: int) -> bytes:
    heard = b""
    for _ in range(frames):
        assert not playback.due_marks()
        heard += playback.advance()
    return heard


def test_audio_comes_out_whole_and_its_mark_after_the_last_frame():
    playback = HandsetPlayback()
    audio = tone(440, 2500)
    playback.add_audio(audio)
    assert playback.add_mark("end") == ()
    assert playback.pending_ms == 2500
    assert drain(playback, 125) == audio
    assert playback.due_marks() == ("end",)
    assert playback.advance() == b""


def test_a_mark_with_nothing_before_it_returns_at_once():
    assert HandsetPlayback().add_mark("now") == ("now",)


def test_marks_between_pieces_come_in_order_each_after_its_audio():
    playback = HandsetPlayback()
    for name in "abc":
        playback.add_audio(tone(440, 40))
        playback.add_mark(name)
    order = []
    for frame in range(7):
        order += [(frame, mark) for mark in playback.due_marks()]
        playback.advance()
    assert order == [(2, "a"), (4, "b"), (6, "c")]


def test_pieces_that_are_no_whole_frames_join_without_a_gap():
    playback = HandsetPlayback()
    playback.add_audio(b"\x01" * 100)
    playback.add_mark("first")
    playback.add_audio(b"\x02" * 100)
    assert playback.advance() == b"\x01" * 100 + b"\x02" * 60
    assert playback.due_marks() == ("first",)
    assert playback.advance() == b"\x02" * 40


def test_clear_forgets_the_audio_and_gives_the_waiting_marks_back():
    playback = HandsetPlayback()
    playback.add_audio(tone(440, 1000))
    playback.add_mark("a")
    playback.add_audio(tone(440, 1000))
    playback.add_mark("b")
    drain(playback, 10)
    assert playback.clear() == ("a", "b")
    assert playback.advance() == b""
    assert not playback.holds_sound()

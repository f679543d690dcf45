"""What a party may have heard lately, by the carrier's marks: a busy carrier plays late, and its echo is later."""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field

from engine.media.aftersound import Aftersound
from engine.media.mulaw import SILENCE

SECOND = 8000
LOOK_BACK_S = 1.6


@dataclass
class Wire:
    """A line's clock and the seconds of sound that came in on it, both moved by hand."""

    has_marks: bool = True
    now_s: float = 0.0
    heard_s: float = 0.0
    aftersound: Aftersound = field(init=False)

    def __post_init__(self) -> None:
        self.aftersound = Aftersound(lambda: self.now_s, lambda: self.heard_s, has_marks=self.has_marks)

    def plays(self, *sounds: bytes) -> None:
        """A second each, one behind the other, with the marks m0, m1, …"""
        for number, sound in enumerate(sounds):
            payload = binascii.b2a_base64(sound * SECOND, newline=False)
            self.aftersound.sent(number, number + 1.0, payload, f"m{number}")

    def passes(self, seconds: float) -> None:
        self.now_s += seconds
        self.heard_s += seconds

    def stalls(self, seconds: float) -> None:
        """Nothing is read meanwhile: neither sound nor marks."""
        self.now_s += seconds

    def heard(self) -> dict[str, int]:
        """How much of each sound may have been heard lately, in ms."""
        sound = self.aftersound.lately(LOOK_BACK_S)
        return {chr(byte): round(sound.count(byte) / 8) for byte in sorted(set(sound)) if byte != SILENCE}


def test_only_what_has_begun_may_have_been_heard():
    wire = Wire()
    wire.plays(b"a", b"b")
    assert wire.heard() == {}
    wire.passes(0.25)
    assert wire.heard() == {"a": 250}
    wire.passes(1.0)
    wire.aftersound.played("m0")
    assert wire.heard() == {"a": 1000, "b": 250}


def test_what_was_over_long_ago_is_forgotten():
    wire = Wire()
    wire.plays(b"a", b"b")
    wire.passes(2.0)
    wire.aftersound.played("m1")
    wire.passes(1.0)
    assert wire.heard() == {"a": 600, "b": 600}, "each was over no earlier than its mark came"
    wire.passes(0.6)
    assert wire.heard() == {}


def test_what_a_late_carrier_has_not_played_yet_may_be_heard_however_late():
    wire = Wire()
    wire.plays(b"a", b"b", b"c")
    wire.passes(1.0)
    wire.aftersound.played("m0")
    wire.passes(4.0)
    assert wire.heard() == {"b": 1000, "c": 1000}


def test_an_engine_that_stalled_reads_echoes_at_their_true_distance():
    wire = Wire()
    wire.plays(b"a")
    wire.passes(1.0)
    wire.aftersound.played("m0")
    wire.stalls(5.0)
    wire.heard_s += 0.2
    assert wire.heard() == {"a": 1000}


def test_what_was_cleared_before_it_began_was_not_heard():
    wire = Wire()
    wire.plays(b"a", b"b")
    wire.passes(0.5)
    wire.aftersound.cut()
    wire.passes(1.0)
    assert wire.heard() == {"a": 500}
    wire.passes(1.0)
    assert wire.heard() == {}


def test_without_marks_the_clock_decides():
    wire = Wire(has_marks=False)
    wire.plays(b"a", b"b")
    wire.passes(2.0)
    assert wire.heard() == {"a": 600, "b": 1000}
    wire.stalls(5.0)
    assert wire.heard() == {}


def test_there_is_silence_around_what_was_heard():
    wire = Wire()
    wire.plays(b"a")
    wire.passes(0.1)
    sound = wire.aftersound.lately(LOOK_BACK_S)
    assert sound.startswith(bytes([SILENCE]) * 1024)
    assert sound.endswith(bytes([SILENCE]) * 1024)

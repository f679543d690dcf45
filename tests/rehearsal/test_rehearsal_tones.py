import random

import numpy
from streamdouble import g711

from engine.rehearsal.loopback.tones import (
    BUYER_HZ,
    CALLER_HZ,
    SILENT_FRAME,
    buyer_voice,
    caller_voice,
    decode,
    encode,
    has_sound,
    hears_tone,
    tone,
)


def test_mu_law_agrees_with_an_outside_implementation():
    samples = [*range(-32768, 32768, 4)]  # G.711 has 14 bits: the two below are rounded as one likes
    outside = g711.encode(numpy.array(samples, dtype=numpy.int16))
    assert bytes(encode(sample) for sample in samples) == outside


def test_decoding_gives_back_every_byte():
    for byte in range(256):
        if byte != 0x7F:  # the second zero of mu-law
            assert encode(decode(byte)) == byte


def test_each_voice_is_known_from_the_other():
    assert hears_tone(caller_voice(), CALLER_HZ)
    assert hears_tone(buyer_voice(), BUYER_HZ)
    assert not hears_tone(caller_voice(), BUYER_HZ)
    assert not hears_tone(buyer_voice(), CALLER_HZ)


def test_a_tone_is_found_after_silence_and_in_pieces_of_other_sound():
    recorded = SILENT_FRAME * 37 + tone(440, 500) + buyer_voice()[:3000] + SILENT_FRAME
    assert hears_tone(recorded, BUYER_HZ)
    assert not hears_tone(recorded, CALLER_HZ)


def test_a_tone_shorter_than_asked_for_does_not_count():
    assert not hears_tone(tone(CALLER_HZ, 150), CALLER_HZ, min_ms=200)


def test_noise_and_silence_are_no_tone():
    noise = bytes(random.Random(1).randrange(256) for _ in range(16000))
    assert not hears_tone(noise, CALLER_HZ)
    assert not hears_tone(SILENT_FRAME * 100, CALLER_HZ)
    assert not has_sound(SILENT_FRAME + b"\x7f\xfe")
    assert has_sound(SILENT_FRAME + b"\x00")

"""Keys in a talk: the other party hears them, in place of what was said meanwhile."""

from __future__ import annotations

import base64
import cmath
import math

import pytest

from engine.media import mulaw
from engine.media.keytones import GAP_S, TONE_S, KeyTones, key_clip, key_tone, keys_length_ms
from engine.rehearsal.loopback import keys_heard
from tests.media.media_world import media_world, sounds_for

FREQUENCIES_HZ = (697, 770, 852, 941, 1209, 1336, 1477, 1633)
SILENT = bytes([mulaw.SILENCE]) * 160


def heard_in(sound: bytes) -> list[int]:
    """The two loudest of the frequencies that keys have (Goertzel, without its shortcut)."""
    samples = mulaw.decode(sound)
    loud = {
        hz: abs(sum(s * cmath.exp(-1j * math.tau * hz * at / mulaw.RATE_HZ) for at, s in enumerate(samples)))
        for hz in FREQUENCIES_HZ
    }
    return sorted(sorted(FREQUENCIES_HZ, key=lambda hz: loud[hz])[-2:])


@pytest.mark.parametrize(
    ("key", "both_hz"), [("1", [697, 1209]), ("0", [941, 1336]), ("#", [941, 1477]), ("D", [941, 1633])]
)
def test_each_key_has_its_two_tones(key: str, both_hz: list[int]) -> None:
    assert heard_in(key_tone(key)) == both_hz


def test_a_tone_takes_the_place_of_as_much_sound() -> None:
    tones = KeyTones()
    frame = base64.b64encode(SILENT)
    assert tones.over(frame) is frame
    tones.press("5")
    said = [base64.b64decode(tones.over(frame)) for _ in range(10)]
    assert {len(one) for one in said} == {160}
    assert b"".join(said)[: len(key_tone("5"))] == key_tone("5")
    assert said[9] == SILENT


async def test_keys_in_a_talk_are_heard_as_tones_and_kept_out_of_recordings() -> None:
    async with media_world() as world:
        caller, caller_line, ear = await world.calls()
        buyer, buyer_line, _ = await world.calls(leg="buyer-1")
        recorded: list[bytes] = []

        class Recorder:
            def heard(self, payload_b64: bytes) -> None: ...
            def sent(self, payload_b64: bytes) -> None:
                recorded.append(base64.b64decode(payload_b64))

            def playing(self, payload_b64: bytes, in_s: float) -> None: ...
            def cut(self) -> None: ...

        buyer_line.record_with(Recorder())
        await caller.presses("9")
        assert await ear.next() == ("key", "9")
        caller_line.relay_to(buyer_line)
        await caller.presses("2")
        for _ in range(20):
            await caller.says(SILENT)
            await sounds_for(0.02)
        sound = await buyer.hears(20 * 160)
        assert sound[: len(key_tone("2"))] == key_tone("2")
        assert sound[len(key_tone("2")) :].strip(SILENT[:1]) == b""
        assert await ear.next() == ("key", "2")
        assert set(recorded) == {SILENT}


def test_keys_after_one_another_are_told_apart_and_commas_wait() -> None:
    clip = key_clip(",12,")
    assert clip.duration_ms == keys_length_ms(",12,") == 2_000 + 2 * 180 + 2_000
    assert keys_heard(clip.mulaw) == "12"
    assert keys_heard(key_clip("0123456789*#ABCD").mulaw) == "0123456789*#ABCD"
    assert keys_heard(key_clip("1122").mulaw) == "1122"


def test_a_tone_is_as_loud_and_as_long_as_receivers_need_and_begins_softly() -> None:
    samples = mulaw.decode(key_tone("5"))
    tone = samples[: round(TONE_S * mulaw.RATE_HZ)]
    rms = math.sqrt(sum(sample * sample for sample in tone) / len(tone))
    both_dbm0 = 20 * math.log10(rms / (32_124 / math.sqrt(2))) + 3.17  # full scale is 3.17 dBm0
    assert -9 < both_dbm0 < -7  # of both together: -11 of either, where Q.24 takes 0 to -25
    assert max(map(abs, tone[:4])) < max(map(abs, tone)) / 4
    assert TONE_S >= 0.04 <= GAP_S


async def test_keys_of_a_party_whose_line_sends_no_sound_are_heard_too() -> None:
    async with media_world() as world:
        caller, caller_line, ear = await world.calls()
        buyer, buyer_line, _ = await world.calls(leg="buyer-1")
        caller_line.relay_to(buyer_line)
        await caller.presses("4")
        assert await ear.next() == ("key", "4")
        for _ in range(12):
            await caller.says(b"")
        assert keys_heard(await buyer.hears(9 * 160)) == "4"


@pytest.mark.parametrize("frame", [b"", SILENT], ids=["empty", "silent"])
async def test_keys_of_frames_that_come_at_once_stay_apart_and_none_is_lost(frame: bytes) -> None:
    async with media_world() as world:
        caller, caller_line, ear = await world.calls()
        buyer, buyer_line, _ = await world.calls(leg="buyer-1")
        caller_line.relay_to(buyer_line)
        for key in "1122":
            await caller.presses(key)
            assert await ear.next() == ("key", key)
        for _ in range(60):
            await caller.says(frame)
        for _ in range(40):
            await sounds_for(0.02)
            await caller.says(frame)
        assert keys_heard(await buyer.hears(4 * 9 * 160)) == "1122"

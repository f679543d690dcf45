"""Clips: mu-law, rates, WAV files and the packaged sounds."""

from __future__ import annotations

import base64
import math
import wave
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media import mulaw
from engine.media.clips import Clip, UnreadableSound, clip_from_wav
from engine.media.resample import resample
from engine.media.sounds import SOUNDS, sound


def tone(hz: float, rate_hz: int, seconds: float = 0.5, height: float = 10_000) -> array[int]:
    return array(
        "h", [round(height * math.sin(math.tau * hz * at / rate_hz)) for at in range(int(rate_hz * seconds))]
    )


def level(samples: array[int]) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return math.sqrt(sum(sample * sample for sample in middle) / len(middle))


def write_wav(path: Path, samples: array[int], rate_hz: int, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as wav:
        wav.setparams((channels, 2, rate_hz, 0, "NONE", ""))
        wav.writeframes(samples.tobytes())
    return path


@given(st.integers(-32_768, 32_767))
def test_mulaw_keeps_every_sample_within_its_step(sample: int) -> None:
    (decoded,) = mulaw.decode(mulaw.encode(array("h", [sample])))
    assert abs(decoded - max(-32_124, min(32_124, sample))) <= (abs(sample) + 132) / 32  # half a step


def test_mulaw_codes_are_those_of_g711() -> None:
    assert mulaw.encode(array("h", [0, 32_767, -32_768, 1000, -1000])) == bytes(
        [0xFF, 0x80, 0x00, 0xCE, 0x4E]
    )
    assert all(
        mulaw.encode(mulaw.decode(bytes([code]))) == bytes([code]) for code in range(256) if code != 0x7F
    )


@pytest.mark.parametrize("rate_hz", [11_025, 16_000, 22_050, 48_000])
def test_resampling_keeps_speech_and_drops_what_would_fold(rate_hz: int) -> None:
    kept, folding = tone(1000, rate_hz), tone(5200, rate_hz)
    assert level(resample(kept, rate_hz, 8000)) == pytest.approx(level(kept), rel=0.01)
    assert level(resample(folding, rate_hz, 8000)) < level(folding) / 300


def test_a_clip_is_cut_in_bundles_of_a_second() -> None:
    clip = Clip(bytes(20_000))
    assert [bundle.audio_ms for bundle in clip.bundles] == [1000, 1000, 500]
    assert b"".join(base64.b64decode(bundle.payload_b64) for bundle in clip.bundles) == clip.mulaw
    assert clip.duration_ms == 2500
    assert Clip(b"").bundles == ()


def test_a_stereo_file_of_another_rate_becomes_telephone_sound(tmp_path: Path) -> None:
    one = tone(440, 44_100)
    both = array("h", [sample for pair in zip(one, one, strict=True) for sample in pair])
    clip = clip_from_wav(write_wav(tmp_path / "a.wav", both, 44_100, channels=2))
    assert clip.duration_ms == 500
    assert level(mulaw.decode(clip.mulaw)) == pytest.approx(level(one), rel=0.03)


def test_eight_bit_files_are_read(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as wav:
        wav.setparams((1, 1, 8000, 0, "NONE", ""))
        wav.writeframes(bytes([128, 255, 0]))
    decoded = mulaw.decode(clip_from_wav(tmp_path / "a.wav").mulaw)
    assert decoded[0] == 0
    assert decoded[1] > 31_000
    assert decoded[2] < -31_000


def test_a_file_that_is_no_sound_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("hello")
    with pytest.raises(UnreadableSound, match=r"a\.wav: not a PCM WAV"):
        clip_from_wav(tmp_path / "a.wav")


def test_every_packaged_sound_is_there_and_of_its_length() -> None:
    lengths = {name: sound(name).duration_ms for name in SOUNDS}
    assert lengths.pop("sorry") > 2000
    assert lengths.pop("sorry_es") > 2000
    assert 800 < lengths.pop("zip_lead_in") < 2000
    assert lengths == {"beep": 400, "hold": 8000, "ringback": 6000, "silence": 1000}


def test_the_ringback_rings_two_seconds_in_six() -> None:
    samples = mulaw.decode(sound("ringback").mulaw)
    assert level(samples[:16_000]) > 1000
    assert max(map(abs, samples[16_000:])) == 0

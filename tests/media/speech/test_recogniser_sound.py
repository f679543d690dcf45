"""Telephone sound for the recogniser: twice the rate, nothing else changed; WAV files read as mu-law."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from engine.media import mulaw
from engine.media.speech.denoise import denoised
from engine.media.speech.sound_files import read_wav
from engine.media.speech.upsample import expanded, quicker, upsampled


def tone(hz: float, rate_hz: int, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz).astype(np.float32)


@pytest.mark.parametrize("hz", [200, 1000, 3000, 3400])
def test_a_tone_stays_itself_at_twice_the_rate(hz: float) -> None:
    middle = slice(400, -400)
    error = (upsampled(tone(hz, 8000)) - tone(hz, 16_000))[middle]
    assert float(np.abs(error).max()) < 0.01


def test_mu_law_spans_full_scale_and_silence_is_nothing() -> None:
    samples = expanded(bytes([mulaw.SILENCE, 0x00, 0x80]))
    assert samples[0] == 0
    assert -1 < samples[1] < -0.97
    assert 0.97 < samples[2] < 1


def test_a_quicker_sound_is_shorter_and_higher() -> None:
    sound = quicker(tone(300, 16_000), 1.1)
    assert len(sound) == int(8000 / 1.1)
    assert float(np.abs(sound - tone(330, 16_000)[: len(sound)])[:-2].max()) < 0.02


def test_a_steady_noise_is_made_quieter_and_a_voice_in_it_is_not() -> None:
    noise = np.random.default_rng(1).normal(0, 0.03, 8000).astype(np.float32)
    speech = np.pad(tone(500, 8000, 0.5) / 2, (2000, 2000)).astype(np.float32)
    cleaned = denoised(speech + noise)
    assert len(cleaned) == 8000
    pause, voice = slice(300, 1500), slice(2500, 5500)
    assert np.sqrt((cleaned[pause] ** 2).mean()) < 0.7 * np.sqrt((noise[pause] ** 2).mean())
    assert np.sqrt((cleaned[voice] ** 2).mean()) > 0.9 * np.sqrt((speech[voice] ** 2).mean())


def test_sound_without_noise_stays_as_it_is() -> None:
    speech = np.pad(tone(500, 8000, 0.5) / 2, (2000, 2000)).astype(np.float32)
    assert float(np.abs(denoised(speech) - speech).max()) < 0.02


@pytest.mark.parametrize("samples", [0, 1, 100, 257])
def test_the_shortest_sounds_are_cleaned_too(samples: int) -> None:
    assert len(denoised(tone(300, 8000)[:samples])) == samples


def wav(coding: int, rate_hz: int, bits: int, sound: bytes, channels: int = 1) -> bytes:
    form = struct.pack("<HHIIHH", coding, channels, rate_hz, rate_hz * bits // 8, bits // 8, bits)
    return (
        b"RIFF\0\0\0\0WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", len(sound))
        + sound
    )


def test_a_mu_law_wav_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(7, 8000, 8, b"\xff\x01\x02"))
    assert read_wav(path) == b"\xff\x01\x02"


def test_a_16_bit_wav_of_another_rate_is_brought_to_8_khz(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(1, 16_000, 16, struct.pack("<1600h", *range(1600))))
    assert len(read_wav(path)) == 800


def test_an_unknown_coding_is_refused_with_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(3, 8000, 32, b"\0" * 8))
    with pytest.raises(ValueError, match="coding 3, 32 bits"):
        read_wav(path)

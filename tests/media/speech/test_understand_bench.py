"""What accuracy is measured with: noise at a set level, sounds that are no answer, folders from a seed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import labelled
from benchmarks.own_words import drawn, sentences
from benchmarks.sounds import NON_ANSWERS, in_noise
from benchmarks.understand import Noise
from benchmarks.voices import installed
from engine.media.speech.sound_files import read_wav
from engine.media.speech.upsample import expanded

TONE = np.sin(np.arange(16_000) / 3).astype(np.float32) * 0.3


@pytest.mark.parametrize("is_pink", [False, True])
def test_noise_stands_so_many_decibels_below_the_louder_half_of_a_sound(is_pink: bool) -> None:
    draw = np.random.default_rng(3)
    added = in_noise(draw, TONE, 15, is_pink) - TONE
    louder = np.sort(TONE**2)[len(TONE) // 2 :].mean()
    assert 10 * np.log10(louder / (added**2).mean()) == pytest.approx(15, abs=0.3)


def test_the_same_seed_adds_the_same_noise_and_another_does_not() -> None:
    sound = bytes(range(256)) * 20
    assert Noise(15, 1).behind(sound, 4) == Noise(15, 1).behind(sound, 4)
    assert Noise(15, 1).behind(sound, 4) != Noise(15, 2).behind(sound, 4)
    assert Noise(15, 1).behind(sound, 4) != Noise(15, 1).behind(sound, 5)


@pytest.mark.parametrize("name", NON_ANSWERS)
def test_every_non_answer_is_a_sound_of_a_call_s_length(name: str) -> None:
    sound = NON_ANSWERS[name](np.random.default_rng(1))
    assert 0.5 * 8000 < len(sound) < 4 * 8000
    assert np.isfinite(sound).all()


@pytest.mark.skipif(not installed(), reason="no synthesiser is installed")
def test_a_folder_holds_callers_and_non_answers_and_comes_out_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelled, "installed", lambda: installed()[:1])
    monkeypatch.setattr(labelled, "CHOICES", {"need": {"repair": ("leak",)}})
    for name in ("one", "two"):
        labelled.make(tmp_path / name, 5, None)
    items = json.loads((tmp_path / "one" / "manifest.json").read_text("utf-8"))
    assert (tmp_path / "one" / "manifest.json").read_bytes() == (
        tmp_path / "two" / "manifest.json"
    ).read_bytes()
    assert {item["kind"] for item in items} == {"zip", "yes_no", "choice"}
    assert {"talk", "second-talker", "tune", "cough", "silence"} <= {item["group"] for item in items}
    said = next(item for item in items if item.get("said") and item["expected"])
    sound = (tmp_path / "one" / said["wav"]).read_bytes()
    assert sound == (tmp_path / "two" / said["wav"]).read_bytes()
    assert float(np.abs(expanded(read_wav(tmp_path / "one" / said["wav"]))).max()) > 0.05


def test_a_sample_of_callers_own_words_has_each_group_in_proportion() -> None:
    said = list(sentences(fitted=False))
    sample = drawn(said, 7, 60)
    assert sample == drawn(said, 7, 60)
    assert all(said[at] is sentence for at, sentence in sample)
    assert len(sample) == pytest.approx(60, abs=3)
    for question in ("needs", "insurers"):
        for is_answer in (True, False):
            share = [
                sum(one.question == question and (one.option is not None) == is_answer for one in group)
                / len(group)
                for group in (said, [sentence for _, sentence in sample])
            ]
            assert share[1] == pytest.approx(share[0], abs=0.03)
    assert len({at % 4 for at, _ in sample}) == 4  # by every voice


def test_a_sample_as_large_as_all_is_all() -> None:
    said = list(sentences(fitted=False))
    assert [one for _, one in drawn(said, 7, None)] == said
    assert [one for _, one in drawn(said, 7, 10_000)] == said

"""The benchmark of hearing, on spans too short to say anything: that it runs, and what it tells."""

from __future__ import annotations

import json
import wave
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import speech, speech_delay
from engine.media import mulaw
from tests.spoken import words

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("moonshine_voice", "piper", "fastapi")),
    reason="the extra 'speech' or the baseline is missing",
)


@pytest.mark.real_time
async def test_every_figure_says_what_it_is_and_stands_beside_its_baseline(tmp_path: Path) -> None:
    said = await words("seven eight seven oh one", "yes")
    items = []
    for kind, expected, (text, sound) in zip(("zip", "yes_no"), ("78701", True), said.items(), strict=True):
        with wave.open(str(tmp_path / f"{kind}.wav"), "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(mulaw.RATE_HZ)
            wav.writeframes(mulaw.decode(sound).tobytes())
        items.append({"wav": f"{kind}.wav", "kind": kind, "expected": expected, "group": text})
    (tmp_path / "manifest.json").write_text(json.dumps(items))

    document = await speech.run(seconds=0.5, folder=tmp_path, calls=(2, 3), most_turns=1)

    figures = document["figures"]
    assert isinstance(figures, list)
    fields = {"what", "unit", "ours", "baseline", "baseline_is", "ratio"}
    assert all(set(figure) == fields for figure in figures)
    assert [figure["what"] for figure in figures if figure["baseline"] is not None] == [
        "listening, 2 calls",
        "3 calls keep pace",
        "a joined call's frame, one way, while recognisers work, p99.9",
        "a joined call's frame, one way, while recognisers work, median",
    ]
    told = [figure["what"] for figure in figures]
    for kind in ("zip", "yes_no"):
        assert f"{kind}: end of speech to the next prompt's first frame, median" in told
        assert f"{kind}: turns cut short" in told


def test_people_are_taken_from_all_over_a_folder(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "one.wav"), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(mulaw.RATE_HZ)
        wav.writeframes(bytes(range(1, 101)) * 160)
    items = [{"wav": "one.wav", "kind": "zip", "expected": str(number)} for number in range(100)]
    items.append({"wav": "one.wav", "kind": "zip", "expected": None})
    (tmp_path / "manifest.json").write_text(json.dumps(items))
    phrases = speech_delay.recorded(tmp_path, 20)
    assert list(phrases) == ["zip"]
    assert len(phrases["zip"]) == 20

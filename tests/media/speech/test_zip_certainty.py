"""How sure a ZIP code is: calibrated, monotone, and read back where a neighbour is near."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.voices import write_wav
from benchmarks.zip_certainty import fitted
from benchmarks.zip_draws import cut, draws
from engine.media import mulaw
from engine.media.speech.beam import Found, Hypothesis
from engine.media.speech.certainty import MOONSHINE, WHISPER, SearchFigures, confidences
from engine.media.speech.model import Floats
from engine.media.speech.recognition import ACCEPT
from engine.media.speech.second_hearing import Hearings
from engine.understanding.grammars import Reading

HERE, THERE, ELSEWHERE = (Reading(value=code) for code in ("00622", "00822", "00922"))
CLEAR = SearchFigures(margin=0.1, gap=8.0, clear=-0.1, best=-0.6, even=-0.06, voice=6.0)


def test_more_of_what_speaks_for_a_zip_never_makes_it_less_sure() -> None:
    grid = {
        "margin": (-9.0, -2.0, 0.0, 3.0),
        "gap": (0.0, 0.5, 2.0, 6.0, 12.0),
        "even": (-2.0, -0.6, -0.05),
        "clear": (-2.0, -0.6, -0.05),
        "agreed": (0.25, 0.75, 1.0),
        "voice": (-1.0, 2.0, 6.0),
    }
    for name, steps in grid.items():
        others = {other: values for other, values in grid.items() if other != name}
        for rest in itertools.product(*others.values()):
            figures = replace(CLEAR, **dict(zip(others, rest, strict=True)))
            sure = [replace(figures, **{name: step}).of_a_zip(MOONSHINE) for step in steps]
            assert sure == sorted(sure), (name, figures)
            assert sure[-1] <= replace(figures, **{name: steps[-1]}).likelihood(MOONSHINE.figures)


def test_a_clear_zip_is_taken_and_one_with_a_near_neighbour_is_read_back() -> None:
    scores = {HERE: -0.6, THERE: -9.0}
    assert confidences(scores, CLEAR, "figures", is_zip=True)[HERE] > 0.95
    for gap in (0.0, 0.3, 1.0):
        near = {HERE: -0.6, THERE: -0.6 - gap}
        assert confidences(near, replace(CLEAR, gap=gap), "figures", is_zip=True)[HERE] < ACCEPT


def test_the_readings_share_what_is_sure() -> None:
    scores = {HERE: -1.0, THERE: -1.5, ELSEWHERE: -4.0}
    figures = replace(CLEAR, gap=0.5)
    sure = confidences(scores, figures, "figures", is_zip=True)
    assert list(sure) == [HERE, THERE, ELSEWHERE]
    assert sum(sure.values()) <= figures.likelihood(MOONSHINE.figures)
    assert sure[HERE] >= sure[THERE] > sure[ELSEWHERE]


def test_where_no_zips_were_fitted_nothing_changes() -> None:
    scores = {HERE: -0.6, THERE: -3.0}
    figures = replace(CLEAR, gap=2.4)
    assert confidences(scores, figures, "figures", WHISPER, is_zip=True) == confidences(
        scores, figures, "figures", WHISPER
    )


def test_a_fit_gives_no_weight_to_what_speaks_the_wrong_way() -> None:
    draw = np.random.default_rng(1)
    useful, reversed_, noise = draw.normal(0, 1, (3, 2000))
    is_right = (draw.random(2000) < 1 / (1 + np.exp(-2 * useful - 1))).astype(float)
    weighing = fitted(np.stack((useful, -useful * 0.01 + reversed_ * 0, noise), 1), is_right)
    assert weighing.weights[0] > 1
    assert (weighing.weights >= 0).all()
    sure = weighing.sure(np.stack((useful, -useful * 0.01, noise), 1))
    inside = (sure > 0.85) & (sure < 0.95)
    assert is_right[inside].mean() == pytest.approx(0.9, abs=0.04)


@dataclass(frozen=True, slots=True)
class Sound:
    """By text, what a scripted model scores in it."""

    scores: dict[tuple[int, ...], float]
    seconds: float = 2.0

    def rows(self, count: int) -> Sound:
        return self


class Scores:
    """The part of a model that scores texts, by the sound's own script; counts them."""

    def __init__(self) -> None:
        self.scored = 0

    def score(self, encoded: Sound, rows: Sequence[Sequence[int]]) -> Floats:
        self.scored += len(rows)
        return np.array([encoded.scores[tuple(row)] for row in rows], np.float32)


def text(token: int, score: float, reading: Reading) -> Hypothesis:
    return Hypothesis((token,), score, (reading,))


def test_several_sounds_are_heard_by_their_mean_and_tell_how_many_agree() -> None:
    model = Scores()
    hearings: Hearings[Sound] = Hearings(model)  # type: ignore[arg-type]
    hearings.add(Sound({(2,): -4.0}), Found((text(1, -1.0, HERE), text(2, -4.0, THERE)), (9,), -0.5))
    hearings.add(Sound({(1,): -6.0, (9,): -1.5}), Found((text(2, -2.0, THERE),), (9,), -1.5))
    first = hearings.together()
    assert [(one.readings[0], one.score) for one in first.allowed] == [(THERE, -3.0), (HERE, -3.5)]
    assert (first.free, first.free_score, first.agreed, first.sounds) == ((9,), -1.0, 0.5, 2)
    before = model.scored
    hearings.add(Sound({(1,): -9.0, (2,): -1.0, (9,): -1.0}))
    assert hearings.together().agreed == pytest.approx(2 / 3)
    assert model.scored - before == 3  # what was scored in a sound is not scored again


def bursts(count: int) -> np.ndarray:
    """So many tones of .2 s with pauses of .1 s."""
    tone = np.sin(np.arange(1600) / 3).astype(np.float32) * 0.3
    return np.concatenate([np.concatenate((np.zeros(800, np.float32), tone)) for _ in range(count)])


def test_a_recording_is_cut_into_its_words_or_not_at_all() -> None:
    assert [len(piece) > 1500 for piece in cut(bursts(5), 5)] == [True] * 5
    assert cut(bursts(4), 5) == []


def test_the_same_seed_draws_the_same_zips(tmp_path: Path) -> None:
    for code in ("12345", "67890"):
        pcm = (bursts(5) * 32_000).astype(np.int16)
        write_wav(tmp_path / f"{code}.wav", mulaw.encode(array("h", pcm.tolist())))
    label = '{{"wav": "{0}.wav", "kind": "zip", "expected": "{0}", "group": "somebody"}}'
    (tmp_path / "manifest.json").write_text(f"[{label.format('12345')}, {label.format('67890')}]")
    once, again, other = (list(draws(tmp_path, seed, 6)) for seed in (1, 1, 2))
    assert once == again
    assert once != other
    assert len(once) == 2 * 3 + 6
    assert all(len(one.code) == 5 for one in once)

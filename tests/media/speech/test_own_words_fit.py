"""The fit of the weights by which options in other words are told: its slope, and what it finds."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.own_words_fit import PARTS, Known, Packed, fitted


def sentences(count: int, telling: int) -> list[Known]:
    """Sentences of one to three texts whose answer one part tells, and nothing else does."""
    draw = np.random.default_rng(3)
    found = []
    for number in range(count):
        texts = 1 + number % 3
        parts = draw.random((texts, 5, PARTS))
        parts[:, :, telling] *= 0.3
        answer = int(draw.integers(0, 5)) if number % 4 else -1
        if answer >= 0:
            parts[:, answer, telling] += 0.6
        found.append(Known(parts, np.full(texts, 1 / texts), answer))
    return found


def test_the_slope_is_that_of_the_loss() -> None:
    packed = Packed.of(sentences(12, 4))
    counts = np.full(12, 1 / 12)
    weights = np.linspace(0.5, 2.0, PARTS + 1)

    def loss(at: np.ndarray) -> float:
        sure, _ = packed.certainties(at)
        return -float((np.log(sure[np.arange(12), packed.answers]) * counts).sum())

    slope = packed.slope(weights, counts)
    for place in range(PARTS + 1):
        step = np.zeros(PARTS + 1)
        step[place] = 1e-5
        measured = (loss(weights + step) - loss(weights - step)) / 2e-5
        assert slope[place] == pytest.approx(measured, abs=1e-6)


@pytest.mark.parametrize("telling", [2, 5])
def test_the_part_that_tells_the_answer_weighs_most(telling: int) -> None:
    weights, mean_log = fitted(sentences(80, telling), 1.0)
    assert max(range(PARTS), key=lambda part: weights[part]) == telling
    assert min(weights[:PARTS]) >= 0
    assert mean_log > np.log(1 / 6)

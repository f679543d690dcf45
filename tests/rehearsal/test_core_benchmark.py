"""The core benchmark, run small: its form, and that both sides really do the work. No times are judged."""

from __future__ import annotations

from benchmarks import core


async def test_the_core_benchmark_counts_whole_calls_and_choices_beside_their_baselines() -> None:
    told: list[str] = []
    report = await core.run(calls=8, rounds=1, buyers=(3, 20), on_progress=told.append)
    assert report["name"] == "core"
    figures = report["figures"]
    assert isinstance(figures, list)
    assert [figure["unit"] for figure in figures] == [
        "calls per CPU-second",
        "stories per CPU-second",
        "CPU ms per choice",
        "CPU ms per choice",
    ]
    assert [sorted(figure) for figure in figures] == [
        ["baseline", "baseline_is", "ours", "ratio", "unit", "what"]
    ] * 4
    assert all(figure["ours"] > 0 for figure in figures)
    assert [figure["baseline"] is None for figure in figures] == [False, True, False, False]
    assert len(told) == 3


def test_no_two_clauses_of_the_choice_are_alike() -> None:
    texts = [text for number in range(50) for text in core.clauses(number)]
    assert len(set(texts)) == 50 * core.CLAUSES

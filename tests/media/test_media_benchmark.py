"""The media benchmark, run small: its form, and that both sides really do the work. No times are judged."""

from __future__ import annotations

import pytest

from benchmarks import media


@pytest.mark.real_time
async def test_the_media_benchmark_sets_each_kind_of_work_beside_the_bare_loop() -> None:
    told: list[str] = []
    report = await media.run(calls=2, seconds=0.2, rounds=1, on_progress=told.append)
    assert report["name"] == "media"
    figures = report["figures"]
    assert isinstance(figures, list)
    assert [sorted(figure) for figure in figures] == [
        ["baseline", "baseline_is", "ours", "ratio", "unit", "what"]
    ] * 3
    *worked, joined = figures
    assert all(figure["ours"] > 0 and figure["baseline"] > 0 for figure in worked)
    assert joined["baseline"] > joined["ours"] >= 0
    assert len(told) == 6

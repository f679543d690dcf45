"""The exchange's benchmark, run small: its form, and that both sides find the same. No times are judged."""

from __future__ import annotations

from benchmarks import exchange


async def test_the_exchange_benchmark_measures_decisions_and_reservations_beside_their_baselines() -> None:
    told: list[str] = []
    report = await exchange.run(buyers=(3, 130), rounds=1, reservations=5, on_progress=told.append)
    figures = report["figures"]
    assert isinstance(figures, list)
    assert [figure["unit"] for figure in figures] == [
        *("per CPU-second", "CPU ms", "CPU ms"),
        *("per CPU-second", "CPU ms", "CPU ms"),
        *("per second", "per second", "CPU ms"),
    ]
    assert all(figure["ours"] > 0 for figure in figures)
    assert [figure["baseline"] is None for figure in figures] == [False, False, True] * 3
    assert len(told) == 3

"""The exchange's benchmark, run small: its form, and that both sides find the same. No times are judged."""

from __future__ import annotations

from benchmarks import exchange


async def test_the_exchange_benchmark_measures_decisions_and_reservations_beside_their_baselines() -> None:
    told: list[str] = []
    report = await exchange.run(buyers=(3, 130), rounds=1, reservations=5, on_progress=told.append)
    figures = report["figures"]
    assert isinstance(figures, list)
    of_a_size = ["CPU s", "CPU ms", "CPU ms", "CPU ms", "kB"]
    of_a_mix = [*of_a_size, *of_a_size, "times the cost"]
    assert [figure["unit"] for figure in figures] == [*of_a_mix * 3, "per second", "per second", "CPU ms"]
    assert all(figure["ours"] > 0 for figure in figures)
    alone = [False, False, True, True, True]
    assert [figure["baseline"] is None for figure in figures] == [
        *[*alone, *alone, False] * 3,
        *(False, False, True),
    ]
    assert len(told) == 7

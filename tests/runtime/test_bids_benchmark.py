"""The bids benchmark, run small: its form, and that every bidder is told for what it did. No times are judged."""

from __future__ import annotations

from benchmarks import bids


async def test_eight_bidders_are_measured_beside_the_bare_deadline() -> None:
    document = await bids.run(times=2)
    figures = document["figures"]
    assert isinstance(figures, list)
    assert [figure["unit"] for figure in figures] == ["ms", "ms"]
    assert all(figure["ours"] > 0 and figure["baseline"] > 0 for figure in figures)

"""What terms agree on is never rounded; how long ago something was may be."""

from __future__ import annotations

import pytest

from engine.exchange.spans import exact_span_text, seconds_text, span_text

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (30 * 24 * HOUR_MS, "30d"),
        (36 * HOUR_MS, "36h"),
        (90 * 60_000, "90m"),
        (HOUR_MS, "1h"),
        (90_000, "90s"),
        (120_000, "120s"),
        (1_500, "1.5s"),
        (HOUR_MS + 1, "3600.001s"),
    ],
)
def test_a_span_of_the_terms_is_told_whole(milliseconds: int, text: str) -> None:
    assert exact_span_text(milliseconds) == text


def test_how_long_ago_is_told_in_the_largest_unit() -> None:
    assert span_text(36 * HOUR_MS) == "1d"
    assert seconds_text(120_000) == "120s"

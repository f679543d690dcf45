"""Durations as operators write them; the schema takes the same ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine.language.yaml.units import duration_ms

PATTERN = json.loads(Path("schemas/common.schema.json").read_text())["$defs"]["duration"]["pattern"]
DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("500ms", 500),
        ("90s", 90_000),
        ("2m", 120_000),
        ("1h", 3_600_000),
        ("30d", 30 * DAY_MS),
        ("2y", 730 * DAY_MS),
        ("1000y", None),  # more than a database counts in milliseconds
        ("1w", None),
        ("y", None),
        ("1.5h", None),
    ],
)
def test_a_duration_is_a_whole_number_and_its_unit(text: str, ms: int | None) -> None:
    assert duration_ms(text) == ms
    assert bool(re.search(PATTERN, text)) is (ms is not None)

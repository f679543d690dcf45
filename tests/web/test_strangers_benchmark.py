"""The strangers benchmark, run small: its form, and that calls come through. No times are judged."""

from __future__ import annotations

import pytest

from benchmarks import strangers
from benchmarks.attacks import ATTACKS


@pytest.mark.real_time
async def test_good_calls_are_measured_alone_and_under_an_attack() -> None:
    document = await strangers.run(calls=2, seconds=1, names=["idle"])
    assert document["name"] == "strangers"
    figures = document["figures"]
    assert isinstance(figures, list)
    assert [figure["unit"] for figure in figures] == ["of 2", "ms", "ms", "MB", "s"]
    assert figures[0]["ours"] == figures[0]["baseline"] == 2


def test_each_attack_has_a_name_of_its_own() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)

from __future__ import annotations

import pytest

from tests.runtime.moved_clock import MovedClock


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()

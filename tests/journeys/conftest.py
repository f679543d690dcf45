"""A house that is open for a test: an engine on the roofing network, and the carrier that it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.journey_world import SHORT_BILLS, House, network, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The roofing network, where a talk of two seconds is billable already."""
    async with open_house(tmp_path, network(tmp_path / "flows", SHORT_BILLS)) as opened:
        yield opened

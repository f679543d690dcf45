"""What the media tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.media.media_strangers import Crowd


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    """Strangers, who go home when the test is over."""
    crowd = Crowd()
    yield crowd
    await crowd.leaves()

from collections.abc import AsyncIterator

import pytest

from engine.rehearsal.loopback import LoopbackCarrier
from tests.rehearsal.fake_engine import ACCOUNT, TOKEN, FakeEngine


@pytest.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    fake = FakeEngine()
    await fake.open()
    yield fake
    await fake.close()


@pytest.fixture
async def carrier(engine: FakeEngine) -> AsyncIterator[LoopbackCarrier]:
    async with LoopbackCarrier(ACCOUNT, TOKEN, engine.voice_url, speed=10, patience_s=120) as loopback:
        yield loopback

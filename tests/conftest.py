"""What holds for every test: nothing depends on how fast a busy machine is.

Properties are about values, and a test's time passes only while its process runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
from hypothesis import settings

from tests.unhurried import UnhurriedLoop

settings.register_profile("cordboard", deadline=None)
settings.load_profile("cordboard")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"unhurried": UnhurriedLoop}

"""What holds for every test: nothing depends on how fast a busy machine is.

Properties are about values, and a test's time passes only while somebody is at work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
from hypothesis import settings

from tests.unhurried import SkippingLoop, UnhurriedLoop

settings.register_profile("cordboard", deadline=None)
settings.load_profile("cordboard")


LONG = ("journeys", "test_wheel.py", "speech", "properties")
"""Folders and files whose tests begin, so that nobody waits for the last of them in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(part in LONG for part in item.path.parts))


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """No wait is skipped where somebody takes part who cannot be looked at, as PostgreSQL does."""
    is_real = "server" in getattr(item, "fixturenames", ()) or item.get_closest_marker("real_time")
    return {"unhurried": UnhurriedLoop if is_real else SkippingLoop}

"""How a test waits for what gives no sign of its own: rows of another process, a file on a disk, a counter."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

LOOK_S = 0.01
LIMIT_S = 240.0
"""For what is broken only; what works but slowly, on a busy machine, is done long before."""

T = TypeVar("T")


async def until(holds: Callable[[], T | Awaitable[T]]) -> T:
    """What `holds` returns, once that is true. On a loop that skips its waits no time is lost in between."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            found = holds()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(LOOK_S)

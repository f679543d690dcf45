"""The other side of a benchmark: a process of its own, so that its CPU seconds are its own."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

_LATE_S = 3.0
"""How long a side may take to end, once all was measured, before it is killed."""


@dataclass(frozen=True, slots=True)
class OtherSide:
    """A running side: where it takes streams, and the token of each."""

    control: Connection
    port: int
    tokens: list[str]

    async def asked(self, what: str) -> Any:
        """What it answers."""
        self.control.send(what)
        return await asyncio.to_thread(self.control.recv)


@contextlib.asynccontextmanager
async def other_side(main: Callable[..., None], *args: object) -> AsyncIterator[OtherSide]:
    """`main(*args, its end of a pipe)` in a fresh interpreter: tells port and tokens, ends at "stop"."""
    control, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=main, args=(*args, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        port, tokens = await asyncio.to_thread(control.recv)
        yield OtherSide(control, port, tokens)
        control.send("stop")
    finally:
        await asyncio.to_thread(child.join, _LATE_S)
        if child.is_alive():
            child.kill()
            child.join()
        control.close()
        child.close()

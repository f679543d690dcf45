"""Reads a database, SQLite or PostgreSQL, through the connections of an asynchronous engine.

Rules
1. A read sees one moment of the database, however many statements it makes. It changes nothing.
2. At most as many reads run at once as the engine's pool has connections; the others wait for one.
3. Whoever is cancelled returns at once. What is left of its read ends by itself, and `close` waits for that.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from engine.store.databases.transactions import Work

T = TypeVar("T")


@dataclass(slots=True)
class _Asked:
    """One read, as whoever asked for it and whoever does it know of each other."""

    is_given_up: bool = False
    is_at_work: bool = False


class Reader:
    """Reads until `close`. The engine begins a transaction that shows one moment."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reads: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    async def read(self, work: Work[T]) -> T:
        """What the work returns. Raises the driver's errors, and the pool's where no connection got free."""
        if self._is_closed:
            raise RuntimeError("the database was closed before this read")
        asked = _Asked()
        reading = asyncio.create_task(self._read(work, asked), name="cordboard-store-read")
        self._reads.add(reading)
        reading.add_done_callback(self._reads.discard)
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            asked.is_given_up = True
            # A connection that is being opened or let go would be lost to the pool.
            if asked.is_at_work:
                reading.cancel()
            raise

    async def close(self) -> None:
        """Let the reads that run end, then close the connections."""
        self._is_closed = True
        if self._reads:
            await asyncio.wait(self._reads)
        await self._engine.dispose()

    async def _read(self, work: Work[T], asked: _Asked) -> T:
        connection = await self._engine.connect()
        try:
            if asked.is_given_up:
                raise asyncio.CancelledError
            asked.is_at_work = True
            return await work(connection)
        finally:
            asked.is_at_work = False
            # Not by `async with`, which closes in a task of its own that `close` could not wait for.
            await connection.close()

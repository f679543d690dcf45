"""Grouped writes: many small rows from many calls, committed together.

Rules
1. `add` only queues. Nothing counts as kept before a `flush` that began after it has returned.
2. The order in which rows were added is kept, within a call and between calls.
3. A write that fails for a passing reason loses nothing: whoever waits in `flush` is told, the rows stay
   first in the queue and are tried again.
4. Rows that can never be written (another worker has the call) must not hold up other calls: their call
   is *refused*, logged, and every later add or flush for it raises.
5. Nothing is turned away here for want of room, for calls go on; who takes new calls asks `is_behind` first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from engine.store.databases.database import is_passing
from engine.store.errors import CallLost, FlushFailed, RowsRefused, StoreError

log = logging.getLogger(__name__)

GROUP_MS = 50
GROUP_ROWS = 500
RETRY_MOST_MS = 2_000
BEHIND_ROWS = 20_000  # some forty groups: the disk stands still, or fails again and again


class Row(Protocol):
    """What can be queued: something that belongs to a call."""

    @property
    def call(self) -> str: ...


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class _Waiter:
    call: str | None
    done: asyncio.Future[None]


class GroupedWrites(Generic[R]):
    """A queue of rows and the task that commits them. `write` writes its rows in one transaction."""

    def __init__(self, write: Callable[[Sequence[R]], Awaitable[None]]) -> None:
        self._write = write
        self._queue: list[R] = []
        self._waiters: list[_Waiter] = []
        self._refused: dict[str, StoreError] = {}
        self._untold: list[StoreError] = []
        self._busy = False
        self._failures = 0
        self._work = asyncio.Event()  # there are rows or waiters
        self._hurry = asyncio.Event()  # do not wait for the group to fill
        self._task = asyncio.create_task(self._run(), name="cordboard-store-writes")

    @property
    def is_behind(self) -> bool:
        """Whether so many rows wait that whoever makes new ones should make no more."""
        return len(self._queue) >= BEHIND_ROWS

    def add(self, row: R) -> None:
        """Queue a row; raises where its call was refused."""
        if error := self._refused.get(row.call):
            raise error
        self._queue.append(row)
        self._work.set()
        if len(self._queue) >= GROUP_ROWS:
            self._hurry.set()

    async def flush(self, call: str | None = None) -> None:
        """Return once everything added so far is committed.

        With `call`, a refusal of that call raises, whenever it was. Without, each refusal raises once.
        """
        if self._queue or self._busy:
            waiter = _Waiter(call, asyncio.get_running_loop().create_future())
            self._waiters.append(waiter)
            self._work.set()
            self._hurry.set()
            await waiter.done
        elif error := self._refused.get(call) if call is not None else self._news():
            raise error

    async def close(self) -> None:
        """Commit what is queued, then stop. Raises where something could not be committed."""
        try:
            # Who was refused has been told and logged; closing is about the rows of the others.
            with contextlib.suppress(CallLost, RowsRefused):
                await self.flush()
        except FlushFailed as failed:
            calls = len({row.call for row in self._queue})
            why = str(failed.__cause__ or failed).splitlines()[0]
            raise FlushFailed(
                f"{len(self._queue)} rows of {calls} calls could not be written before the end: "
                f"{why}; make the database writable and start again, "
                "then these calls are closed with what was kept of them"
            ) from failed
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            left, self._waiters = self._waiters, []
            if self._queue or left:
                self._failed(FlushFailed("the store was closed"), left)

    def forget(self, call: str) -> None:
        """The call is this worker's again: what was refused before no longer stands against it."""
        self._refused.pop(call, None)

    def _news(self) -> StoreError | None:
        """A refusal that no flush of everything has told yet."""
        untold, self._untold = self._untold, []
        return untold[0] if untold else None

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            await self._let_the_group_fill()
            self._work.clear()
            self._hurry.clear()
            batch, self._queue = self._queue, []
            waiters, self._waiters = self._waiters, []
            self._busy = True
            try:
                await self._commit(batch)
            except BaseException as error:
                # `batch` now holds what is still to be written.
                self._queue[:0] = batch
                self._failed(error, waiters)
                if not isinstance(error, Exception):
                    raise
            else:
                self._failures = 0
                self._tell(waiters)
            finally:
                self._busy = False

    async def _let_the_group_fill(self) -> None:
        delay_ms = min(GROUP_MS * 2**self._failures, RETRY_MOST_MS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), delay_ms / 1000)

    async def _commit(self, batch: list[R]) -> None:
        """Write the batch and empty it; where it is refused as a whole, call by call."""
        if not batch:
            return
        try:
            await self._write(batch)
        except Exception as error:
            if is_passing(error):
                raise
        else:
            batch.clear()
            return
        for call in dict.fromkeys(row.call for row in batch):
            rows = [row for row in batch if row.call == call]
            try:
                await self._write(rows)
            except Exception as error:
                if is_passing(error):
                    raise
                self._refuse(call, error, len(rows))
            batch[:] = [row for row in batch if row.call != call]

    def _refuse(self, call: str, error: Exception, rows: int) -> None:
        refusal = error if isinstance(error, StoreError) else RowsRefused(call, error)
        if refusal is not error:
            refusal.__cause__ = error
        self._refused[call] = refusal
        self._untold.append(refusal)
        log.error("call %s: %d rows not written: %s", call, rows, refusal)

    def _failed(self, error: BaseException, waiters: Sequence[_Waiter]) -> None:
        self._failures = min(self._failures + 1, 10)
        if self._queue:
            self._work.set()
        log.error("the database was not written, %d rows wait: %s", len(self._queue), error)
        for waiter in waiters:
            if not waiter.done.done():
                failure = FlushFailed(f"the database could not be written: {error}; it is tried again")
                failure.__cause__ = error
                waiter.done.set_exception(failure)

    def _tell(self, waiters: Sequence[_Waiter]) -> None:
        news = self._news() if any(waiter.call is None for waiter in waiters) else None
        for waiter in waiters:
            if waiter.done.done():  # who waited was cancelled
                continue
            if error := news if waiter.call is None else self._refused.get(waiter.call):
                waiter.done.set_exception(error)
            else:
                waiter.done.set_result(None)

"""What callers want of the network beyond their call: the store's side of opting out and of call-backs.

Numbers are E.164.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.store.databases.database import Database
from engine.store.seal import Seal
from engine.store.tables import callbacks, opt_outs
from engine.store.tables.callbacks import Callback
from engine.store.tables.opt_outs import OptOutStep


class Wishes:
    """Part of an opened store."""

    def __init__(self, database: Database, clock: Callable[[], int], seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal

    async def is_opted_out(self, number: str) -> bool:
        """Whether the number's owner asked not to be called; a withheld number is nobody's."""
        if not number:
            return False
        marks = self._seal.marks_of(_digits(number))
        return await self._database.read(lambda connection: opt_outs.is_out(connection, number, marks))

    async def opted_out(self) -> Sequence[OptOutStep]:
        """Everybody who does not want to be called, newest first."""
        return await self._database.read(opt_outs.standing)

    async def opt(self, step: OptOutStep) -> bool:
        """Put a number on the list or take it off; False where it is so already."""
        marks = self._seal.marks_of(_digits(step.number))
        return await self._database.write(lambda connection: opt_outs.add(connection, step, marks))

    async def forget(self, digits: str) -> None:
        """Keep of the number of these international digits that it opted out, and nothing else."""
        number = f"+{digits}"
        if not await self._database.read(lambda connection: opt_outs.has(connection, number)):
            return
        mark = self._seal.marks_of(digits, is_kept=True)[0]
        await self._database.write(lambda connection: opt_outs.forget(connection, number, mark))

    async def callbacks(self, *, is_open: bool = True, limit: int = 1_000) -> Sequence[Callback]:
        """Those who wait to be called back, the longest waiting first; or all, newest first."""
        return await self._database.read(
            lambda connection: callbacks.find(connection, is_open=is_open, limit=limit)
        )

    async def called_back(self, numbers: Sequence[int], by: str) -> int:
        """Note that somebody called these back; how many still waited."""
        now_ms = self._clock()
        return await self._database.write(lambda connection: callbacks.done(connection, numbers, by, now_ms))


def _digits(number: str) -> str:
    """Those of an E.164 number."""
    return number.removeprefix("+")

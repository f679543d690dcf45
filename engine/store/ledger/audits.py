"""Checks of the whole ledger: every party's chain, and the marks that are kept of it elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from engine.store.databases.database import Database
from engine.store.ledger import entries, marks
from engine.store.ledger.chain import ChainCheck


class Audits:
    """Part of an opened store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def verify(self, party: str | None = None, pinned: str = "") -> Sequence[ChainCheck]:
        """Every party's chain of entries, or one's; which must pass through the `pinned` hash.

        Behind all chains the ledger as a whole, under the party "", where it isn't what its marks say.
        """
        names = await self._database.read(entries.parties)
        if party is not None:
            return [await self._follow(name, pinned) for name in names if name == party]
        checks = [await self._follow(name, pinned) for name in names]
        whole = await self._database.read(marks.check)
        return checks if whole.holds else [*checks, whole]

    async def _follow(self, party: str, pinned: str) -> ChainCheck:
        return await self._database.read(partial(entries.check_chain, party=party, pinned=pinned))

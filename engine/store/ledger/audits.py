"""Checks of the ledger: every party's chain, and the marks that are kept of it elsewhere.

What was found to hold is believed for ten minutes: until then a chain is followed only where its head moved,
and from there on. So reports cost little beside a long ledger.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.store.databases.database import Database
from engine.store.databases.transactions import Connection
from engine.store.ledger import entries, heads, marks
from engine.store.ledger.chain import ChainCheck, Following
from engine.store.reports.spans import Span

BELIEVED_MS = 600_000


@dataclass(slots=True)
class _Held:
    """A chain that held: how far it was followed, its head then, when that began at its first entry."""

    following: Following
    head: tuple[int, str] | None
    checked_at: int


class Audits:
    """Part of an opened store."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._held: dict[str, _Held] = {}
        self._whole_held_at: int | None = None

    async def verify(self, party: str | None = None, pinned: str = "") -> Sequence[ChainCheck]:
        """Every party's chain of entries, or one's; which must pass through the `pinned` hash.

        Behind all chains the ledger as a whole, under the party "", where it isn't what its marks say.
        """
        names = await self._database.read(entries.parties)
        if party is not None:
            return [await self._follow(Following(name, pinned)) for name in names if name == party]
        checks = [await self._follow(Following(name)) for name in names]
        whole = await self._database.read(marks.check)
        return checks if whole.holds else [*checks, whole]

    async def broken(self, span: Span) -> ChainCheck | None:
        """The first chain that a report of the span would add up and that doesn't hold."""
        is_narrowed = span != Span(span.since_ms, span.until_ms)
        async with self._one_at_a_time:
            names = await self._database.read(
                lambda connection: (
                    entries.counted(connection, span) if is_narrowed else entries.parties(connection)
                )
            )
            for name in names:
                check = await self._check(name)
                if not check.holds:
                    return check
            return await self._check_whole()

    async def _check(self, party: str) -> ChainCheck:
        now_ms = self._clock()
        held = self._held.get(party)
        if held is None or not 0 <= now_ms - held.checked_at < BELIEVED_MS:
            held = _Held(Following(party), None, now_ms)

        async def work(connection: Connection) -> ChainCheck:
            head = await heads.head(connection, party)
            if head is not None and head == held.head:
                return held.following.check()
            held.head = head
            return await entries.check_chain(connection, held.following)

        # Not what holds, until it is known to: a read may fail half-way.
        self._held.pop(party, None)
        check = await self._database.read(work)
        if check.holds:
            self._held[party] = held
        return check

    async def _check_whole(self) -> ChainCheck | None:
        now_ms = self._clock()
        if self._whole_held_at is not None and 0 <= now_ms - self._whole_held_at < BELIEVED_MS:
            return None
        whole = await self._database.read(marks.check)
        self._whole_held_at = now_ms if whole.holds else None
        return None if whole.holds else whole

    async def _follow(self, following: Following) -> ChainCheck:
        return await self._database.read(lambda connection: entries.check_chain(connection, following))

"""The store's books: what is counted over many calls, and what is taken away as a file."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from engine.store.databases.database import Database
from engine.store.databases.transactions import Connection
from engine.store.reports import counts as reports
from engine.store.reports import figures, names, visits
from engine.store.reports.counts import By, CountReport
from engine.store.reports.figures import BuyerFigures
from engine.store.reports.names import Name
from engine.store.reports.pages import Kept, Mark, Page
from engine.store.reports.spans import Span
from engine.store.reports.visits import LastStep, Left

PageReader: TypeAlias = Callable[[Connection, Span, Mark | None], Coroutine[Any, Any, Page[Kept]]]


class Books:
    """Part of an opened store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def buyer_figures(self, since_ms: int) -> Sequence[BuyerFigures]:
        """What became of each buyer's calls that began since then."""
        return await self._database.read(lambda connection: figures.of_buyers(connection, since_ms))

    async def report(self, by: By, span: Span, zone: ZoneInfo) -> CountReport:
        """What became of the calls of the span."""
        return await self._database.read(lambda connection: reports.totals(connection, by, span, zone))

    async def occurs(self, kind: Name, name: str) -> bool:
        """Whether any call is of this campaign, publisher or buyer, or has this tag."""
        return await self._database.read(lambda connection: names.occurs(connection, kind, name))

    async def names(self, kind: Name) -> Sequence[str]:
        """All campaigns, publishers, buyers or tags of the calls, by name."""
        return await self._database.read(lambda connection: names.names(connection, kind))

    async def page(self, read: PageReader[Kept], span: Span, after: Mark | None) -> Page[Kept]:
        """One page of what the span's calls left behind, behind where the last one ended."""
        return await self._database.read(lambda connection: read(connection, span, after))

    async def visits(self, span: Span) -> tuple[Sequence[Left], Sequence[LastStep]]:
        """By which exits nodes were left, and the last step of every call that ended."""
        return await self._database.read(lambda connection: visits.of(connection, span))

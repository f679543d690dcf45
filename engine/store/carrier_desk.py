"""The store's side of asking carriers: what they call our legs, and which ones we lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.store.databases.database import Database
from engine.store.tables import carrier_legs
from engine.store.tables.carrier_legs import CarrierLeg, LostLeg


class CarrierDesk:
    """Part of an opened store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def name(self, leg: CarrierLeg) -> None:
        """Keep what the carrier calls a leg of a call whose journal is committed."""
        await self._database.write(lambda connection: carrier_legs.keep(connection, leg))

    async def lose(self, call: str, legs: Collection[str], now_ms: int) -> None:
        """Nobody of ours saw the end of these legs: the carrier is asked about them from now on."""
        await self._database.write(lambda connection: carrier_legs.lose(connection, call, legs, now_ms))

    async def due(self, now_ms: int) -> Sequence[LostLeg]:
        """The legs to ask the carrier about now; each is due again later, until its length is known."""
        if not await self._database.read(lambda connection: carrier_legs.is_due(connection, now_ms)):
            return ()
        return await self._database.write(lambda connection: carrier_legs.take_due(connection, now_ms))

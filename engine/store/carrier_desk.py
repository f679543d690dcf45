"""The store's side of carriers: what they call our legs, which we lost, whose streams were taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from engine.store.databases.database import Database
from engine.store.tables import calls, carrier_legs, streams
from engine.store.tables.calls import LastPart
from engine.store.tables.carrier_legs import CarrierLeg, CarrierName, LostLeg


class CarrierDesk:
    """Part of an opened store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def name(self, leg: CarrierLeg) -> None:
        """Keep what the carrier calls a leg; passed over where its call isn't kept, or was forgotten."""
        await self._database.write(lambda connection: carrier_legs.keep(connection, leg))

    async def names(self, call: str) -> Mapping[str, CarrierName]:
        """Who has the call's legs and what he calls them, as far as that is known."""
        return await self._database.read(lambda connection: carrier_legs.names(connection, call))

    async def lose(self, call: str, legs: Collection[str], now_ms: int) -> None:
        """Nobody of ours saw the end of these legs: the carrier is asked about them from now on."""
        await self._database.write(lambda connection: carrier_legs.lose(connection, call, legs, now_ms))

    async def due(self, now_ms: int) -> Sequence[LostLeg]:
        """The legs to ask the carrier about now; each is due again later, until its length is known."""
        if not await self._database.read(lambda connection: carrier_legs.is_due(connection, now_ms)):
            return ()
        return await self._database.write(lambda connection: carrier_legs.take_due(connection, now_ms))

    async def take_stream(self, carrier_call: str, stream: int, now_ms: int) -> bool:
        """Take this stream of the carrier's call; False where it, or a later one, was taken already."""
        return await self._database.write(
            lambda connection: streams.take(connection, carrier_call, stream, now_ms)
        )

    async def streams_taken(self, carrier_call: str) -> int:
        """The number of the first stream of the carrier's call that wasn't taken yet."""
        return await self._database.read(lambda connection: streams.taken(connection, carrier_call))

    async def last_part(self, carrier_call: str) -> LastPart | None:
        """The newest record of what the carrier knows by this name; None where there is none."""
        return await self._database.read(lambda connection: calls.last_part(connection, carrier_call))

"""A place with a buyer, as a call asks the store for it: under which caps, and beside whom."""

from __future__ import annotations

from engine.core.commands import Reserve
from engine.core.events import CallArrived
from engine.core.market import Market
from engine.exchange.market import NetworkMarket
from engine.runtime.world import World
from engine.store.tables.reservations import Granted, Refused, ReservationRequest
from engine.store.tables.same_caller import Seeker


async def take_place(
    world: World, arrived: CallArrived, publisher: str, market: Market, command: Reserve
) -> Granted | Refused:
    """Reserve under every cap that the place has to pass, as they stand now."""
    terms = command.terms
    assert terms is not None, "a call that goes on is of today's behaviour"
    number, refuses = arrived.caller_number, terms.refuses
    return await world.store.reserve(
        ReservationRequest(
            reservation=command.reservation,
            call=arrived.call,
            buyer=command.buyer,
            price_micros=command.price_micros,
            now_ms=world.clock.now_ms(),
            lease_ms=world.lease_ms,
            campaign=command.campaign,
            publisher=publisher,
            payout_micros=terms.payout_micros,
            scopes=terms.scopes,
            practice=arrived.practice,
            currency=market.network.currency if isinstance(market, NetworkMarket) else "",
            seeker=Seeker(arrived.call, number, arrived.started_at, refuses) if refuses and number else None,
        )
    )

"""A place with a buyer, as a call asks the store for it: under which caps, and beside whom."""

from __future__ import annotations

from engine.core.commands import Reserve
from engine.core.events import CallArrived
from engine.exchange.limits import limits_of, payout_of, refused_duplicates
from engine.exchange.market import NetworkMarket
from engine.runtime.world import World
from engine.store.tables.reservations import Granted, Refused, ReservationRequest
from engine.store.tables.same_caller import Seeker


async def take_place(
    world: World, market: NetworkMarket, arrived: CallArrived, publisher: str, command: Reserve
) -> Granted | Refused:
    """Reserve under every cap that the place has to pass, as they stand now."""
    now_ms = world.clock.now_ms()
    network, buyer, campaign = market.network, command.buyer, command.campaign
    hour, day, month = market.cap_window_starts(buyer, now_ms)
    payout = payout_of(network, campaign, publisher)
    scopes = limits_of(network, buyer, campaign, publisher, now_ms)
    return await world.store.reserve(
        ReservationRequest(
            reservation=command.reservation,
            call=arrived.call,
            buyer=buyer,
            price_micros=command.price_micros,
            caps=market.caps_of(buyer),
            now_ms=now_ms,
            hour_start_ms=hour,
            day_start_ms=day,
            month_start_ms=month,
            lease_ms=world.lease_ms,
            campaign=campaign,
            publisher=publisher,
            payout_micros=payout.amount_micros if payout is not None else 0,
            others=tuple(scope for scope in scopes if scope.kind != "buyer"),
            seeker=_seeker(market, arrived, command),
        )
    )


def _seeker(market: NetworkMarket, arrived: CallArrived, command: Reserve) -> Seeker | None:
    refuses = refused_duplicates(market.network, command.buyer, command.campaign)
    if refuses is None or not arrived.caller_number:
        return None
    return Seeker(arrived.call, arrived.caller_number, arrived.started_at, refuses)

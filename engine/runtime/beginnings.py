"""What a call begins with: who calls, what is known of them, and which phone call it is.

A caller who left before the audio began leaves a record, and so does one whose audio never came.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Literal

from engine.core.events import CallArrived
from engine.core.machine import CallMachine
from engine.core.salted import SALT_BYTES
from engine.runtime.arrivals import Arrival
from engine.runtime.clock import Clock
from engine.runtime.outward.parameters import believed
from engine.runtime.outward.requests import Secrets
from engine.runtime.publishing import InService
from engine.store.store import Store

CONTACTS_WITHIN_MS = 400 * 24 * 60 * 60 * 1000  # how far back duplicates can look

Gone = Literal["hung_up", "no_stream"]


class Beginnings:
    """Makes the first event of calls."""

    def __init__(self, store: Store, clock: Clock, known: Secrets) -> None:
        self._store = store
        self._clock = clock
        self._secrets = known

    async def arrived(
        self, published: InService, arrival: Arrival, *, hears: bool = False, gone: Gone | Literal[""] = ""
    ) -> CallArrived:
        """The call begins now. What is the same phone call is no earlier call of the caller."""
        store, carrier_call, number = self._store, arrival.carrier_call, arrival.caller_number
        started_at, lately_ms = self._clock.now_ms(), published.market.velocity_ms
        since_ms = started_at - CONTACTS_WITHIN_MS
        contacts = () if gone else await store.contacts(number, since_ms, carrier_call)
        earlier: tuple[int, ...] = ()
        if lately_ms and not gone:
            earlier = await store.earlier_calls(number, started_at - lately_ms, carrier_call)
        parts = await store.parts(carrier_call)
        sent, ignored = believed(
            *(arrival.parameters, published.market.network, arrival.called_number),
            *(self._secrets, started_at / 1000),
        )
        return CallArrived(
            at=0,
            call=arrival.call,
            carrier=arrival.carrier,
            carrier_call=carrier_call,
            caller_number=number,
            called_number=arrival.called_number,
            started_at=started_at,
            seed=secrets.randbits(48),
            contacts=contacts,
            earlier_calls=earlier,
            claims=True,
            hears=hears,
            parameters=sent,
            parameters_ignored=ignored,
            again_of=parts[0] if parts else "",
            opted_out=await store.wishes.is_opted_out(number) if not gone else False,
            gone=gone,
            salt=secrets.token_hex(SALT_BYTES),
        )

    async def keep_gone(self, published: InService | None, arrivals: Iterable[Arrival], gone: Gone) -> None:
        """The whole records of calls whose audio never flowed."""
        if published is None:
            return
        for arrival in arrivals:
            arrived = await self.arrived(published, arrival, gone=gone)
            self._store.append(arrived.call, 0, arrived)
            self._store.append_commands(arrived.call, 0, CallMachine(published.revision).receive(arrived))
            await self._store.flush(arrived.call)

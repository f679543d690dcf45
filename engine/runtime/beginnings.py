"""What a call begins with: who calls, what is known of them, and which phone call it is.

A caller who left before the audio began leaves a record, and so does one whose audio never came.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
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
from engine.store.errors import FlushFailed, StoreError
from engine.store.store import Store

log = logging.getLogger("cordboard.calls")

CONTACTS_WITHIN_MS = 400 * 24 * 60 * 60 * 1000  # how far back duplicates can look

TAKEN_WITHIN_S = 3.0  # a caller doesn't wait any longer for a database that can't be written

Gone = Literal["hung_up", "no_stream"]


class Beginnings:
    """Makes the first event of calls."""

    def __init__(self, store: Store, clock: Clock, known: Secrets) -> None:
        self._store = store
        self._clock = clock
        self._secrets = known
        self._gone: deque[tuple[Arrival, Gone]] = deque()  # whose record is yet to be written
        self._keeping = asyncio.Lock()

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
            again_of=parts[0].call if parts else "",
            opted_out=await store.wishes.is_opted_out(number) if not gone else False,
            gone=gone,
            practice=arrival.by_browser and not published.market.network.sells_browser_calls,
            salt=secrets.token_hex(SALT_BYTES),
        )

    async def take(self, arrival: Arrival) -> bool:
        """Make the arrival's stream ours; False where it was taken before, here or by another worker.

        A database that can't be written keeps nobody out: what costs money waits for the journal anyway.
        """
        return await self.take_stream(arrival.carrier_call, arrival.returns)

    async def take_stream(self, carrier_call: str, stream: int) -> bool:
        """The same of any stream of a carrier's call."""
        taking = self._store.carrier_desk.take_stream(carrier_call, stream, self._clock.now_ms())
        try:
            return await asyncio.wait_for(taking, TAKEN_WITHIN_S)
        except (StoreError, TimeoutError) as error:
            why = str(error) or "the database was too slow"
            log.warning("call %s: nobody noted that stream %d was taken: %s", carrier_call, stream, why)
            return True

    async def keep_gone(self, published: InService | None, arrivals: Iterable[Arrival], gone: Gone) -> None:
        """The whole records of calls whose audio never flowed, and of nobody who has a record already.

        Raises StoreError where the database fails; what is left is kept the next time.
        """
        self._gone.extend((arrival, gone) for arrival in arrivals)
        if published is None:
            return
        async with self._keeping:
            while self._gone:
                try:
                    await self._keep(published, *self._gone[0])
                except FlushFailed:
                    self._gone.popleft()  # it is in the queue, and written once that can be done
                    raise
                except StoreError:
                    raise
                except Exception:
                    log.exception("call %s: its record could not be made", self._gone[0][0].call)
                self._gone.popleft()

    async def _keep(self, published: InService, arrival: Arrival, gone: Gone) -> None:
        arrived = await self.arrived(published, arrival, gone=gone)
        desk = self._store.carrier_desk
        is_ours = await desk.take_stream(arrival.carrier_call, arrival.returns, self._clock.now_ms())
        if not is_ours or arrived.again_of:
            return
        is_sealed = published.is_sealed(arrived.called_number)
        self._store.append(arrived.call, 0, arrived, sealed=is_sealed)
        self._store.append_commands(arrived.call, 0, CallMachine(published.revision).receive(arrived))
        await self._store.flush(arrived.call)

"""Legs whose end nobody saw, for their engine died: the carrier is asked how long they lasted.

What it says is kept as its record of the leg, as if it had reported it by itself, and corrects the bill
(`engine.accounts.rejudging`). A carrier that can't be reached, or that doesn't know it yet, is asked again;
`engine.store.tables.carrier_legs` says when.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from engine.carriers.contract import CallLength, CarrierAccount, CarrierRefused, CarrierUnreachable
from engine.runtime.clock import Clock
from engine.store.store import Store
from engine.store.tables.carrier_legs import CarrierLeg, LostLeg
from engine.store.tables.carrier_records import CarrierRecord

log = logging.getLogger("cordboard.calls")

POLL_MS = 2_000


class LostLegs:
    """Asks until it is cancelled; beside the housekeeping, for a slow carrier must not hold up leases."""

    def __init__(self, store: Store, accounts: Mapping[str, CarrierAccount], clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                await self.ask_due()
            except Exception:
                log.exception("legs that were lost could not be asked about; it is tried again")
            await self._clock.sleep(POLL_MS)

    async def ask_due(self) -> int:
        """Ask about each leg that is due; of how many the length is known now."""
        due = await self._store.carrier_desk.due(self._clock.now_ms())
        return sum([await self._ask(lost) for lost in due])

    async def _length(self, leg: CarrierLeg) -> CallLength:
        account = self._accounts.get(leg.carrier)
        if account is None:
            raise CarrierUnreachable(f"this engine speaks no carrier {leg.carrier!r}", is_sent=False)
        return await account.length(leg.carrier_call)

    async def _ask(self, lost: LostLeg) -> bool:
        leg = lost.leg
        try:
            found = await self._length(leg)
        except (CarrierRefused, CarrierUnreachable) as error:
            said = str(error)
        else:
            if found.duration_s is not None:
                now_ms = self._clock.now_ms()
                record = CarrierRecord(leg.call, leg.leg, leg.carrier, found.duration_s * 1000, now_ms)
                await self._store.keep_carrier_record(record)
                log.info("call %s: %s lasted %d s by %s", leg.call, leg.leg, found.duration_s, leg.carrier)
                return True
            said = f"it is {found.status}"
        again = "it isn't asked again" if lost.is_given_up else "it is asked again"
        level = logging.ERROR if lost.is_given_up else logging.WARNING
        log.log(
            level,
            "call %s: %s doesn't say how long %s lasted (%s); %s",
            leg.call,
            leg.carrier,
            leg.leg,
            said,
            again,
        )
        return False

"""How long a caller's phone call lasted by its carrier: kept with each of its records."""

from __future__ import annotations

from engine.core.events import CALLER
from engine.store.store import Store
from engine.store.tables.carrier_records import CarrierRecord


async def keep_callers_time(
    store: Store, carrier: str, carrier_call: str, duration_ms: int, now_ms: int
) -> None:
    """A later record of the phone call began when some of it was over."""
    parts = await store.parts(carrier_call)
    for part in parts:
        left_ms = max(0, duration_ms - (part.started_at - parts[0].started_at))
        await store.keep_carrier_record(CarrierRecord(part.call, CALLER, carrier, left_ms, now_ms))

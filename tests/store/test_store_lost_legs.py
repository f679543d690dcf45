"""A leg that was lost is asked about until its carrier says how long it lasted, through every restart."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.core.erasing import ERASED
from engine.store import Store
from engine.store.tables.carrier_legs import ASKED_FOR_MS, AT_ONCE, CarrierLeg
from engine.store.tables.carrier_records import CarrierRecord
from tests.store.store_world import Clock, arrived, open_call

LEG = CarrierLeg("call-1", "buyer-1", "twilio", "CA1")


async def lost(store: Store, clock: Clock) -> None:
    await open_call(store, arrived())
    await store.carrier_desk.name(LEG)
    assert await store.carrier_desk.due(clock()) == ()
    await store.carrier_desk.lose("call-1", ["buyer-1", "buyer-2"], clock())


async def asked_at(store: Store, clock: Clock, within_ms: int, step_ms: int = 1_000) -> list[int]:
    """After how many seconds it is asked about, looking every so often."""
    begun, found = clock(), []
    while clock() - begun <= within_ms:
        if await store.carrier_desk.due(clock()):
            found.append((clock() - begun) // 1000)
        clock.pass_ms(step_ms)
    return found


async def test_it_is_asked_about_ever_more_rarely(store: Store, clock: Clock) -> None:
    await lost(store, clock)
    assert await asked_at(store, clock, 140_000) == [0, 10, 40, 130]
    view = await store.call("call-1")
    assert view is not None
    assert [lost.leg for lost in view.lost_legs] == [LEG]


async def test_what_the_carrier_has_said_by_itself_is_not_asked(store: Store, clock: Clock) -> None:
    await lost(store, clock)
    await store.keep_carrier_record(CarrierRecord("call-1", "buyer-1", "twilio", 9_000, clock()))
    assert await asked_at(store, clock, 30_000) == []
    view = await store.call("call-1")
    assert view is not None
    assert view.lost_legs == ()


async def test_losing_a_leg_again_does_not_begin_anew(store: Store, clock: Clock) -> None:
    await lost(store, clock)
    assert await asked_at(store, clock, 20_000) == [0, 10]
    await store.carrier_desk.lose("call-1", ["buyer-1"], clock())
    assert await asked_at(store, clock, 30_000) == [19]


async def test_of_a_crash_in_many_talks_every_leg_is_asked_about(store: Store, clock: Clock) -> None:
    for number in range(AT_ONCE + 5):
        call = f"call-{number:02d}"
        await open_call(store, arrived(call))
        await store.carrier_desk.name(CarrierLeg(call, "buyer-1", "twilio", f"CA{number}"))
        await store.carrier_desk.lose(call, ["buyer-1"], clock())
    first, then = [await store.carrier_desk.due(clock()) for _ in range(2)]
    assert (len(first), len(then)) == (AT_ONCE, 5)
    assert len({lost.leg.call for lost in (*first, *then)}) == AT_ONCE + 5
    assert await store.carrier_desk.due(clock()) == ()


async def test_after_thirty_days_nobody_is_asked_any_more(store: Store, clock: Clock) -> None:
    await lost(store, clock)
    hour_ms = 3_600_000
    days = await asked_at(store, clock, ASKED_FOR_MS + 48 * hour_ms, hour_ms)
    assert 100 < len(days) < 130
    assert await asked_at(store, clock, 100 * hour_ms, hour_ms) == []
    view = await store.call("call-1")
    assert view is not None
    assert [lost.ask_at for lost in view.lost_legs] == [None]


async def test_a_leg_of_no_call_of_ours_or_of_a_forgotten_one_is_not_named(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    await store.carrier_desk.name(LEG)  # its call isn't kept
    await open_call(store, arrived())
    assert await store.carrier_desk.names("call-1") == {}
    with sqlite3.connect(tmp_path / "cordboard.db") as database:
        database.execute("UPDATE calls SET carrier_call = ?", (ERASED,))
    database.close()
    await store.carrier_desk.name(LEG)
    assert await store.carrier_desk.names("call-1") == {}

"""Who was offered a call last, how often lately and how often it paid; and when one caller called."""

from engine.core.commands import Post, Record
from engine.core.events import Standing
from engine.core.facts import Leg
from engine.core.records import changed
from engine.store import Store
from tests.store.store_world import CALLER_NUMBER, OPENED, REVENUE, START, TALKED, arrived, open_call

HOUR_MS = 3_600_000
BUSY = Leg(
    "buyer-1",
    "redriver",
    "+15550112",
    "roofing",
    30_000_000,
    dialled_at=9_100,
    ended_at=9_900,
    outcome="busy",
)


async def called(store: Store, name: str, hours_ago: int, leg: Leg, *, billed: bool = False) -> None:
    await open_call(store, arrived(name, started_at=START - hours_ago * HOUR_MS))
    store.append_commands(name, 0, [Record(OPENED), Record(leg), *([Post((REVENUE,))] if billed else [])])
    await store.flush(name)


async def test_standings_count_what_is_over_and_paid_and_know_the_last_offer(store: Store) -> None:
    await called(store, "a", 3, TALKED, billed=True)
    await called(store, "b", 2, TALKED)
    await called(store, "c", 1, changed(TALKED, outcome=None, ended_at=None))
    await called(store, "d", 2, BUSY)
    assert await store.standings("roofing", START - 5 * HOUR_MS) == {
        "lonestar": Standing("lonestar", None, START - HOUR_MS, offered=2, billed=1),
        "redriver": Standing("redriver", None, START - 2 * HOUR_MS, offered=1, billed=0),
    }


async def test_standings_look_at_one_campaign_and_no_further_back_than_asked(store: Store) -> None:
    await called(store, "a", 3, TALKED, billed=True)
    assert await store.standings("roofing", START - 2 * HOUR_MS) == {}
    assert await store.standings("windows", START - 5 * HOUR_MS) == {}


async def test_earlier_calls_are_counted_whatever_came_of_them(store: Store) -> None:
    await called(store, "a", 3, BUSY)
    await called(store, "b", 1, BUSY)
    assert await store.earlier_calls(CALLER_NUMBER, START - 2 * HOUR_MS) == (START - HOUR_MS,)
    assert len(await store.earlier_calls(CALLER_NUMBER, 0)) == 2
    assert await store.earlier_calls("+15550199", 0) == ()
    assert await store.earlier_calls("", 0) == ()

"""A practice call comes to what a real one comes to, and the books are as they were, to the byte.

Over random networks, callers and buyers: the same caller calls twice, once for practice.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import event, given
from hypothesis import strategies as st

from engine.core.commands import ClaimBilling, Post
from engine.core.events import CallArrived
from engine.core.records import changed
from engine.language.stories.story import BuyerPlan
from engine.rehearsal.virtual_world import VirtualWorld
from engine.store import Store
from tests.properties.random_networks import (
    CALLERS,
    NUMBERS,
    ORDERS,
    PLANS,
    Drawn,
    hunting,
    networks,
    published,
)
from tests.properties.test_the_shortest_interview import MONDAY_MORNING, called, came_of

NUMBER = "+15125550123"
BOOKS = ("ledger", "ledger_heads", "reservations", "bill_claims", "outbox", "opt_outs", "callbacks")
"""The tables that others count, or are told from."""


@dataclass(frozen=True)
class Told:
    """What is known of a caller, and of buyers, when the next call comes."""

    contacts: tuple[object, ...]
    earlier_calls: tuple[int, ...]
    standings: Mapping[str, object]
    chains: list[tuple[str, bool]]


def books(path: Path) -> list[str]:
    """Every row of the books, as SQLite spells it."""
    with sqlite3.connect(path) as connection:
        return [line for line in connection.iterdump() if any(f'INTO "{name}"' in line for name in BOOKS)]


async def keep(store: Store, world: VirtualWorld, ways: list[tuple[object, ...]]) -> None:
    """The call's whole journal, with what each event led to."""
    name = world.call.arrived.call
    for seq, (entry, commands) in enumerate(zip(world.journal, ways, strict=True)):
        store.append(name, seq, entry.event)
        store.append_commands(name, seq, commands)  # type: ignore[arg-type]
    await store.flush()


async def told(store: Store) -> Told:
    return Told(
        await store.contacts(NUMBER, 0),
        await store.earlier_calls(NUMBER, 0),
        await store.standings("always", 0),
        [(check.party, check.holds) for check in await store.verify_ledger()],
    )


def commands_of(world: VirtualWorld) -> list[tuple[object, ...]]:
    """What each event of the call led to, from its machine again."""
    machine = type(world.machine)(world.machine.revision)
    return [tuple(machine.receive(entry.event)) for entry in world.journal]


@hunting(25)
@given(
    network=networks(are_capped=True),
    order=ORDERS,
    answers=CALLERS,
    plans=st.fixed_dictionaries({f"b{number}": PLANS for number in range(5)}),
    seed=st.integers(0, 1 << 32),
)
def test_the_books_are_untouched_by_practice(
    network: Drawn,
    order: list[str],
    answers: Mapping[str, str],
    plans: Mapping[str, BuyerPlan],
    seed: int,
) -> None:
    of, to = published(network, order), NUMBERS["always"]
    real = CallArrived(0, "real", "t", "t1", NUMBER, to, MONDAY_MORNING, seed, claims=True)
    practice = changed(real, call="practice", carrier_call="t2", practice=True)
    _, counts = called(of, to, answers, plans, real)
    _, practises = called(of, to, answers, plans, practice)
    assert came_of(practises) == came_of(counts)
    assert not any(isinstance(command, Post | ClaimBilling) for command in practises.commands)
    event(f"{sum(isinstance(command, Post) for command in counts.commands)} posts of the real call")

    async def kept() -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "cordboard.db"
            async with await Store.open(f"sqlite:///{path}", "w", lambda: MONDAY_MORNING) as store:
                await keep(store, counts, commands_of(counts))
                before, known = books(path), await told(store)
                await keep(store, practises, commands_of(practises))
                assert books(path) == before
                assert await told(store) == known
                assert [each.record.call for each in await store.calls(9)] == ["real"]
                assert [each.record.call for each in await store.calls(9, practice=True)] == ["practice"]

    asyncio.run(kept())

"""A worker that dies around a claim: the call is billed once, by whoever closes its record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from engine.core.commands import ClaimBilling, Dial, ReleaseBid
from engine.core.events import BillingClaimed, CallArrived
from engine.core.replay import replay
from engine.language.revisions import publish, read_network_dir
from engine.language.stories.story import BuyerPlan
from engine.rehearsal.bookings import Bookings
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld
from engine.runtime.recovery import close_abandoned
from engine.store import Store
from engine.store.ledger.entries import standing_micros
from tests.runtime.kept_calls import KEYED, ROOFING, START
from tests.store.store_world import Clock

OpenAs = Callable[[str], Awaitable[Store]]

FILES = read_network_dir(ROOFING)
ONCE = FILES["network.yaml"].replace(
    "billable: {after: 90s,", "billable: {duplicates: {within: 30d}, after: 90s,"
)
PUBLISHED = publish({**FILES, "network.yaml": ONCE})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def open_as(tmp_path: Path, clock: Clock) -> AsyncIterator[OpenAs]:
    opened: list[Store] = []

    async def open_one(worker: str) -> Store:
        opened.append(await Store.open(f"sqlite:///{tmp_path}/calls.db", worker, clock))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.close()


def played(call: str) -> VirtualWorld:
    """A whole call that claims its bill at its end."""
    assert PUBLISHED.revision is not None, PUBLISHED.mistakes
    assert PUBLISHED.network is not None

    def plan(_: Dial) -> BuyerPlan:
        return BuyerPlan("answers", talks_ms=95_000)

    world = VirtualWorld(PUBLISHED.revision, ScriptedCaller(KEYED), plan, Bookings(PUBLISHED.network))
    arrived = CallArrived(0, call, "twilio", f"CA{call}", "+15125550123", "+15550100", START, 7, claims=True)
    assert world.run(arrived) is None
    assert any(isinstance(command, ClaimBilling) for command in world.commands)
    return world


async def kept_until_claimed(store: Store, call: str, *, claims: bool, tells_commands: bool = True) -> None:
    """The journal as a worker leaves it that dies before the claim's answer is written."""
    assert PUBLISHED.revision is not None
    await store.keep_revision(PUBLISHED.revision.id, PUBLISHED.files)
    machine = type(played(call).machine)(PUBLISHED.revision)
    for seq, entry in enumerate(played(call).journal):
        if isinstance(entry.event, BillingClaimed):
            break
        commands = machine.receive(entry.event)
        store.append(call, seq, entry.event)
        if machine.claim is None or tells_commands:
            store.append_commands(call, seq, commands)
    await store.flush()
    if claims:
        assert machine.claim is not None
        assert await store.claim(call, machine.claim.claims) == ()


def nobody_is_told(release: ReleaseBid, call: str) -> None:
    raise AssertionError("no bidder was told that it gets this call")


async def stands(store: Store, call: str) -> int:
    view = await store.call(call)
    assert view is not None
    assert view.record.ended_at is not None
    return standing_micros(view.ledger, "revenue", "lonestar")


@pytest.mark.parametrize("claims", [True, False])
@pytest.mark.parametrize("tells_commands", [True, False])
async def test_who_closes_the_record_claims_again_and_the_call_is_billed_once(
    open_as: OpenAs, clock: Clock, claims: bool, tells_commands: bool
) -> None:
    if claims and not tells_commands:
        return  # what costs money waits for its own line in the journal
    await kept_until_claimed(await open_as("dead"), "call-1", claims=claims, tells_commands=tells_commands)
    alive = await open_as("alive")
    clock.pass_ms(60_000)
    assert await close_abandoned(alive, clock(), lambda _: False, nobody_is_told) == 1
    assert await stands(alive, "call-1") == 45_000_000
    journal = await alive.journal("call-1")
    assert isinstance(journal[-1].event, BillingClaimed)
    assert PUBLISHED.revision is not None
    assert replay(journal, PUBLISHED.revision).difference is None
    assert await close_abandoned(alive, clock(), lambda _: False, nobody_is_told) == 0


async def test_of_two_calls_whose_worker_died_in_their_claims_one_is_billed(
    open_as: OpenAs, clock: Clock
) -> None:
    dead = await open_as("dead")
    await kept_until_claimed(dead, "call-1", claims=False)
    await kept_until_claimed(dead, "call-2", claims=True)
    alive = await open_as("alive")
    clock.pass_ms(60_000)
    assert await close_abandoned(alive, clock(), lambda _: False, nobody_is_told) == 2
    assert [await stands(alive, "call-1"), await stands(alive, "call-2")] == [0, 45_000_000]
    view = await alive.call("call-1")
    assert view is not None
    assert [verdict.reason for verdict in view.verdicts] == ["duplicate"]

"""Whatever comes at once is begun by a few in a turn of the event loop, in the order in which it came."""

from __future__ import annotations

import asyncio

from engine.media.doors.doorway import Doorway
from engine.media.doors.turns import BREATH_S, Turns


async def test_a_crowd_is_begun_by_twos_and_in_its_order() -> None:
    turns, begun = Turns(2), []
    for number in range(9):
        turns.run(lambda number=number: begun.append(number) is None)  # type: ignore[misc]
    assert begun == [0, 1]
    counts = []
    while len(begun) < 9:
        await asyncio.sleep(0)
        counts.append(len(begun))
    assert all(later - earlier <= 2 for earlier, later in zip([2, *counts], counts, strict=False))
    assert begun == list(range(9))


async def test_who_comes_alone_does_not_wait() -> None:
    turns, begun = Turns(1), []
    turns.run(lambda: begun.append(1) is None)
    assert begun == [1]
    await turns.turn()


async def test_a_crowd_leaves_the_loop_its_breath() -> None:
    loop, turns = asyncio.get_running_loop(), Turns(2)
    began = loop.time()
    await asyncio.gather(*(turns.turn() for _ in range(20)))
    assert loop.time() - began >= 9 * BREATH_S


async def test_what_has_nothing_left_to_do_takes_no_turn() -> None:
    loop, turns = asyncio.get_running_loop(), Turns(2)
    came = [loop.create_future() for _ in range(3)]
    turns.run(lambda: True)
    turns.run(lambda: True)
    began = loop.time()
    for _ in range(1000):
        turns.run(lambda: False)  # they were sent away meanwhile
    for one in came:
        turns.run(lambda one=one: one.set_result(loop.time()) is None)  # type: ignore[misc]
    times = await asyncio.gather(*came)
    assert times[0] - began < 2 * BREATH_S
    assert times[2] > times[0]


class Someone:
    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.is_cut = False

    def abort(self) -> None:
        self.is_cut = True


def test_room_is_made_by_the_refused_and_then_by_the_address_that_has_most() -> None:
    doorway = Doorway(4)
    came = [Someone(peer) for peer in ("a", "b", "b", "c")]
    for one in came:
        doorway.came(one)
    doorway.is_refused(came[3])
    for _ in range(3):
        doorway.came(Someone("d"))
    assert [one.is_cut for one in came] == [False, True, False, True]
    assert len(doorway) == 4
    doorway.left(came[0])
    doorway.left(came[0])
    assert len(doorway) == 3
    doorway.clear()
    assert len(doorway) == 0

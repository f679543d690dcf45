"""A call is a function of its journal: fed again it gives the same commands, to another flow it tells where it parts."""

from __future__ import annotations

from pathlib import Path

from engine.core.flow import Revision
from engine.core.replay import Difference, replay
from engine.language.revisions import publish, read_network_dir
from engine.rehearsal.loopback import BuyerPhone, Caller
from tests.journeys.journey_world import (
    DESK,
    LONESTAR,
    REDRIVER,
    SHORT_BILLS,
    House,
    answering,
    keys,
    network,
)


def changed(folder: Path, old: str, new: str) -> Revision:
    revision = publish(read_network_dir(network(folder, {**SHORT_BILLS, old: new}))).revision
    assert revision is not None
    return revision


async def parts_at(house: House, revision: Revision) -> Difference | None:
    (summary,) = await house.engine.store.calls(2)
    return replay(await house.engine.store.journal(summary.record.call), revision).difference


async def test_every_finished_call_in_the_store_replays_to_the_same_commands(house: House) -> None:
    house.carrier.buyer(LONESTAR, BuyerPhone.busy(), answering(talk_s=1), BuyerPhone.rejects(after_s=0.2))
    house.carrier.buyer(REDRIVER, answering(talk_s=3))
    house.carrier.buyer(DESK, BuyerPhone.answers(after_s=0.2, presses=[], talk_s=1))
    callers = [
        keys(),
        keys("787", "00001", "33101", "1", "2"),
        Caller.keys(["78701", "2", "1"], barge_in=True),
        Caller().waits_until_prompt_begins().presses("78701*2").waits(1).hangs_up(),
        Caller.keys(["0"]),
    ]
    for number, caller in enumerate(callers):
        house.begin(caller, from_=f"+1512555010{number}")
    await house.quiet()
    assert await house.all_replay() == len(callers)


async def test_the_same_flow_written_anew_replays_alike(house: House, tmp_path: Path) -> None:
    await house.call(Caller().waits_until_prompt_ends().hangs_up())
    assert (
        await parts_at(house, changed(tmp_path / "anew", "name: Radio Texas", "name: Radio Austin")) is None
    )


async def test_a_changed_node_is_the_first_difference(house: House, tmp_path: Path) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=1))
    await house.call(keys())
    asked_anew = changed(tmp_path / "asked", "prompt: For a repair, press 1.", "prompt: To mend it, press 1.")
    difference = await parts_at(house, asked_anew)
    assert difference is not None
    assert difference.node == "ask_zip"  # whose last key led to the changed question
    assert difference.kept is not None
    assert difference.replayed is not None
    assert difference.kept["type"] == difference.replayed["type"] == "Play"
    assert "For a repair" in str(difference)
    assert "To mend it" in str(difference)


async def test_changed_terms_are_the_first_difference(house: House, tmp_path: Path) -> None:
    house.carrier.buyer(LONESTAR, answering(talk_s=1))
    await house.call(keys())
    difference = await parts_at(house, changed(tmp_path / "dearer", 'price: "45.00"', 'price: "46.00"'))
    assert difference is not None
    assert difference.node == "ask_insurance"
    assert difference.kept is not None
    assert difference.kept["type"] == "Reserve"

"""Bursts of keys in real calls: nothing answers a question that was not heard, and nothing is billed by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.rehearsal.loopback import Caller
from tests.journeys.journey_world import (
    ALL_AT_ONCE,
    LONESTAR,
    SHORT_BILLS,
    answering,
    network,
    open_house,
)

HEARD_BILLS = {
    **SHORT_BILLS,
    "requires: [zip, need, insurance]": "requires: {heard: prompt, answers: [zip, need, insurance]}",
}
BURSTS = (
    Caller()
    .waits_until_prompt_ends()
    .waits(1.5)
    .presses("787012101")  # a ZIP+4
    .waits(1.5)
    .presses("22", gap_ms=30)  # a key that bounces
    .waits(1.5)
    .presses("1")
)


async def test_bursts_answer_one_question_each_and_keys_ahead_are_served_unbilled(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", HEARD_BILLS)
    async with open_house(tmp_path, flows, speed=4) as house:
        house.carrier.buyer(LONESTAR, answering(talk_s=3), answering(talk_s=3))
        await house.call(BURSTS)
        heard = await house.shown()
        assert _values(heard) == {"zip": "78701", "need": "replace", "insurance": "claim"}
        for answer in heard["answers"].values():
            assert answer["prompt_heard_ms"] == answer["prompt_ms"] > 0
            assert (answer["keyed_ahead"], answer["attempts"]) == (False, 1)
        assert [each["reason"] for each in heard["verdicts"]] == ["billable"]
        await house.call(Caller().presses(ALL_AT_ONCE))
        ahead = await house.shown()
        assert _values(ahead) == _values(heard)
        assert ahead["answers"]["insurance"]["keyed_ahead"]
        assert [each["reason"] for each in ahead["verdicts"]] == ["answer_unheard"]
        assert [entry["kind"] for entry in ahead["ledger"]] == [
            "payout"
        ]  # which asks for nothing of the kind
        assert await house.all_replay() == 2


def _values(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: answer["value"] for name, answer in shown["answers"].items()}

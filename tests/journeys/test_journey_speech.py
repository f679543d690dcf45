"""Callers who speak, over real sockets, with the default recogniser, in real time."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from engine.core.events import SpeechFailed, SpeechHeard
from engine.media.synthesiser import PiperProcess
from engine.rehearsal.loopback import Buyer, Caller
from tests.journeys.journey_world import LONESTAR, SHORT_BILLS, House, network, open_house


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the callers say, spoken once."""
    import asyncio

    async def spoken() -> dict[str, bytes]:
        async with PiperProcess() as voice:
            return {
                text: await voice.render(text, "en-US")
                for text in ("seven eight seven oh one", "I need a new roof", "yes")
            }

    return asyncio.run(spoken())


async def test_a_caller_may_say_one_answer_and_key_the_next(tmp_path: Path, said: dict[str, bytes]) -> None:
    folder = network(tmp_path / "flows", SHORT_BILLS)
    async with open_house(tmp_path, folder, speed=1.0, speech="auto") as house:
        house.carrier.buyer(LONESTAR, Buyer.answers(talk_s=3))
        caller = (
            Caller()
            .waits_until_prompt_ends()
            .waits_until_prompt_ends()
            .says(said["seven eight seven oh one"])
            .waits_until_prompt_ends()
            .says(said["I need a new roof"])
            .waits_until_prompt_ends()
            .presses("1")
            .stays_until_end()
        )
        await house.call(caller)
        shown = await house.shown()
        answers = shown["answers"]
        assert {name: answer["value"] for name, answer in answers.items()} == {
            "zip": "78701",
            "need": "replace",
            "insurance": "claim",
        }
        assert [answers[name]["mode"] for name in ("zip", "need", "insurance")] == ["voice", "voice", "keys"]
        heard = answers["zip"]["heard"]
        assert heard["engine"]
        assert heard["alternatives"][0]["text"]
        assert 0 < heard["started_at"] < heard["ended_at"]
        assert shown["legs"][0]["outcome"] == "completed"
        await house.all_replay()


async def test_a_stalled_recogniser_costs_a_reprompt_and_the_caller_keys_on(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with open_house(tmp_path, network(tmp_path / "flows"), speed=1.0, speech="auto") as house:
        events: list[object] = []
        house.engine.watch(lambda call, event, commands: events.append(event))
        house.engine.watch(lambda call, event, commands: _stall_recognisers(house, event))
        caller = (
            Caller()
            .waits_until_prompt_ends()
            .waits_until_prompt_ends()
            .says(said["seven eight seven oh one"])
            .waits_until_prompt_ends()
            .presses("78701")
            .waits(0.5)
            .hangs_up()
        )
        await house.call(caller)
        shown = await house.shown()
        assert any(isinstance(event, SpeechFailed) for event in events)
        assert not any(isinstance(event, SpeechHeard) for event in events)
        assert shown["answers"]["zip"]["mode"] == "keys"
        assert shown["faults"][0]["where"] == "recogniser"
        await house.all_replay()


def _stall_recognisers(house: House, event: object) -> None:
    from engine.core.events import SpeechStarted

    if isinstance(event, SpeechStarted):
        assert house.engine.speech is not None
        for pid in house.engine.speech.recogniser_pids:
            os.kill(pid, signal.SIGSTOP)

"""Callers who speak, over real sockets, with the default recogniser, in real time."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from engine.core.events import SpeechFailed, SpeechHeard
from engine.rehearsal.loopback import Buyer, Caller
from tests.journeys.journey_world import LONESTAR, SHORT_BILLS, House, network, open_house
from tests.journeys.speaking import events_of, fail, is_running, words


@pytest.fixture
async def said() -> dict[str, bytes]:
    """What the callers say."""
    return await words("seven eight seven oh one", "I need a new roof", "yes")


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


@pytest.mark.parametrize("failure", ["kill", "raise"])
async def test_a_recogniser_that_keeps_failing_costs_a_reprompt_and_the_caller_keys_on(
    tmp_path: Path, said: dict[str, bytes], failure: str
) -> None:
    async with open_house(
        tmp_path, network(tmp_path / "flows"), speed=1.0, speech="auto", speech_workers=2
    ) as house:
        events = events_of(house)
        fail(house, failure)
        await house.call(_says_then_keys(said))
        shown = await house.shown()
        assert [event for event in events if isinstance(event, SpeechFailed)]
        assert shown["answers"]["zip"]["mode"] == "keys"
        assert {fault["where"] for fault in shown["faults"]} == {"recogniser"}
        assert "recogniser" in shown["faults"][0]["detail"]
        await house.all_replay()


async def test_a_recogniser_killed_in_mid_sentence_is_not_even_noticed(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with open_house(
        tmp_path, network(tmp_path / "flows"), speed=1.0, speech="auto", speech_workers=2
    ) as house:
        pool = fail(house, "kill one", "none")
        events = events_of(house)
        caller = _says(said).waits(0.5).hangs_up()
        await house.call(caller)
        assert pool.killed
        assert not [event for event in events if isinstance(event, SpeechFailed)]
        assert (await house.shown())["answers"]["zip"]["value"] == "78701"
        await house.all_replay()


async def test_recognisers_that_died_while_idle_are_back_for_the_next_answer(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with open_house(
        tmp_path, network(tmp_path / "flows"), speed=1.0, speech="auto", speech_workers=2
    ) as house:
        assert house.engine.speech is not None
        dead = set(house.engine.speech.recogniser_pids)
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(60):
            while len(alive := set(house.engine.speech.recogniser_pids)) < 2 or alive & dead:
                await asyncio.sleep(0.01)
        # A worker that still loads its model is waited for.
        await house.call(_says(said).waits(0.5).hangs_up())
        shown = await house.shown()
        assert shown["answers"]["zip"]["mode"] == "voice"
        await house.all_replay()


async def test_a_vendor_that_fails_in_a_call_is_followed_by_the_default(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    vendor = {
        "class": "tests.media.speech.fake_vendor.StreamingVendor",
        "arguments": {"api_key": "a-secret-key", "breaks": True},
    }
    async with open_house(
        tmp_path, network(tmp_path / "flows"), speed=1.0, speech="auto", speech_vendor=vendor
    ) as house:
        await house.call(_says(said).waits(0.5).hangs_up())
        answer = (await house.shown())["answers"]["zip"]
        assert (answer["value"], answer["heard"]["engine"]) == ("78701", "moonshine")
        await house.all_replay()


async def test_no_process_outlives_an_engine_whose_recognisers_failed(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with open_house(
        tmp_path, network(tmp_path / "flows"), speed=1.0, speech="auto", speech_workers=2
    ) as house:
        assert house.engine.speech is not None
        pids = set(house.engine.speech.recogniser_pids)
        stalled = min(pids)
        os.kill(stalled, signal.SIGSTOP)
        fail(house, "kill", "none")
        await house.call(_says(said).waits(0.5).hangs_up())
        pids |= set(house.engine.speech.recogniser_pids)
    assert len(pids) > 2
    assert not [pid for pid in pids if is_running(pid)]


def _says(said: dict[str, bytes]) -> Caller:
    """Hears the greeting and the question out, says the ZIP code, hears what is said to that."""
    return Caller().waits_for_its_turn().says(said["seven eight seven oh one"]).waits_until_prompt_ends()


def _says_then_keys(said: dict[str, bytes]) -> Caller:
    return _says(said).presses("78701").waits(0.5).hangs_up()


def _stall_recognisers(house: House, event: object) -> None:
    from engine.core.events import SpeechStarted

    if isinstance(event, SpeechStarted):
        assert house.engine.speech is not None
        for pid in house.engine.speech.recogniser_pids:
            os.kill(pid, signal.SIGSTOP)

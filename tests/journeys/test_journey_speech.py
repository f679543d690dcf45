"""Callers who speak, over real sockets, with the default recogniser.

Where a recogniser is to succeed it has all the time it may need: the machine may be busy with other things.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from engine.core.events import KeyPressed, PromptPlayed, SpeechFailed, SpeechHeard, SpeechStarted
from engine.rehearsal.loopback import BuyerPhone, Caller
from tests.journeys.journey_world import LONESTAR, SHORT_BILLS, House
from tests.journeys.speaking import AMPLE_MS, Turn, events_of, fail, hearing_house
from tests.spoken import words
from tests.waiting import until

SHORT_MS = 3000
ZIP, ROOF = "seven eight seven oh one", "I need a new roof"


@pytest.fixture
async def said() -> dict[str, bytes]:
    """What the callers say."""
    return await words(ZIP, ROOF)


async def test_a_caller_may_say_one_answer_and_key_the_next(tmp_path: Path, said: dict[str, bytes]) -> None:
    async with hearing_house(tmp_path, SHORT_BILLS, speech_meaning="auto") as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.answers(talk_s=3))
        caller = _says(house, said).says(said[ROOF]).waits_until_prompt_ends().presses("1").stays_until_end()
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


@pytest.mark.parametrize(
    ("failure", "deadline_ms", "reason"),
    [
        ("kill", SHORT_MS, "signal 9|within 3 s"),
        ("stall", SHORT_MS, "within 3"),
        ("raise", AMPLE_MS, "raised"),
    ],
)
async def test_recognisers_that_fail_cost_a_reprompt_and_the_caller_keys_on(
    tmp_path: Path, said: dict[str, bytes], failure: str, deadline_ms: int, reason: str
) -> None:
    async with hearing_house(tmp_path, speech_deadline_ms=deadline_ms) as house:
        pool = fail(house, failure)
        events = events_of(house)
        await house.call(_says(house, said).presses("78701").waits_until_prompt_ends().hangs_up())

        assert (
            [type(event) for event in events if isinstance(event, _OF_INTEREST)][-9:]
            == [
                *(PromptPlayed, PromptPlayed, SpeechStarted, SpeechFailed),
                PromptPlayed,  # the reprompt, heard to its end
                *(KeyPressed,) * 5,
                PromptPlayed,
            ][-9:]
        )
        failed = [event for event in events if isinstance(event, SpeechFailed)]
        assert [event.reason for event in failed if not _says_one_of(reason, event.reason)] == []
        assert not [event for event in events if isinstance(event, SpeechHeard)]
        assert pool.looks > 0
        shown = await house.shown()
        assert (shown["answers"]["zip"]["value"], shown["answers"]["zip"]["mode"]) == ("78701", "keys")
        assert {fault["where"] for fault in shown["faults"]} == {"recogniser"}
        assert shown["faults"][0]["detail"] == failed[0].reason
        await house.all_replay()


async def test_a_recogniser_that_hangs_is_replaced_and_the_next_caller_heard(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with hearing_house(tmp_path) as house:
        assert house.engine.speech is not None
        (stalled,) = house.engine.speech.recogniser_pids
        os.kill(stalled, signal.SIGSTOP)
        await house.call(_says(house, said).waits_until_prompt_begins().hangs_up())
        await _until_up(house, 1, {stalled})
        await house.call(_says(house, said).hangs_up())
        assert (await house.shown())["answers"]["zip"]["mode"] == "voice"
        await house.all_replay()


async def test_a_recogniser_killed_in_mid_sentence_is_not_even_noticed(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with hearing_house(tmp_path) as house:
        pool = fail(house, "kill once", "none")
        events = events_of(house)
        await house.call(_says(house, said).hangs_up())
        assert len(pool.killed) == 1
        assert not [event for event in events if isinstance(event, SpeechFailed)]
        answer = (await house.shown())["answers"]["zip"]
        assert (answer["value"], answer["attempts"]) == ("78701", 1)
        await house.all_replay()


async def test_recognisers_that_died_while_idle_are_back_for_the_next_answer(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    async with hearing_house(tmp_path, speech_workers=2) as house:
        assert house.engine.speech is not None
        dead = set(house.engine.speech.recogniser_pids)
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        await _until_up(house, 2, dead)
        # A worker that still loads its model is waited for.
        await house.call(_says(house, said).hangs_up())
        assert (await house.shown())["answers"]["zip"]["mode"] == "voice"
        await house.all_replay()


async def test_a_vendor_that_fails_in_a_call_is_followed_by_the_default(
    tmp_path: Path, said: dict[str, bytes]
) -> None:
    vendor = {
        "class": "tests.media.speech.fake_vendor.StreamingVendor",
        "arguments": {"api_key": "a-secret-key", "breaks": True},
    }
    async with hearing_house(tmp_path, speech_vendor=vendor) as house:
        await house.call(_says(house, said).hangs_up())
        answer = (await house.shown())["answers"]["zip"]
        assert (answer["value"], answer["heard"]["engine"]) == ("78701", "moonshine")
        await house.all_replay()


_OF_INTEREST = KeyPressed | PromptPlayed | SpeechStarted | SpeechFailed | SpeechHeard


def _says(house: House, said: dict[str, bytes]) -> Caller:
    """Hears the greeting and the question out, says the ZIP code, hears what is said to that."""
    return Caller().then(Turn(house)).says(said[ZIP]).waits_until_prompt_ends()


def _says_one_of(reasons: str, said: str) -> bool:
    return any(reason in said for reason in reasons.split("|"))


async def _until_up(house: House, count: int, dead: set[int]) -> None:
    """Until so many recognisers are up, and none of the dead among them."""
    speech = house.engine.speech
    assert speech is not None
    await until(lambda: len(alive := set(speech.recogniser_pids)) >= count and not alive & dead)

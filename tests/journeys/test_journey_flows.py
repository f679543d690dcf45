"""Consent, subflows and voicemail in whole calls over real sockets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.media import mulaw
from engine.rehearsal.loopback import Caller
from tests.journeys.journey_world import CALLED, open_house
from tests.journeys.speaking import AMPLE_MS
from tests.journeys.test_journey_recordings import place_of, read, shown_when_settled
from tests.spoken import words

NETWORK = f"""
network: office
numbers: {{"{CALLED}": {{campaign: office}}}}
campaigns: {{office: {{flow: office}}}}
"""

OFFICE = """
flow: office
start: told
answers: {agreed: {type: yes_no}}
nodes:
  told:
    type: consent
    answer: agreed
    version: "7"
    wording: This call is recorded. To agree, press 1. Otherwise press 2.
    next: home
    exits: {refused: bye, noinput: bye, nomatch: bye}
  home: {type: subflow, flow: lib/home, with: {trade: a roofer}, returns: {zip: zip}, next: note, exits: {no_answer: bye}}
  note: {type: tag, tags: {area: "{{ zip.state }}"}, next: ways}
  ways: {type: split, branches: {one: 1, never: 0}, exits: {one: message, never: bye}}
  message: {type: voicemail, prompt: Leave a message after the tone., silence: 2s, next: bye, exits: {silent: bye}}
  bye: {type: hangup}
"""

HOME = """
flow: home
start: ask
parameters: {trade: {type: text}}
returns: [zip]
answers: {zip: {type: zip}}
nodes:
  ask: {type: collect, answer: zip, prompt: "The ZIP, for {{ trade }}?", next: done, exits: {noinput: gone, nomatch: gone}}
  done: {type: return}
  gone: {type: return, exit: no_answer}
"""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    (folder / "lib").mkdir(parents=True)
    (folder / "network.yaml").write_text(NETWORK)
    (folder / "office.yaml").write_text(OFFICE)
    (folder / "lib" / "home.yaml").write_text(HOME)
    return folder


SAID = "please call me back tomorrow"


@pytest.fixture
async def said() -> bytes:
    return (await words(SAID))[SAID]


async def test_a_message_is_recorded_word_for_word_and_the_call_shows_what_led_there(
    tmp_path: Path, office: Path, said: bytes
) -> None:
    async with open_house(
        tmp_path, office, speed=1.0, speech="auto", speech_deadline_ms=AMPLE_MS, patience_s=120
    ) as house:
        caller = (
            Caller()
            .waits_until_prompt_ends()
            .presses("1")
            .waits_until_prompt_ends()
            .presses("78701")
            .waits_until_prompt_ends()
            .says(said)
            .stays_until_end()
        )
        await house.call(caller)
        shown = await shown_when_settled(house)
        assert [step["node"] for step in shown["path"]] == [
            *("told", "home", "home.ask", "home.done", "note", "ways", "message", "bye"),
        ]
        (consent,) = shown["consents"]
        assert (consent["granted"], consent["given_by"], consent["version"]) == (True, "keys", "7")
        assert shown["tags"] == {"area": "TX"}
        assert [turn["exit"] for turn in shown["turns"]] == ["one"]
        assert shown["answers"]["zip"]["node"] == "home.ask"
        (message,) = shown["voicemails"]
        assert (message["ended_by"], message["voiced"]) == ("silence", True)
        (recording,) = shown["recordings"]
        assert (recording["recording"], recording["complete"]) == (message["recording"], True)
        (kept,) = read(house.engine.settings.recordings_folder / recording["path"])
        _, likeness = place_of(np.array(mulaw.decode(said), dtype=np.float64), kept)
        assert likeness > 0.99
        await house.all_replay()


async def test_without_ears_a_message_ends_when_the_caller_hangs_up(tmp_path: Path, office: Path) -> None:
    async with open_house(tmp_path, office) as house:
        caller = (
            Caller()
            .waits_until_prompt_ends()
            .presses("1")
            .waits_until_prompt_ends()
            .presses("78701")
            .waits_until_prompt_ends()
            .waits(2)
            .hangs_up()
        )
        await house.call(caller)
        await house.quiet()
        shown = await shown_when_settled(house)
        (message,) = shown["voicemails"]
        assert (message["ended_by"], message["transcript"]) == ("hangup", "")
        (recording,) = shown["recordings"]
        assert recording["complete"] is True
        assert shown["ended_by"] == "caller"
        await house.all_replay()

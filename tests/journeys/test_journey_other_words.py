"""A caller who chooses in other words than the operator's, over real sockets, by voice."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.media.speech.meaning import meaning_is_here
from engine.rehearsal.loopback import BuyerPhone, Caller
from tests.journeys.journey_world import LONESTAR, SHORT_BILLS
from tests.journeys.speaking import Turn, hearing_house
from tests.spoken import words

ZIP, LEAK = "seven eight seven oh one", "water is dripping from the ceiling of my attic"

pytestmark = pytest.mark.skipif(not meaning_is_here(), reason="the model of meaning is missing")


async def test_a_caller_chooses_in_other_words_and_the_record_says_what_that_rests_on(tmp_path: Path) -> None:
    said = await words(ZIP, LEAK)
    async with hearing_house(tmp_path, SHORT_BILLS, speech_meaning="auto") as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.answers(talk_s=3))
        caller, turn = Caller(), Turn(house)
        for text in (ZIP, LEAK):
            caller = caller.then(turn).says(said[text])
        await house.call(caller.then(turn).presses("1").then(turn).presses("1").stays_until_end())
        answers = (await house.shown())["answers"]
        assert {name: answer["value"] for name, answer in answers.items()} == {
            "zip": "78701",
            "need": "repair",
            "insurance": "claim",
        }
        need = answers["need"]
        assert (need["mode"], need["confirmed"]) == ("voice", True)
        best = need["heard"]["alternatives"][0]
        assert best["other"]["option"] == "repair"
        assert {"grammar", "words", "meaning"} <= best["other"].keys()
        await house.all_replay()

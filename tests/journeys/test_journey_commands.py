"""Callers who go back, change an answer, hold on, want to be called back and opt out, over real sockets."""

from __future__ import annotations

from pathlib import Path

from engine.rehearsal.loopback import BuyerPhone, Caller
from tests.journeys.journey_world import ALL_AT_ONCE, CALLER, DESK
from tests.journeys.speaking import Turn, hearing_house
from tests.spoken import words

BACK, WRONG, HOLD = "Can you go back, please?", "My ZIP code is wrong.", "Hold on, please."
ROOF, CALL_BACK, STOP = "I need a new roof", "Please call me back.", "Please stop calling me."


async def test_a_caller_steers_the_call_by_voice_and_is_believed_the_next_time(tmp_path: Path) -> None:
    said = await words(BACK, WRONG, HOLD, ROOF, CALL_BACK, STOP)
    async with hearing_house(tmp_path, speech_meaning="auto") as house:
        turn = Turn(house)
        caller = Caller().then(turn).presses("33101").then(turn).says(said[BACK])
        caller = caller.then(turn).presses("33101").then(turn).says(said[WRONG])
        caller = caller.then(turn).presses("78701").then(turn).says(said[HOLD])
        caller = caller.then(turn).says(said[ROOF]).then(turn).says(said[CALL_BACK])
        await house.call(caller.then(turn).presses("1").stays_until_end())
        shown = await house.shown()
        assert [each["exit"] for each in shown["path"]] == [
            *("next", "next", "command:back", "next", "command:change", "next", "next"),
            "command:call_back",
        ]
        zip_code = shown["answers"]["zip"]
        assert zip_code["value"] == "78701"
        assert [each["value"] for each in zip_code["earlier"]] == ["33101", "33101"]
        assert shown["answers"]["need"]["value"] == "replace"
        given = [each["values"]["command"] for each in shown["turns"] if each["code"] == "obeyed"]
        assert given == ["back", "change", "hold", "call_back"]
        assert [each["values"]["by"] for each in shown["turns"]] == ["voice"] * 4
        (asked,) = await house.engine.store.wishes.callbacks()
        assert (asked.number, asked.is_callers_own, asked.campaign) == (CALLER, True, "roofing")

        turn = Turn(house)
        await house.call(Caller().then(turn).says(said[STOP]).stays_until_end())
        (step,) = await house.engine.store.wishes.opted_out()
        assert (step.number, step.made_by) == (CALLER, "caller")

        house.carrier.buyer(DESK, BuyerPhone.busy())
        await house.call(Caller().presses(ALL_AT_ONCE).stays_until_end())
        last = await house.shown()
        assert {each["code"] for each in last["decisions"][0]["candidates"]} == {"opted_out"}
        assert last["verdicts"] == []
        await house.all_replay()

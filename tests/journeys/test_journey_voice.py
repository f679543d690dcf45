"""Callers who speak while prompts play, lines that return them, and talk that is no answer."""

from __future__ import annotations

from pathlib import Path

from engine.core.events import PromptCleared, SpeechStarted
from engine.rehearsal.loopback import Caller
from tests.journeys.journey_world import ToneVoice
from tests.journeys.speaking import KeptVoice, OnAnEchoingLine, events_of, hearing_house
from tests.spoken import words

ZIP = "seven eight seven oh one"
DISCLOSURE_MS = 3000  # and as long each question
TALK = "somebody is at the door"


async def test_a_caller_who_speaks_over_a_prompt_silences_it_and_is_heard(tmp_path: Path) -> None:
    said = await words(ZIP)
    voice = ToneVoice(DISCLOSURE_MS)
    async with hearing_house(tmp_path, voice=voice) as house:
        events = events_of(house)
        caller = (
            Caller()
            .waits_until_prompt_begins()
            .waits(DISCLOSURE_MS / 1000 + 1.5)  # into the question
            .says(said[ZIP])
            .waits_until_prompt_begins()  # the next question
            .waits(0.3)
            .hangs_up()
        )
        call = await house.call(caller)
        cleared = [event for event in events if isinstance(event, PromptCleared)]
        assert 0 < cleared[0].heard_ms < DISCLOSURE_MS
        assert any(happening.what == "audio_cleared" for happening in call.timeline)
        answer = (await house.shown())["answers"]["zip"]
        assert (answer["value"], answer["mode"]) == ("78701", "voice")
        await house.all_replay()


async def test_a_line_that_returns_the_prompt_does_not_interrupt_it(tmp_path: Path) -> None:
    async with hearing_house(tmp_path, voice=KeptVoice()) as house:
        events = events_of(house)
        caller = (
            Caller()
            .then(OnAnEchoingLine(down_db=20, after_ms=180))
            .waits_for_its_turn()
            .presses("78701")
            .waits_until_prompt_ends()
            .hangs_up()
        )
        call = await house.call(caller)
        assert not [event for event in events if isinstance(event, SpeechStarted)]
        assert not any(happening.what == "audio_cleared" for happening in call.timeline)
        assert (await house.shown())["answers"]["zip"]["mode"] == "keys"


async def test_talk_that_is_no_answer_does_not_silence_a_question_for_good(tmp_path: Path) -> None:
    said = await words(ZIP, TALK)
    voice = ToneVoice(DISCLOSURE_MS)
    async with hearing_house(tmp_path, voice=voice) as house:
        events = events_of(house)
        caller = (
            Caller()
            .waits_until_prompt_begins()
            .waits(DISCLOSURE_MS / 1000 + 1)  # into the question
            .says(said[TALK])
            .waits_until_prompt_ends()  # heard again, to its end
            .says(said[ZIP])
            .waits_until_prompt_begins()
            .waits(0.3)
            .hangs_up()
        )
        call = await house.call(caller)
        assert len([event for event in events if isinstance(event, SpeechStarted)]) == 2
        ended = [happening.detail for happening in call.timeline if happening.what == "prompt_ended"]
        assert ended[0].startswith("cut short")
        assert ended[1].startswith("heard to its end after 3.0")
        answer = (await house.shown())["answers"]["zip"]
        assert (answer["value"], answer["attempts"]) == ("78701", 2)
        await house.all_replay()

"""The same words, told as a story and said in a real call, come to the same answers."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path
from typing import Any

import pytest

from engine.core.facts import Answer
from engine.core.machine import CallMachine
from engine.language.revisions import check_all
from engine.media import mulaw
from engine.rehearsal.loopback import BuyerPhone, Caller
from engine.rehearsal.spoken import RecogniserEar
from engine.rehearsal.stories import run_story
from tests.journeys.journey_world import LONESTAR, SHORT_BILLS, House
from tests.journeys.speaking import Turn, hearing_house
from tests.spoken import words

ZIP, OTHER_ZIP = "seven eight seven oh one", "seven eight seven oh four"
NO_BUT_ZIP, YES = "no, seven eight seven oh one", "yes"
ROOF, CLAIM, TALK = "I need a new roof", "an insurance claim", "somebody is at the door"

Acts = list[dict[str, str]]
Told = dict[str, tuple[Any, ...]]
"""By answer: the value, how it was given, whether it was confirmed, how often it was asked."""

CALLS: dict[str, tuple[str, Acts]] = {
    "by_voice_alone": ("when_unsure", [{"text": ZIP}, {"text": ROOF}, {"text": CLAIM}]),
    "recordings_words_and_keys": ("when_unsure", [{"wav": ZIP}, {"text": ROOF}, {"keys": "1"}]),
    "no_answer_then_a_correction": (
        "always",
        [
            {"text": TALK},
            {"text": OTHER_ZIP},
            {"text": NO_BUT_ZIP},
            {"text": YES},
            {"wav": ROOF},
            {"keys": "1"},
        ],
    ),
}


@pytest.mark.parametrize("confirm", ["when_unsure", "always"])
async def test_a_story_and_a_call_of_the_same_words_give_the_same_answers(
    tmp_path: Path, confirm: str
) -> None:
    calls = {name: acts for name, (when, acts) in CALLS.items() if when == confirm}
    said = await words(*(text for acts in calls.values() for act in acts for text in _texts(act)))
    changes = {**SHORT_BILLS, "confirm: when_unsure": f"confirm: {confirm}"}
    async with hearing_house(tmp_path, changes, speech_meaning="auto") as house:
        house.carrier.buyer(LONESTAR, BuyerPhone.answers(talk_s=3))
        told = await asyncio.to_thread(_told, tmp_path / "flows", calls, said)
        for name, acts in calls.items():
            await house.call(_caller(house, acts, said))
            assert _answers((await house.shown())["answers"]) == told[name], name
        await house.all_replay()


def _caller(house: House, acts: Acts, said: dict[str, bytes]) -> Caller:
    caller, turn = Caller(), Turn(house)
    for act in acts:
        caller = caller.then(turn)
        caller = caller.presses(act["keys"]) if "keys" in act else caller.says(said[_texts(act)[0]])
    return caller.stays_until_end()


def _answers(shown: dict[str, dict[str, Any]]) -> Told:
    return {
        name: (answer["value"], answer["mode"], answer["confirmed"], answer["attempts"])
        for name, answer in shown.items()
    }


def _told(folder: Path, calls: dict[str, Acts], said: dict[str, bytes]) -> dict[str, Told]:
    """The answers of stories of these acts."""
    stories = []
    for name, acts in calls.items():
        for text in (act["wav"] for act in acts if "wav" in act):
            _record(folder / _file(text), said[text])
        caller = ", ".join(_act(act) for act in acts)
        stories.append(f"  {name}:\n    caller: [{caller}]\n    expect: {{billable: true}}\n")
    (folder / "told.stories.yaml").write_text("stories:\n" + "".join(stories))
    checked = check_all(folder)
    revision, ear = checked.published.revision, RecogniserEar(folder)
    assert revision is not None, [str(mistake) for mistake in checked.mistakes]
    told: dict[str, Told] = {}
    for story in checked.stories:
        machine = CallMachine(revision)
        for entry in run_story(story, checked.published, ear).journal:
            machine.receive(entry.event)
        assert machine.call is not None
        told[story.name] = {name: _told_of(answer) for name, answer in machine.call.answers.items()}
    return told


def _told_of(answer: Answer) -> tuple[Any, ...]:
    return answer.value, answer.mode, answer.confirmed, answer.attempts


def _texts(act: dict[str, str]) -> list[str]:
    return [text for kind, text in act.items() if kind != "keys"]


def _act(act: dict[str, str]) -> str:
    if "keys" in act:
        return f'{{keys: "{act["keys"]}"}}'
    return f'{{says: "{act["text"]}"}}' if "text" in act else f"{{says: {{wav: {_file(act['wav'])}}}}}"


def _file(text: str) -> str:
    return f"{text.replace(',', '').replace(' ', '_')}.wav"


def _record(path: Path, sound: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(mulaw.RATE_HZ)
        file.writeframes(mulaw.decode(sound).tobytes())

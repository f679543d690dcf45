"""The same words, told as a story and said in a real call, come to the same answers."""

from __future__ import annotations

import asyncio
import json
import wave
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from engine.core.machine import CallMachine
from engine.language.revisions import check_all
from engine.media import mulaw
from engine.rehearsal.spoken import DefaultEar
from engine.rehearsal.stories import run_story
from tests.journeys.journey_world import network
from tests.journeys.speaking import words

ZIP, ROOF, CLAIM = "seven eight seven oh one", "I need a new roof", "an insurance claim"

CALLS: dict[str, list[dict[str, str]]] = {
    "by_voice_alone": [{"text": ZIP}, {"text": ROOF}, {"text": CLAIM}],
    "recordings_words_and_keys": [{"wav": ZIP}, {"text": ROOF}, {"keys": "1"}],
}


def cordboard(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("name", list(CALLS))
def test_a_story_and_a_call_of_the_same_words_give_the_same_answers(tmp_path: Path, name: str) -> None:
    acts = CALLS[name]
    folder = network(tmp_path / "flows")
    for act in acts:
        if "wav" in act:
            _record(folder / _file(act["wav"]), asyncio.run(words(act["wav"]))[act["wav"]])
    told = _told(folder, name, acts)

    db = f"sqlite:///{tmp_path / 'calls.db'}"
    given = [part for act in acts for part in _option(folder, act)]
    dialled = cordboard("dial", folder, *given, "--talk", "1s", "--db", db, "--json")
    assert dialled.exit_code == 0, dialled.output
    call = json.loads(dialled.stdout)
    said = {
        name: (answer["value"], answer["mode"], answer["confirmed"], answer["attempts"])
        for name, answer in call["answers"].items()
    }
    assert said == told
    replayed = cordboard("replay", call["call"], "--db", db)
    assert replayed.exit_code == 0, replayed.output


def _told(folder: Path, name: str, acts: list[dict[str, str]]) -> dict[str, tuple[Any, ...]]:
    """The answers of a story of these acts."""
    caller = ", ".join(_act(act) for act in acts)
    (folder / "told.stories.yaml").write_text(
        f"stories:\n  {name}:\n    caller: [{caller}, hangs_up]\n    expect: {{ended_by: caller}}\n"
    )
    checked = check_all(folder)
    revision = checked.published.revision
    assert revision is not None, [str(mistake) for mistake in checked.mistakes]
    result = run_story(checked.stories[0], checked.published, DefaultEar(folder))
    machine = CallMachine(revision)
    for entry in result.journal:
        machine.receive(entry.event)
    assert machine.call is not None
    kept = machine.call.answers
    return {
        name: (answer.value, answer.mode, answer.confirmed, answer.attempts) for name, answer in kept.items()
    }


def _act(act: dict[str, str]) -> str:
    if "keys" in act:
        return f'{{keys: "{act["keys"]}"}}'
    return f'{{says: "{act["text"]}"}}' if "text" in act else f"{{says: {{wav: {_file(act['wav'])}}}}}"


def _option(folder: Path, act: dict[str, str]) -> tuple[str, str]:
    if "keys" in act:
        return "--keys", act["keys"]
    return "--say", act["text"] if "text" in act else str(folder / _file(act["wav"]))


def _file(text: str) -> str:
    return f"{text.replace(',', '').replace(' ', '_')}.wav"


def _record(path: Path, sound: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(mulaw.RATE_HZ)
        file.writeframes(mulaw.decode(sound).tobytes())

"""Answers on the command line: their common order, and sound made of what is said."""

from __future__ import annotations

import wave
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from engine.cli.answers import CommandWithAnswers, Keyed, SpokenArgument, given_answers, made_sound


@click.command(cls=CommandWithAnswers)
@click.argument("folder")
@click.option("--keys", multiple=True)
@click.option("--say", "sayings", multiple=True)
@click.option("--loud", is_flag=True)
@click.pass_context
def answering(context: click.Context, folder: str, **options: object) -> None:
    for answer in given_answers(context):
        click.echo(f"keys {answer.keys}" if isinstance(answer, Keyed) else f"says {answer.what}")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--say a --keys 1 --say b --keys 2 --keys 3", "says a,keys 1,says b,keys 2,keys 3"),
        ("--keys=1 dir --loud --say b --keys 2", "keys 1,says b,keys 2"),
        ("--say b", "says b"),
        ("--loud", ""),
    ],
)
def test_answers_keep_the_order_of_the_command_line(line: str, told: str) -> None:
    folder = [] if " dir " in line else ["dir"]
    result = CliRunner().invoke(answering, [*line.split(), *folder])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == (told.split(",") if told else [])


def test_a_recording_becomes_telephone_sound_and_keys_stay_keys(tmp_path: Path) -> None:
    path = tmp_path / "caller.WAV"
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes(bytes(2 * 800))
    keys, voice = made_sound([Keyed("78701"), SpokenArgument(str(path))])
    assert keys == "78701"
    assert isinstance(voice, bytes)
    assert len(voice) == 800


def test_words_are_spoken_by_the_default_voice() -> None:
    (voice,) = made_sound([SpokenArgument("seven")])
    assert isinstance(voice, bytes)
    assert 8 * 200 < len(voice) < 8 * 3000

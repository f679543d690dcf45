"""What a caller answers on the command line: `--keys` and `--say`, in the order in which they stand there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from engine.cli.options import run, stop
from engine.media.speech.sound_files import read_wav
from engine.media.synthesiser import PiperProcess, VoiceFailed

_ANSWERS = "engine.cli.answers"
_KEYS, _SAYINGS = "keys", "sayings"  # the parameters' names


@dataclass(frozen=True, slots=True)
class Keyed:
    keys: str


@dataclass(frozen=True, slots=True)
class SpokenArgument:
    """A WAV file's path, or words."""

    what: str


class CommandWithAnswers(click.Command):
    """click gathers the values of each option apart; their common order is known to its parser alone."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given, _, order = self.make_parser(ctx).parse_args(args=list(args))
        keys, sayings = iter(given.get(_KEYS) or ()), iter(given.get(_SAYINGS) or ())
        ctx.meta[_ANSWERS] = [
            Keyed(next(keys)) if parameter.name == _KEYS else SpokenArgument(next(sayings))
            for parameter in order
            if parameter.name in (_KEYS, _SAYINGS)
        ]
        return super().parse_args(ctx, args)


def given_answers(ctx: click.Context) -> Sequence[Keyed | SpokenArgument]:
    """The answers in order, of a command of the class CommandWithAnswers."""
    answers: Sequence[Keyed | SpokenArgument] = ctx.meta[_ANSWERS]
    return answers


def made_sound(answers: Sequence[Keyed | SpokenArgument]) -> tuple[str | bytes, ...]:
    """Keys as they are, what is said as mu-law. Ends the command where there is no such sound."""
    texts = {
        answer.what for answer in answers if isinstance(answer, SpokenArgument) and not _is_file(answer.what)
    }
    spoken = run(_spoken(texts)) if texts else {}
    return tuple(
        answer.keys
        if isinstance(answer, Keyed)
        else (spoken[answer.what] if answer.what in spoken else _from_file(answer.what))
        for answer in answers
    )


def _is_file(what: str) -> bool:
    return what.lower().endswith(".wav")


def _from_file(name: str) -> bytes:
    try:
        return read_wav(Path(name))
    except FileNotFoundError:
        stop(f"--say {name}: this file doesn't exist; pass a WAV file, or the words themselves")
    except (OSError, ValueError) as error:
        stop(f"--say {error}")


async def _spoken(texts: Iterable[str]) -> dict[str, bytes]:
    """Each text in the default voice."""
    try:
        async with PiperProcess() as voice:
            return {text: await voice.render(text, "en-US") for text in sorted(texts)}
    except VoiceFailed as failed:
        stop(f"--say: {failed}")

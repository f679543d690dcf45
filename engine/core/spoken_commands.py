"""Commands: what means the same at every question, by key or in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Act = Literal[
    "repeat",
    "slower",
    "back",
    "start_over",
    "change",
    "hold",
    "language",
    "operator",
    "opt_out",
    "call_back",
    "goto",
]
"""What a command does. `goto` leads to a node; every other one has a flow of its own accord."""


@dataclass(frozen=True, slots=True)
class CommandKey:
    """What means the same at every question, keyed or said.

    `key` is "" where it has none, `goto` the node that it leads to. One that `is_given` is no flow's own:
    every flow has it.
    """

    name: str
    key: str
    goto: str | None
    phrases: tuple[str, ...] = ()
    does: Act = "repeat"
    is_given: bool = False


@dataclass(frozen=True, slots=True)
class SpokenCommands:
    """What may be said as a command at a question, in the language of the flow (its `tongue`, "en").

    `changes` are further phrases, by the answer whose change they ask for. In a journal it is the commands'
    names.
    """

    tongue: str
    commands: tuple[CommandKey, ...] = ()
    changes: tuple[tuple[str, str], ...] = ()  # what is said, the answer

    @property
    def phrases(self) -> tuple[str, ...]:
        """Everything that can be said, each once."""
        said = [phrase for command in self.commands for phrase in command.phrases]
        return tuple(dict.fromkeys((*said, *(phrase for phrase, _ in self.changes))))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(command.name for command in self.commands)


NOTHING_SPOKEN = SpokenCommands("")


def bare(text: str) -> str:
    """Letters and figures alone: neither spacing, capitals nor punctuation matter."""
    return "".join(character for character in text.lower() if character.isalnum())

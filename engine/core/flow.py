"""A checked flow, and the revision that a call keeps: what language/ makes and the machine walks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from engine.core.answers import AnswerType
from engine.core.market import Market
from engine.core.places import Place
from engine.core.spoken_commands import NOTHING_SPOKEN, CommandKey, SpokenCommands, bare

if TYPE_CHECKING:
    from engine.core.call import Call


class Node(Protocol):
    """A step of a flow. Its fields are its settings; `run` awaits only `call.*` and names an exit."""

    async def run(self, call: Call) -> str: ...


@dataclass(frozen=True, slots=True)
class Placed:
    """A node in its flow: its name, where its exits lead, where it is written."""

    name: str
    node: Node
    exits: Mapping[str, str]
    place: Place


def phrases_of(commands: Mapping[str, CommandKey]) -> tuple[str, ...]:
    """Everything that can be said as one of them."""
    return tuple(phrase for command in commands.values() for phrase in command.phrases)


@dataclass(frozen=True, slots=True)
class Flow:
    name: str
    language: str
    start: str
    nodes: Mapping[str, Placed]
    answers: Mapping[str, AnswerType]
    commands: Mapping[str, CommandKey]  # its own, by key
    # By node, then by key: what counts inside a subflow that has commands of its own.
    commands_inside: Mapping[str, Mapping[str, CommandKey]] = field(default_factory=dict)
    # All commands, those that every flow has among them; by node where a subflow has others.
    spoken: SpokenCommands = NOTHING_SPOKEN
    spoken_inside: Mapping[str, SpokenCommands] = field(default_factory=dict)
    # The same flow in its other languages, and all of them in their order; empty where it has one alone.
    others: Mapping[str, Flow] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    language_at: Place | None = field(default=None, compare=False)  # where the language is written
    sensitive: frozenset[str] = field(init=False, compare=False)  # every name that reads a sensitive answer

    def __post_init__(self) -> None:
        sensitive = {
            f"{name}.{part}" if part else name
            for name, kind in self.answers.items()
            if kind.sensitive
            for part in ("", *(kind.value_types or ()))
        }
        object.__setattr__(self, "sensitive", frozenset(sensitive))
        if self.spoken is NOTHING_SPOKEN and self.commands:
            own = SpokenCommands(self.language.partition("-")[0], tuple(self.commands.values()))
            object.__setattr__(self, "spoken", own)

    @property
    def in_all(self) -> tuple[Flow, ...]:
        """The flow in each of its languages, the one that calls begin in first."""
        return (self, *self.others.values())

    def spoken_at(self, node: str) -> SpokenCommands:
        """Every command that counts at a node."""
        return self.spoken_inside.get(node, self.spoken)

    def keyed_at(self, node: str) -> Mapping[str, CommandKey]:
        """Those of them that have a key, by key."""
        return {command.key: command for command in self.spoken_at(node).commands if command.key}

    def commands_at(self, node: str) -> Mapping[str, CommandKey]:
        """The flow's own commands that count at a node, by key."""
        return self.commands_inside.get(node, self.commands)

    @property
    def every_command(self) -> tuple[CommandKey, ...]:
        """Each command of the flow's own and of those that it enters, once."""
        inside = [command for some in self.commands_inside.values() for command in some.values()]
        spoken = [each for some in (self.spoken, *self.spoken_inside.values()) for each in some.commands]
        own = [command for command in spoken if not command.is_given]
        return tuple(dict.fromkeys((*self.commands.values(), *inside, *own)))

    def command_phrases_at(self, node: str) -> tuple[str, ...]:
        """Everything that can be said as a command at a node."""
        return phrases_of(self.commands_at(node))

    def command_said(self, text: str, node: str) -> CommandKey | None:
        """The command whose phrase is the whole of what was said at a node."""
        said = bare(text)
        for command in self.commands_at(node).values():
            if said and any(bare(phrase) == said for phrase in command.phrases):
                return command
        return None


@dataclass(frozen=True, slots=True)
class Revision:
    """Flows and network, frozen and named by the hash of their content."""

    id: str
    flows: Mapping[str, Flow]
    market: Market
    step_limit: int = 500

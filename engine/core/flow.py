"""A checked flow, and the revision that a call keeps: what language/ makes and the machine walks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from engine.core.answers import AnswerType
from engine.core.commands import Bidder, BillClaim
from engine.core.conditions import Value
from engine.core.facts import Candidate, Decision, Leg, Verdict
from engine.core.places import Place

if TYPE_CHECKING:
    from engine.core.bridging import Telling
    from engine.core.call import Call
    from engine.core.recording import RecordingTerms


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


@dataclass(frozen=True, slots=True)
class CommandKey:
    """What means the same at every question, keyed or said: `goto` a node, or repeat the question."""

    name: str
    key: str
    goto: str | None
    phrases: tuple[str, ...] = ()


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
    commands: Mapping[str, CommandKey]  # by key
    # By node, then by key: what counts inside a subflow that has commands of its own.
    commands_inside: Mapping[str, Mapping[str, CommandKey]] = field(default_factory=dict)
    sensitive: frozenset[str] = field(init=False, compare=False)  # every name that reads a sensitive answer

    def __post_init__(self) -> None:
        sensitive = {
            f"{name}.{part}" if part else name
            for name, kind in self.answers.items()
            if kind.sensitive
            for part in ("", *(kind.value_types or ()))
        }
        object.__setattr__(self, "sensitive", frozenset(sensitive))

    def commands_at(self, node: str) -> Mapping[str, CommandKey]:
        """The commands that count at a node, by key."""
        return self.commands_inside.get(node, self.commands)

    @property
    def every_command(self) -> tuple[CommandKey, ...]:
        """Each command of the flow and of those that it enters, once."""
        inside = [command for some in self.commands_inside.values() for command in some.values()]
        return tuple(dict.fromkeys((*self.commands.values(), *inside)))

    def command_phrases_at(self, node: str) -> tuple[str, ...]:
        """Everything that can be said as a command at a node."""
        return phrases_of(self.commands_at(node))

    def command_said(self, text: str, node: str) -> CommandKey | None:
        """The command whose phrase is the whole of what was said at a node."""
        said = _squashed(text)
        for command in self.commands_at(node).values():
            if said and any(_squashed(phrase) == said for phrase in command.phrases):
                return command
        return None


@dataclass(frozen=True, slots=True)
class Entry:
    """What the network says of a called number."""

    campaign: str
    publisher: str
    flow: str
    recording: RecordingTerms | None = None  # None: its calls are not recorded
    parameters: Mapping[str, str] = field(default_factory=dict)  # the publisher's → answers


class Opening(Protocol):
    """Whether somebody is open at an instant; `values` say why, as text for a trace."""

    @property
    def is_open(self) -> bool: ...

    @property
    def values(self) -> Mapping[str, str]: ...


class Schedule(Protocol):
    """Hours by the clock on a wall somewhere; `text` tells them whole."""

    @property
    def text(self) -> str: ...

    @property
    def zone(self) -> ZoneInfo: ...

    def at(self, instant_ms: int) -> Opening: ...


class Market(Protocol):
    """The exchange as a call sees it. Pure: the same call gives the same answer."""

    def entry(self, called_number: str) -> Entry | None: ...

    def values(self, call: Call) -> Mapping[str, Value]:
        """The names under `call.` that expressions may read: from, to, publisher, hour, …"""
        ...

    def wants_survey(self, campaign: str) -> bool:
        """Whether the campaign's order depends on how its buyers stand (`call.survey`)."""
        ...

    def choose(self, call: Call, campaign: str) -> Decision:
        """The buyers with their clauses; the eligible ones ranked, best first. Nobody is chosen yet.

        Among many buyers only the first of the ranking are written, and the others counted.
        """
        ...

    def bidders(self, call: Call, campaign: str) -> tuple[Bidder, ...]:
        """Who of the eligible is to be asked for its price before the choice (`call.bids`)."""
        ...

    def bid_deadline_ms(self, campaign: str) -> int: ...

    def releaser(self, call: Call, buyer: str) -> Bidder | None:
        """Where to tell the buyer that the call it was promised does not come; None where nowhere."""
        ...

    def confirmer(self, call: Call, buyer: str) -> Bidder | None:
        """Where to tell the buyer that its bid won; None where it need not be told."""
        ...

    def choose_more(self, call: Call, decision: Decision) -> Decision:
        """The decision with the next of its ranking written too; itself where nobody is left."""
        ...

    def in_full(self) -> Market:
        """The same market, whose decisions write every buyer."""
        ...

    def needed(self, call: Call, campaign: str) -> tuple[str, ...]:
        """The answers that still decide who takes the call and what is paid, the most valuable first."""
        ...

    def schedule(self, name: str) -> Schedule:
        """The network's hours of this name; raises KeyError where there are none."""
        ...

    def refuse(self, candidate: Candidate, code: str, sentence: str) -> Candidate:
        """The candidate after a reservation was refused."""
        ...

    def number_of(self, buyer: str) -> str: ...

    def telling(self, call: Call, buyer: str) -> Telling | None:
        """What the buyer is told of this call as it is called; None where nothing."""
        ...

    def is_too_short(self, call: Call, leg: Leg) -> bool:
        """Whether the leg ended before the duration that its buyer pays for."""
        ...

    def claims(self, call: Call) -> tuple[BillClaim, ...]:
        """What must be claimed for the ended call before it is judged; () once nothing more must."""
        ...

    def judge(self, call: Call) -> Sequence[Verdict]:
        """A verdict for every leg to a buyer that was answered."""
        ...


@dataclass(frozen=True, slots=True)
class Revision:
    """Flows and network, frozen and named by the hash of their content."""

    id: str
    flows: Mapping[str, Flow]
    market: Market
    step_limit: int = 500


def _squashed(text: str) -> str:
    """Letters and figures alone: neither spacing, capitals nor punctuation matter."""
    return "".join(character for character in text.lower() if character.isalnum())

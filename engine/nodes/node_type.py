"""What a node type says of itself, so that nobody else keeps a list of node types.

A type is a frozen dataclass whose fields are its settings, one to one. What holds for all of its nodes are
class variables; what hangs on the settings is asked with the settings as they are written, since a flow is
checked whole while parts of it are still mistaken; the rest is asked of a node that is right.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from engine.core.answers import AnswerType
from engine.core.call import Call
from engine.core.prompts import Prompt
from engine.core.talking import Via
from engine.nodes.rounds import Rounds

Settings: TypeAlias = Mapping[str, object]
"""As they are written, right or wrong: YAML's own values under the names of the file."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """How those who are called are asked to take the call. `to` is None where they are the chosen buyers."""

    to: str | None
    whispers: bool
    accept_key: str | None
    decline_key: str | None = None
    keeps_keys: bool = False  # of the talk
    via: Via = "relay"

    @property
    def asks(self) -> bool:
        """Whether who picks up may decline before the caller is joined."""
        return self.whispers or self.accept_key is not None


@dataclass(frozen=True, slots=True)
class AgreedTo:
    """Words that callers agree to, whose version proves which they were."""

    version: str
    wording: Prompt


class NodeType:
    """The protocol of a node type. Left alone, a type has no exits, learns nothing and says nothing."""

    __slots__ = ()

    EXITS: ClassVar[tuple[str, ...]] = ()
    """The exits of every node of the type, beside those that settings name (`ExitName`, `NodeName`)."""

    EXIT_OF_NEXT: ClassVar[str] = "next"
    """The exit that `next` wires."""

    OPTIONAL_EXITS: ClassVar[tuple[str, ...]] = ()
    """Exits that may be left unwired without a word: the node then leaves by another."""

    LEARNS: ClassVar[tuple[str, ...]] = ()
    """The settings whose `AnswerName`s the node keeps."""

    LEARNS_KIND: ClassVar[str] = ""
    """The only kind that those answers may be; "" for any."""

    LEARNS_WITHOUT_QUESTION: ClassVar[bool] = False
    """Whether no prompt of the operator's need have asked for them, so that a bare yes is the answer to
    nothing."""

    HEARS_SEVERAL: ClassVar[bool] = False
    """Whether those answers are looked for in one sentence."""

    TELLS: ClassVar[str] = ""
    """The setting whose expressions are told outside, and never a sensitive answer that `reveal` lacks."""

    HEARD_BY_OTHERS: ClassVar[tuple[str, ...]] = ()
    """The prompts that whoever is called hears, in a language of theirs."""

    async def run(self, call: Call) -> str:
        """Do the node's work and name the exit."""
        raise NotImplementedError

    # By the settings as written

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        """The rounds on which this exit lies. Every type says it of each of its exits."""
        raise NotImplementedError

    @classmethod
    def closed_exits(cls, settings: Settings) -> Collection[str]:
        """The exits by which a node with these settings never leaves."""
        return ()

    @classmethod
    def meaningless(cls, settings: Settings) -> Mapping[str, str]:
        """Settings that mean nothing beside the others, and why: "where nobody is asked"."""
        return {}

    @classmethod
    def returns_by(cls, settings: Settings) -> str | None:
        """The exit by which the node leaves the whole flow for the one that entered it."""
        return None

    # Of a node

    @property
    def asks(self) -> tuple[str, ...]:
        """The answers that the caller is asked for. Nothing is recorded while a sensitive one is."""
        return ()

    @property
    def asks_when_needed(self) -> tuple[str, ...]:
        """The answers that are asked for only while they still decide something."""
        return ()

    @property
    def finds(self) -> tuple[str, ...]:
        """The answers that somebody outside may know."""
        return ()

    @property
    def keys(self) -> Mapping[str, str]:
        """Exit → the key that chooses it."""
        return {}

    @property
    def ringing(self) -> Ringing | None:
        """Whom it calls, and how; None where it calls nobody."""
        return None

    @property
    def agreed_to(self) -> AgreedTo | None:
        """The words that callers agree to here."""
        return None

    def said_by_engine(self, answers: Mapping[str, AnswerType]) -> tuple[Prompt, ...]:
        """The prompts that it may say beside the operator's."""
        return ()

    def question_text(self, name: str) -> str:
        """What callers are asked here, for those who read what they buy; "" where nothing. `name` is the
        node's."""
        prompt = getattr(self, "prompt", None)
        return f"{', '.join(self.asks) or name}: “{prompt.text}”" if isinstance(prompt, Prompt) else ""

    def delivery_texts(self) -> tuple[str, ...]:
        """How a call comes to its buyer by this node, a line each, said to the buyer."""
        return ()

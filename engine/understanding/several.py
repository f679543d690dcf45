"""Several answers asked at once: what a form listens for, as one kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.understanding.filling import fill
from engine.understanding.speaking import spoken_in

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Several(AnswerType):
    """The kinds that one sentence may fill, by their answers' names; keys give the answer `keyed` alone.

    No flow declares it. As a reading it is all that the words settle together: `values` under the answers'
    own names, the least sure confidence.
    """

    kind: ClassVar[str] = "form"

    parts: Mapping[str, AnswerType]
    keyed: str
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.keyed not in self.parts:
            raise ValueError(f"keys give '{self.keyed}', which is none of {', '.join(self.parts)}")

    def in_tongue(self, tongue: str) -> Several:
        """The same, listened to in this tongue; its parts come in it already."""
        return spoken_in(self, tongue)

    @property
    def sensitive(self) -> bool:
        return any(part.sensitive for part in self.parts.values())

    @property
    def keypad(self) -> Keypad:
        return self.parts[self.keyed].keypad

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        return self.parts[self.keyed].understand_keys(keys)

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        filled = fill(self.parts, words)
        if not filled:
            return ()
        values = {key: value for name, each in filled.items() for key, value in each.named(name).items()}
        return (
            Understood(
                value=", ".join(filled),
                values=values,
                label=", ".join(each.label for each in filled.values()),
                confidence=min(each.confidence for each in filled.values()),
                heard=words,
                span=(0, len(words)),
            ),
        )

    def understand_value(self, value: Value) -> Understood | None:
        return None

"""message: whatever somebody wants to say; what a voicemail listens for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from engine.core.answers import AnswerType, Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.understanding.speaking import spoken_in

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "string"})


@dataclass(frozen=True, slots=True)
class Message(AnswerType):
    """Any words at all. No flow declares it; no key gives it."""

    kind: ClassVar[str] = "message"
    IS_FREE: ClassVar[bool] = True

    sensitive: bool = False
    tongue: str = field(default="en", init=False, repr=False, compare=False)

    def in_tongue(self, tongue: str) -> Message:
        """The same, listened to in this tongue."""
        return spoken_in(self, tongue)

    @property
    def keypad(self) -> Keypad:
        return Keypad(1, 1, frozenset())

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        return None

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        said = words.strip()
        return (Understood(said, {"": said}, said, heard=said, span=(0, len(words))),) if said else ()

    def understand_value(self, value: Value) -> Understood | None:
        return None

"""choice: one of the options that the flow names, each with its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from engine.core.answers import Keypad, Understood, ValueType
from engine.core.conditions import Value
from engine.understanding.spoken_choice import chosen
from engine.understanding.words import phrase

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "string"})


@dataclass(frozen=True, slots=True)
class ChoiceOption:
    """What chooses the option, and how a prompt says it: `say`, or the option's name."""

    key: str
    phrases: tuple[str, ...] = ()
    say: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The value is the option's name. Keys may have several digits: 1 and 12 can stand side by side.

    Where one key begins another, the shorter one is taken when no further key follows in time.
    """

    kind: ClassVar[str] = "choice"

    options: Mapping[str, ChoiceOption]
    sensitive: bool = False

    def __post_init__(self) -> None:
        if not self.options:
            raise ValueError("a choice needs at least one option")
        owners: dict[str, str] = {}
        for name, option in self.options.items():
            if not option.key or not set(option.key) <= set("0123456789*#"):
                raise ValueError(f"option '{name}' has the key {option.key!r}; it takes 0-9, * and #")
            if option.key in owners:
                raise ValueError(f"options '{owners[option.key]}' and '{name}' share the key {option.key}")
            owners[option.key] = name

    @property
    def keypad(self) -> Keypad:
        keys = [option.key for option in self.options.values()]
        return Keypad(min(map(len, keys)), max(map(len, keys)), frozenset(key[0] for key in keys))

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        for name, option in self.options.items():
            if option.key == keys:
                return _understood(name, option)
        return None

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        """Takes an option's phrases, its name or what prompts call it, nearly so, or its key: "press 1"."""
        phrases = {
            name: tuple(dict.fromkeys(filter(None, map(phrase, _said_for(name, option)))))
            for name, option in self.options.items()
        }
        keys = {name: option.key for name, option in self.options.items()}
        readings = {name: _understood(name, option) for name, option in self.options.items()}
        return chosen(words, phrases, keys, readings)

    def understand_value(self, value: Value) -> Understood | None:
        """Takes an option's name, in capitals or not."""
        if not isinstance(value, str):
            return None
        stated = value.strip()
        option = self.options.get(stated)
        if option is not None:
            return _understood(stated, option)
        alike = [name for name in self.options if name.lower() == stated.lower()]
        return _understood(alike[0], self.options[alike[0]]) if len(alike) == 1 else None


def _said_for(name: str, option: ChoiceOption) -> tuple[str, ...]:
    """Everything that callers may say for an option."""
    return (name, *option.phrases, *((option.say,) if option.say else ()))


def _understood(name: str, option: ChoiceOption) -> Understood:
    return Understood(name, {"": name}, option.say or name.replace("_", " "))

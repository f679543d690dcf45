"""yes_no: one key for yes, one for no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from engine.core.answers import Keypad, Understood, ValueType
from engine.core.conditions import Value

_VALUE_TYPES: Mapping[str, ValueType] = MappingProxyType({"": "bool"})
_STATED: Mapping[str, bool] = MappingProxyType({"yes": True, "true": True, "no": False, "false": False})


@dataclass(frozen=True, slots=True)
class YesNo:
    """True or false."""

    kind: ClassVar[str] = "yes_no"

    yes_key: str = "1"
    no_key: str = "2"
    sensitive: bool = False

    def __post_init__(self) -> None:
        for key in (self.yes_key, self.no_key):
            if len(key) != 1 or key not in "0123456789*#":
                raise ValueError(f"{key!r} is no key; it takes one of 0-9, * and #")
        if self.yes_key == self.no_key:
            raise ValueError(f"key {self.yes_key} means both yes and no; give each a key of its own")

    @property
    def keypad(self) -> Keypad:
        return Keypad(1, 1, frozenset((self.yes_key, self.no_key)))

    @property
    def value_types(self) -> Mapping[str, ValueType]:
        return _VALUE_TYPES

    def understand_keys(self, keys: str) -> Understood | None:
        if keys == self.yes_key:
            return _understood(is_yes=True)
        return _understood(is_yes=False) if keys == self.no_key else None

    def understand_value(self, value: Value) -> Understood | None:
        """Takes true and false, and the words yes, no, true and false."""
        is_yes = _STATED.get(value.strip().lower()) if isinstance(value, str) else value
        return _understood(is_yes=is_yes) if isinstance(is_yes, bool) else None


def _understood(*, is_yes: bool) -> Understood:
    return Understood(is_yes, {"": is_yes}, "yes" if is_yes else "no")

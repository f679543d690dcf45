"""A computed value: an operator's expression, checked and ready to evaluate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.core.answers import ValueType
from engine.core.conditions import Value
from engine.core.places import Place


@dataclass(frozen=True, slots=True)
class Expression:
    """`evaluate` takes the known values and gives the result, None where something is unknown."""

    text: str
    place: Place
    names: tuple[str, ...]
    type: ValueType
    evaluate: Callable[[Mapping[str, Value]], Value | None] = field(compare=False, repr=False)

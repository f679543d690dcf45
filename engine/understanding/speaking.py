"""A kind as it is spoken in one tongue: the same settings, other words and labels."""

from __future__ import annotations

from typing import Protocol, TypeVar

from engine.understanding.languages import LANGUAGES


class _Tongued(Protocol):
    @property
    def tongue(self) -> str: ...


SpokenT = TypeVar("SpokenT", bound=_Tongued)


def spoken_in(kind: SpokenT, tongue: str) -> SpokenT:
    """A copy of a frozen kind with its `tongue` set; itself where it is that already.

    A tongue that is not known is spoken as English is.
    """
    known = tongue if tongue in LANGUAGES else "en"
    if known == kind.tongue:
        return kind
    copy = object.__new__(type(kind))
    for name in _slots(type(kind)):
        if hasattr(kind, name):
            object.__setattr__(copy, name, known if name == "tongue" else getattr(kind, name))
    return copy


def _slots(kind: type) -> tuple[str, ...]:
    """The fields of a slotted dataclass, those that are no settings among them."""
    return tuple(name for cls in kind.__mro__ for name in getattr(cls, "__slots__", ()))

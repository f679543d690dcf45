"""What one sentence filled of a form: settled, or waiting for the caller's yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.core.answers import Understood
from engine.core.conditions import Value
from engine.nodes.asking import Readings, Taken, is_sure
from engine.understanding.replies import Reply

Found = Mapping[str, Readings]
Denied = set[tuple[str, Value]]
Confirm = Literal["never", "always", "when_unsure"]


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer that is to be kept, and what it rests on."""

    reading: Understood
    taken: Taken[Found]
    confirmed: bool


class Filled:
    """Answers by name: `settled` ones are to be kept, those `pending` are to be read back.

    What the caller denied is in neither: it is pending again only when it is heard again.
    """

    def __init__(self, confirm: Confirm, denied: Denied) -> None:
        """`denied` is what the caller denied since the form was entered; it grows."""
        self.settled: dict[str, Settled] = {}
        self.pending: dict[str, Settled] = {}
        self._confirm = confirm
        self._denied = denied

    def take(self, taken: Taken[Found]) -> None:
        """Take what was understood, in place of what is there; a settled value said again stays settled."""
        for name, readings in taken.meaning.items():
            known = self.settled.get(name)
            if known is not None and known.reading.value == readings[0].value:
                continue
            self.settled.pop(name, None)
            self.pending.pop(name, None)
            is_asked_about = self._is_asked_about(name, readings)
            into = self.pending if is_asked_about else self.settled
            into[name] = Settled(readings[0], taken, confirmed=False)

    def answer(self, reply: Reply, taken: Taken[Found]) -> None:
        """The caller's reply to the reading back of all that is pending; `taken` is its values."""
        corrected = [name for name in self.pending if name in reply.values]
        if reply.is_yes and not corrected:
            for name, each in self.pending.items():
                self.settled[name] = Settled(each.reading, each.taken, confirmed=True)
            self.pending = {}
        elif corrected or reply.is_yes is False:
            for name in corrected or list(self.pending):
                self._denied.add((name, self.pending.pop(name).reading.value))
        self.take(taken)

    def _is_asked_about(self, name: str, readings: Readings) -> bool:
        if self._confirm == "when_unsure":
            return (name, readings[0].value) in self._denied or not is_sure(readings)
        return self._confirm == "always"

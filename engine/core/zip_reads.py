"""What a call read of the ZIP data, recorded where it was read, so that a replay reads the same.

The data comes from a package, whose next version may know another county. So each row goes into the journal
as a `ZipRead` the first time that the call reads it, and a replay is given what its journal recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from engine.core.conditions import Value

Row: TypeAlias = Mapping[str, Value]
"""`city`, `state` and what else is known of a code: `county`, `timezone`, `latitude`, `longitude`."""

RowOf: TypeAlias = Callable[[str], Row | None]
"""The row of a code; None where no such ZIP exists."""


class ZipReads:
    """The rows of one call. `recorded` are those of its journal, `note` is told what is read first."""

    def __init__(
        self, recorded: Mapping[str, Row | None], note: Callable[[str, Row | None], None] | None
    ) -> None:
        self._recorded = recorded
        self._note = note
        self._read: dict[str, Row | None] = {}

    def row(self, code: str, look_up: RowOf) -> Row | None:
        """As the journal has it, else as it is looked up; the same each time that the call asks."""
        if code not in self._read:
            row = self._recorded[code] if code in self._recorded else look_up(code)
            self._read[code] = row
            if self._note is not None:
                self._note(code, row)
        return self._read[code]

"""What a call read of the ZIP data, recorded where it was read, so that a replay reads the same.

The data comes from a package, whose next version may know another county. So each row goes into the journal
as a `ZipRead` the first time that the call reads it, and a replay is given what its journal recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from engine.core.conditions import Value

if TYPE_CHECKING:
    from engine.core.journal import Entry, JsonObject

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


def recorded_reads(journal: Iterable[Entry]) -> dict[str, Row | None]:
    """The rows that a journal recorded: as reads, or, in an older one, within its ZIP answers."""
    rows: dict[str, Row | None] = {}
    for entry in journal:
        for command in entry.commands:
            fact = command.get("fact")
            if isinstance(fact, dict):
                rows.update(_rows_in(fact))
    return rows


def _rows_in(fact: JsonObject) -> dict[str, Row | None]:
    if fact.get("type") == "ZipRead":
        return {str(fact["code"]): cast("Row | None", fact["row"])}
    if fact.get("type") == "Answer" and fact.get("kind") == "zip" and not fact.get("sensitive"):
        values = cast("Row", fact["values"])
        name = str(fact["name"])
        row = {key.removeprefix(f"{name}."): held for key, held in values.items() if key != name}
        return {str(row.pop("code", fact["value"])): row}
    return {}

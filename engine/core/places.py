"""Where in an operator's files something was written."""

from __future__ import annotations

from functools import total_ordering


@total_ordering
class Place:
    """A file, a line and a column, both counted from 1. Prints as ``network.yaml:41:5``.

    Immutable. Records hold it as its text (`parse` reads that), which a dataclass could not be.
    """

    __slots__ = ("column", "file", "line")

    file: str
    line: int
    column: int

    def __init__(self, file: str, line: int, column: int) -> None:
        if line < 1 or column < 1:
            raise ValueError(f"lines and columns count from 1, not {line}:{column}")
        object.__setattr__(self, "file", file)
        object.__setattr__(self, "line", line)
        object.__setattr__(self, "column", column)

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that prints so; raises ValueError for anything else."""
        file, line, column = text.rsplit(":", 2)
        return cls(file, int(line), int(column))

    @property
    def at(self) -> str:
        """File and line alone, ``network.yaml:41``, as records and proofs cite a clause."""
        return f"{self.file}:{self.line}"

    def moved(self, lines: int, columns: int) -> Place:
        """The place so many lines below and columns beside this one."""
        return Place(self.file, self.line + lines, self.column + columns)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a place is immutable; {name} stays as it is")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def __repr__(self) -> str:
        return f"Place({self.file!r}, {self.line}, {self.column})"

    def _key(self) -> tuple[str, int, int]:
        return self.file, self.line, self.column

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Place) else NotImplemented

    def __lt__(self, other: Place) -> bool:
        return self._key() < other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[type[Place], tuple[str, int, int]]:
        return Place, self._key()

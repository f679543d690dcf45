"""Where in an operator's files something was written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file, a line and a column, both counted from 1. Prints as ``network.yaml:41:5``."""

    file: str
    line: int
    column: int

    def __post_init__(self) -> None:
        if self.line < 1 or self.column < 1:
            raise ValueError(f"lines and columns count from 1, not {self.line}:{self.column}")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def at(self) -> str:
        """File and line alone, ``network.yaml:41``, as records and proofs cite a clause."""
        return f"{self.file}:{self.line}"

    def moved(self, lines: int, columns: int) -> "Place":
        """The place so many lines below and columns beside this one."""
        return Place(self.file, self.line + lines, self.column + columns)
